/** Detectors: ROC and threshold by hand, scores and their gradients, and the attacker who evades them. */
import * as tf from '@tensorflow/tfjs-node';
import { describe, expect, it } from 'vitest';
import { REJECTED } from '../../../src-main/contract/events';
import { stream } from '../../../src-main/contract/random';
import type { FeatureTarget } from '../../../src-main/engine/definitions';
import { evade, guardOf, GuardedTarget, meet, suspicions } from '../../../src-main/engine/detection';
import { thresholdFor } from '../../../src-main/engine/scores';
import { rocOf } from '../../../src-main/engine/roc';
import distance from '../../../src-main/engine/defenses/detection/feature-squeezing-distance';
import mahalanobis from '../../../src-main/engine/defenses/detection/mahalanobis';
import { predict } from '../../../src-main/engine/evaluate';
import { continueAssault, newAssault, readyAttack } from '../../../src-main/engine/evasion';
import { Learner } from '../../../src-main/engine/learner';
import { dense, flatten, Network } from '../../../src-main/engine/network';
import { selected, sizeOf, toBatch } from '../../../src-main/engine/splits';
import { NetworkTarget } from '../../../src-main/engine/target-views';
import { contextOf, tinyDataset, TINY_LAYERS } from '../../fixtures/tiny';

const dataset = tinyDataset(192, 48);
const SHAPE: [number, number, number] = [8, 8, 1];

async function trained(): Promise<FeatureTarget> {
  const learner = new Learner(SHAPE, 3, TINY_LAYERS, stream(1, 'weights'));
  for (let epoch = 0; epoch < 20; epoch++) {
    await learner.epoch(dataset.train, 0.01, stream(1, 'order', epoch), async () => {});
  }
  return learner.target;
}
const target = await trained();

const COMMON = { falsePositiveRate: 0.05, evasionSteps: 40 };
const DETECTORS = [
  [
    'feature-squeezing-distance',
    () => distance.fit(target, dataset.train, { bits: 1, window: 2, ...COMMON }),
  ],
  ['mahalanobis', () => mahalanobis.fit(target, dataset.train, { shrinkage: 0.01, ...COMMON })],
] as const;

describe('the ROC', () => {
  it('is the one drawn by hand, ties passing together', () => {
    // From the highest: attacked .9, clean .8, attacked and clean .5, attacked .4, clean .1 and .1.
    const roc = rocOf(Float32Array.of(0.1, 0.5, 0.8, 0.1), Float32Array.of(0.9, 0.5, 0.4));
    expect([...roc.x]).toEqual([0, 0, 0.25, 0.5, 0.5, 1]);
    roc.y.forEach((value, i) => expect(value).toBeCloseTo([0, 1, 1, 2, 3, 3][i]! / 3, 6));
    // Of 12 pairs the attacked one scores higher in 4 + 2.5 + 2.
    expect(roc.auc).toBeCloseTo(8.5 / 12, 12);
    expect(roc.tprAt5PercentFpr).toBeCloseTo(1 / 3, 6);
  });
  it('is refused for one class, with the reason', () => {
    expect(() => rocOf(Float32Array.of(1, 2), new Float32Array(0))).toThrow(
      /found 2 clean and 0 adversarial/,
    );
    expect(() => rocOf(new Float32Array(0), Float32Array.of(1))).toThrow(/found 0 clean and 1 adversarial/);
  });
});

it('sets the threshold that the stated share of clean inputs exceeds, at most', () => {
  const scores = Float32Array.from({ length: 100 }, (_, i) => (i * 37) % 100);
  expect(thresholdFor(scores, 0.05)).toBe(94);
  expect(scores.filter((score) => score > thresholdFor(scores, 0.05))).toHaveLength(5);
  expect(thresholdFor(Float32Array.of(3, 1, 2), 0.05)).toBe(3);
});

