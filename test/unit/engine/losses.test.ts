/** Losses against their formulas, written out in doubles, and their gradients against finite differences. */
import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { stream } from '../../../src-main/contract/random';
import type { Loss } from '../../../src-main/engine/definitions';
import {
  crossEntropy,
  differenceOfLogitsRatio,
  targetedDifferenceOfLogitsRatio,
} from '../../../src-main/engine/losses';

const [N, CLASSES] = [40, 6];
const random = stream(1, 'logits');
const LOGITS = Array.from({ length: N }, () => Array.from({ length: CLASSES }, () => 3 * random.normal()));
const LABELS = Array.from({ length: N }, (_, i) => i % CLASSES);
const TARGETS = LABELS.map((label, i) => (label + 1 + (i % (CLASSES - 1))) % CLASSES);
const labels = tf.tensor1d(LABELS, 'int32');
const targets = tf.tensor1d(TARGETS, 'int32');

const sorted = (z: number[]) => [...z].sort((a, b) => b - a);
const rival = (z: number[], y: number) => Math.max(...z.filter((_, k) => k !== y));
const softmaxLoss = (z: number[], y: number) => Math.log(z.reduce((sum, v) => sum + Math.exp(v), 0)) - z[y]!;
const scale = (z: number[]) => sorted(z)[0]! - sorted(z)[2]!;

const CASES: [string, Loss, (z: number[], y: number, t: number) => number][] = [
  ['cross-entropy', crossEntropy(labels, 'untargeted'), softmaxLoss],
  ['cross-entropy, targeted', crossEntropy(labels, 'targeted'), (z, y) => -softmaxLoss(z, y)],
  [
    'difference of logits ratio',
    differenceOfLogitsRatio(labels, 'untargeted'),
    (z, y) => -(z[y]! - rival(z, y)) / scale(z),
  ],
  [
    'difference of logits ratio, targeted',
    differenceOfLogitsRatio(labels, 'targeted'),
    (z, y) => (z[y]! - rival(z, y)) / scale(z),
  ],
  [
    'difference of logits ratio towards one class',
    targetedDifferenceOfLogitsRatio(labels, targets),
    (z, y, t) => -(z[y]! - z[t]!) / (sorted(z)[0]! - (sorted(z)[2]! + sorted(z)[3]!) / 2),
  ],
];

describe.each(CASES)('%s', (_name, loss, formula) => {
  const found = loss(tf.tensor2d(LOGITS));
  const gradient = found.gradient.arraySync();

  it('is what its formula says', () => {
    found.loss
      .dataSync()
      .forEach((value, i) => expect(value).toBeCloseTo(formula(LOGITS[i]!, LABELS[i]!, TARGETS[i]!), 4));
  });

  it('has the gradient of finite differences', () => {
    LOGITS.forEach((z, i) => {
      for (let k = 0; k < CLASSES; k++) {
        const at = (step: number) =>
          formula(
            z.map((value, j) => (j === k ? value + step : value)),
            LABELS[i]!,
            TARGETS[i]!,
          );
        const difference = (at(1e-5) - at(-1e-5)) / 2e-5;
        expect(Math.abs(gradient[i]![k]! - difference)).toBeLessThan(1e-3 * (1 + Math.abs(difference)));
      }
    });
  });
});

describe('the difference of logits ratio', () => {
  it('does not change with shift and scale of the logits, as its paper asks', () => {
    const moved = tf.add(tf.mul(tf.tensor2d(LOGITS), 7), 5) as tf.Tensor2D;
    for (const loss of [
      differenceOfLogitsRatio(labels, 'untargeted'),
      targetedDifferenceOfLogitsRatio(labels, targets),
    ]) {
      const before = loss(tf.tensor2d(LOGITS)).loss.dataSync();
      loss(moved)
        .loss.dataSync()
        .forEach((value, i) => expect(value).toBeCloseTo(before[i]!, 4));
    }
  });

  it('is the margin where there are too few classes to scale by', () => {
    const two = tf.tensor2d([[3, 1]]);
    const result = differenceOfLogitsRatio(tf.tensor1d([0], 'int32'), 'untargeted')(two);
    expect(result.loss.arraySync()).toEqual([-2]);
    expect(result.gradient.arraySync()).toEqual([[-1, 1]]);
  });
});
