/** What a network makes of a whole split: features of the last hidden layer, and answers. */
import * as tf from '@tensorflow/tfjs';
import type { Split } from '../contract/dataset';
import type { FeatureTarget, WhiteBoxTarget } from './definitions';
import { softmaxCrossEntropy } from './kernels';
import { inParts, sizeOf, toBatch } from './splits';

/** Inputs asked about together. */
const AT_ONCE = 500;

/** Rows that `ask` gives for each part of a split, one after the other; called within tf.tidy. */
function rowsOf(
  { inputShape }: WhiteBoxTarget,
  split: Split,
  ask: (images: tf.Tensor4D, labels: tf.Tensor1D) => tf.Tensor,
): Float32Array {
  let all: Float32Array | undefined;
  for (const [start, part] of inParts(split, AT_ONCE)) {
    const { images, labels } = toBatch(part, inputShape);
    tf.tidy(() => {
      const values = ask(images, labels).dataSync<'float32'>();
      const width = values.length / sizeOf(part);
      all ??= new Float32Array(sizeOf(split) * width);
      all.set(values, start * width);
    });
    tf.dispose([images, labels]);
  }
  return all ?? new Float32Array();
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

/** Softmax of the logits of each sample, n × classes. */
export const probabilitiesOf = (target: WhiteBoxTarget, split: Split): Float32Array =>
  rowsOf(target, split, (images) => tf.softmax(target.logits(images)));

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