describe.each(DETECTORS)('%s', (_id, fit) => {
  it('has a gradient that raises and lowers its score, and leaves no tensor', () => {
    const detector = fit();
    const { images, labels } = toBatch(selected(dataset.test, Uint32Array.of(0, 1, 2, 3, 4, 5)), SHAPE);
    // Parameters keep what was read of them.
    tf.tidy(() => void detector.suspicionGradient(images));
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const { loss, gradient } = detector.suspicionGradient(images);
      const scores = detector.suspicion(images).dataSync();
      loss.dataSync().forEach((value, i) => expect(value).toBeCloseTo(scores[i]!, 3));
      expect(gradient.shape).toEqual(images.shape);
      const up = tf.sum(detector.suspicion(tf.add(images, tf.mul(tf.sign(gradient), 1e-3)))).dataSync()[0]!;
      const down = tf.sum(detector.suspicion(tf.sub(images, tf.mul(tf.sign(gradient), 1e-3)))).dataSync()[0]!;
      expect(up).toBeGreaterThan(down);
    });
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([images, labels]);
    detector.dispose();
  });

  it('is evaded by an attacker who knows of it, within the budget', async () => {
    const guard = { detector: fit(), threshold: 0, evasionSteps: 40 };
    guard.threshold = thresholdFor(suspicions(guard.detector, target, dataset.validation), 0.05);
    const pgd = { epsilon: 0.3, norm: 'linf', steps: 20, stepSize: 0.04, randomStart: true, restarts: 1 };
    const ready = readyAttack({ id: 'pgd', params: { ...pgd, goal: 'untargeted', expectation: 1 } });
    const assault = newAssault(dataset.test);
    await continueAssault(assault, ready, target, dataset.test, contextOf(1), true, () => {});
    const oblivious = await meet(guard, target, dataset.test, assault, 'untargeted');
    const before = tf.memory().numTensors;
    const images = await evade(ready, target, guard, dataset.test, assault, contextOf(1), () => {});
    expect(tf.memory().numTensors).toBe(before);
    images.forEach((value, i) => expect(Math.abs(value - dataset.test.images[i]!)).toBeLessThanOrEqual(0.3));
    const adaptive = await meet(guard, target, dataset.test, { ...assault, images }, 'untargeted');
    const standing = ({ withstood }: typeof adaptive) => withstood.filter(Boolean).length;
    expect(standing(adaptive)).toBeLessThanOrEqual(standing(oblivious));
    expect(adaptive.roc!.auc).toBeLessThanOrEqual(oblivious.roc!.auc);
    const total = (perturbed: Float32Array) =>
      suspicions(guard.detector, target, { images: perturbed, labels: dataset.test.labels }).reduce(
        (a, b) => a + b,
      );
    expect(total(images)).toBeLessThan(0.8 * total(assault.images));
    guard.detector.dispose();
  });
});

describe('Mahalanobis distance', () => {
  it('is the distance to the nearest mean in units of the common spread', () => {
    // Features are the two pixels. Classes at (0, 0) and (0.6, 0), deviations 0.1 and 0.2 within both.
    const network = new Network([1, 2, 1], [flatten(), dense(2), dense(2, 'linear')], stream(1, 'w'));
    network.restore({
      '1/kernel': Float32Array.of(1, 0, 0, 1),
      '1/bias': Float32Array.of(0.5, 0.5),
      '2/kernel': Float32Array.of(1, 0, 0, 1),
      '2/bias': Float32Array.of(0, 0),
    });
    const cross = [0.1, 0.2, -0.1, 0.2, 0.1, -0.2, -0.1, -0.2];
    const images = Float32Array.from([...cross, ...cross.map((value, i) => (i % 2 ? value : value + 0.6))]);
    const train = { images, labels: Uint8Array.of(0, 0, 0, 0, 1, 1, 1, 1) };
    const plain = new NetworkTarget(network, 2);
    const detector = mahalanobis.fit(plain, train, { shrinkage: 1e-9, ...COMMON });
    const scores = suspicions(detector, plain, {
      images: Float32Array.of(0, 0, 0.7, 0, 0.2, 0.4),
      labels: Uint8Array.of(0, 1, 0),
    });
    [0, 1, 8].forEach((expected, i) => expect(scores[i]).toBeCloseTo(expected, 3));
    detector.dispose();
  });
});

describe('a guarded target', () => {
  it('rejects what scores above the threshold, and hides the detector from attackers', async () => {
    const params = { bits: 1, window: 2, falsePositiveRate: 0.25, evasionSteps: 1 };
    const arm = {
      ...{ index: 0, model: null, poisoning: null, seed: 1 },
      defense: { id: 'feature-squeezing-distance', params },
    };
    const guard = guardOf(arm, target, dataset)!;
    const met = new GuardedTarget(target, guard);
    const [plain, guarded] = [
      await predict(target, dataset.validation),
      await predict(met, dataset.validation),
    ];
    const scores = suspicions(guard.detector, target, dataset.validation);
    expect([...guarded.labels]).toEqual(
      [...plain.labels].map((label, i) => (scores[i]! > guard.threshold ? REJECTED : label)),
    );
    expect(guarded.labels.filter((label) => label === REJECTED).length).toBeLessThanOrEqual(
      0.25 * sizeOf(dataset.validation),
    );
    const { images, labels } = toBatch(dataset.validation, SHAPE);
    tf.tidy(() => {
      expect(met.logits(images).arraySync()).toEqual(target.logits(images).arraySync());
    });
    tf.dispose([images, labels]);
  });
});
