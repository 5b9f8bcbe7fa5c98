/** Randomized smoothing: the linear classifier, whose radius is known exactly, votes, and what is refused. */
import * as tf from '@tensorflow/tfjs-node';
import { describe, expect, it } from 'vitest';
import { ABSTAINED } from '../../../src-main/contract/events';
import { catalog } from '../../../src-main/contract/catalog-data';
import { parseExperiment } from '../../../src-main/contract/experiment';
import { plan } from '../../../src-main/engine/plan';
import { stream } from '../../../src-main/contract/random';
import { clopperPearsonLower, normalQuantile } from '../../../src-main/contract/statistics';
import smoothingDefense from '../../../src-main/engine/defenses/certified/randomized-smoothing';
import { predict } from '../../../src-main/engine/evaluate';
import { certify, SmoothedTarget } from '../../../src-main/engine/smoothing';
import { dense, flatten, Network } from '../../../src-main/engine/network';
import { NetworkTarget } from '../../../src-main/engine/target-views';
import { contextOf } from '../../fixtures/tiny';

/** Class 1 where 3 x₀ + 4 x₁ > 3.5. */
function linear(): NetworkTarget {
  const network = new Network([1, 2, 1], [flatten(), dense(2, 'linear')], stream(1, 'w'));
  network.restore({ '1/kernel': Float32Array.of(0, 3, 0, 4), '1/bias': Float32Array.of(0, -3.5) });
  return new NetworkTarget(network, 2);
}
/** Distances 0.7, 0.1 and 0.02 on the side of class 1, 0.3 on that of class 0, and one with the wrong label. */
const points = {
  images: Float32Array.of(1, 1, 0.5, 0.625, 0.4, 0.6, 0, 0.5, 1, 1),
  labels: Uint8Array.of(1, 1, 1, 0, 0),
};
const DISTANCES = [0.7, 0.1, 0.02, 0.3];

describe('the bound on a probability', () => {
  /** Chance of k successes or more. */
  const tail = (k: number, n: number, p: number): number => {
    let [sum, log] = [0, n * Math.log(1 - p)];
    for (let i = 0; i <= n; i++) {
      if (i >= k) sum += Math.exp(log);
      log += Math.log((n - i) / (i + 1)) + Math.log(p / (1 - p));
    }
    return sum;
  };
  it('is Clopper and Pearson’s', () => {
    expect(clopperPearsonLower(0, 10, 0.05)).toBe(0);
    expect(clopperPearsonLower(10, 10, 0.05)).toBeCloseTo(0.05 ** 0.1, 12);
    expect(clopperPearsonLower(1, 10, 0.05)).toBeCloseTo(1 - 0.95 ** 0.1, 10);
    for (const [k, n, alpha] of [
      [9, 10, 0.05],
      [60, 100, 0.001],
      [990, 1000, 0.001],
    ] as const) {
      const bound = clopperPearsonLower(k, n, alpha);
      expect(tail(k, n, bound) / alpha).toBeCloseTo(1, 6);
    }
  });
  it('gives the largest radius of the paper, 3.8 sigma at n = 100,000 and alpha = .001', () => {
    expect(normalQuantile(clopperPearsonLower(100_000, 100_000, 0.001))).toBeCloseTo(3.81, 2);
  });
});

describe('a smoothed linear classifier', () => {
  const smoothing = { sigma: 0.5, votes: 100, alpha: 0.001 };

  it('is certified up to its exact distance and no further', async () => {
    const before = tf.memory().numTensors;
    const target = linear();
    const own = tf.memory().numTensors;
    const { radius, abstained } = await certify(target, points, smoothing, 2000, contextOf(3));
    expect(tf.memory().numTensors - own).toBeLessThanOrEqual(2);
    expect(before).toBeLessThan(own);
    DISTANCES.forEach((distance, i) => expect(radius[i]).toBeLessThanOrEqual(distance));
    expect(radius[0]).toBeGreaterThan(0.6);
    expect(radius[3]).toBeGreaterThan(0.22);
    expect(radius[4]).toBe(-1);
    // So near the boundary a vote of 2,000 tells nothing.
    expect(radius[2]).toBe(-1);
    expect(abstained).toBe(1);
  });

  it('answers by vote, abstains near the boundary, and says the same twice', async () => {
    const target = new SmoothedTarget(linear(), smoothing, stream(1, 'draws'), () => stream(1, 'votes'));
    const { labels, confidences } = await predict(target, points);
    expect([...labels]).toEqual([1, ABSTAINED, ABSTAINED, 0, 1]);
    expect(confidences![0]).toBeGreaterThan(0.85);
    expect(await predict(target, points)).toEqual({ labels, confidences });
  });

  it('is met with noise by attackers', () => {
    const target = new SmoothedTarget(linear(), smoothing, stream(1, 'draws'), () => stream(1, 'votes'));
    tf.tidy(() => {
      const images = tf.tensor4d(points.images, [5, 1, 2, 1]);
      expect(target.logits(images).arraySync()).not.toEqual(target.logits(images).arraySync());
    });
    expect(target.capabilities).toContain('randomised');
  });
});

describe('too few copies', () => {
  const check = (params: object) => () =>
    smoothingDefense.check!({ sigma: 0.5, n0: 100, n: 1000, alpha: 0.001, ...params });
  it('are refused with the number that would do', () => {
    expect(check({ n: 9 })).toThrow(/all 9 copies agree.*0\.464/);
    expect(check({ n: 10 })).not.toThrow();
    expect(check({ n0: 10 })).toThrow(/p = 0\.0020, above alpha 0\.001/);
    expect(check({ n0: 11 })).not.toThrow();
    expect(check({ n: 9, alpha: 0.01 })).not.toThrow();
  });
});

it('a plan refuses what could never be proven, before anything is trained', () => {
  const experiment = (defense: object) => {
    const parsed = parseExperiment(
      {
        ...{ name: 'x', task: 'classification', dataset: { id: 'mnist' }, model: { id: 'small-cnn' } },
        defenses: [defense],
      },
      catalog,
    );
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return parsed.experiment;
  };
  expect(() => plan(experiment({ id: 'randomized-smoothing', n: 5 }))).toThrow(
    /found 5: even if all 5 copies/,
  );
  expect(() => plan(experiment({ id: 'interval-bound-training', warmUp: 0.5, ramp: 0.8 }))).toThrow(
    /found 0.8 behind a warm-up of 0.5: together longer than the training/,
  );
  expect(() => plan(experiment({ id: 'interval-bound-training' }))).not.toThrow();
});
