/** Answers of a target to many images, for attacks that only ask. */
import * as tf from '@tensorflow/tfjs';
import type { Split } from '../../contract/dataset';
import type { Context } from '../context';
import type { Target } from '../definitions';
import { inParts, sizeOf, toBatch } from '../splits';
import { readOut } from '../read-out';

/** Images sent to the target at once. */
const AT_ONCE = 500;

/** Logarithms of the softmax of the target's scores, n × classes. */
export async function logProbabilities(
  target: Target,
  split: Split,
  { breathe }: Pick<Context, 'breathe'>,
): Promise<Float32Array> {
  const all = new Float32Array(sizeOf(split) * target.classes);
  for (const [start, part] of inParts(split, AT_ONCE)) {
    const { images, labels } = toBatch(part, target.inputShape);
    const scores = await target.scores(images);
    const logs = readOut(() => tf.logSoftmax(scores));
    all.set(logs, start * target.classes);
    tf.dispose([images, labels, scores]);
    await breathe();
  }
  return all;
}

/** Predicted classes [n]. */
export async function classesOf(
  target: Target,
  split: Split,
  { breathe }: Pick<Context, 'breathe'>,
): Promise<Uint8Array> {
  const all = new Uint8Array(sizeOf(split));
  for (const [start, part] of inParts(split, AT_ONCE)) {
    const { images, labels } = toBatch(part, target.inputShape);
    all.set(await target.decisions(images), start);
    tf.dispose([images, labels]);
    await breathe();
  }
  return all;
}

/**
 * φ = log(p / (1 − p)) of the probability of each image's own class: unlike p itself about normally distributed over models
 * (Carlini et al. 2022, section V-C). From the logarithms, so that p = 1 − 1e-12 is still told from 1.
 */
export function logitsOfOwn(logs: Float32Array, labels: Uint8Array): Float32Array {
  const classes = logs.length / labels.length;
  return Float32Array.from(labels, (own, i) => {
    const row = logs.subarray(i * classes, (i + 1) * classes);
    const others = row.filter((_, label) => label !== own);
    const largest = Math.max(...others);
    return row[own]! - largest - Math.log(others.reduce((sum, log) => sum + Math.exp(log - largest), 0));
  });
}
