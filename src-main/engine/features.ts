/** What a network makes of a whole split: features of the last hidden layer, and answers. */
import * as tf from '@tensorflow/tfjs';
import type { Split } from '../contract/dataset';
import type { FeatureTarget, WhiteBoxTarget } from './definitions';
import { softmaxCrossEntropy } from './kernels';
import { inParts, toBatch } from './splits';

/** Inputs asked about together. */
const AT_ONCE = 500;

/** Rows that `ask` gives for each part of a split, one after the other; called within tf.tidy. */
function rowsOf(
  { inputShape }: WhiteBoxTarget,
  split: Split,
  ask: (images: tf.Tensor4D, labels: tf.Tensor1D) => tf.Tensor,
): Float32Array {
  const parts = inParts(split, AT_ONCE).map(([, part]) => {
    const { images, labels } = toBatch(part, inputShape);
    const values = tf.tidy(() => ask(images, labels).dataSync<'float32'>().slice());
    tf.dispose([images, labels]);
    return values;
  });
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

/** Activations of the last hidden layer, n × units. */
export const featuresOf = (target: FeatureTarget, split: Split): Float32Array =>
  rowsOf(target, split, (images) => target.features(images));

/** Cross-entropy of each sample's own label, n values in nats. */
export const lossesOf = (target: WhiteBoxTarget, split: Split): Float32Array =>
  rowsOf(target, split, (images, labels) => softmaxCrossEntropy(target.logits(images), labels).loss);

/** Logits of each sample, n × classes. */
export const logitsOf = (target: WhiteBoxTarget, split: Split): Float32Array =>
  rowsOf(target, split, (images) => target.logits(images));

/** Indices of the samples of each class, rising. */
export function byClass({ labels }: Split, classes: number): Uint32Array[] {
  const lists = Array.from({ length: classes }, (): number[] => []);
  labels.forEach((label, i) => lists[label]!.push(i));
  return lists.map((list) => Uint32Array.from(list));
}

/** The rows (`width` values each) of a matrix at `indices`. */
export function rowsAt(matrix: Float32Array, indices: Uint32Array, width: number): Float32Array {
  const rows = new Float32Array(indices.length * width);
  indices.forEach((index, i) => rows.set(matrix.subarray(index * width, (index + 1) * width), i * width));
  return rows;
}
