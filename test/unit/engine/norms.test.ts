import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { stream } from '../../../src-main/contract/random';
import {
  ascent,
  deliver,
  l0Distance,
  l1Distance,
  l2Distance,
  linfDistance,
  project,
  randomInBall,
  steepestL1,
} from '../../../src-main/engine/norms';

describe('norms', () => {
  it('delivers within epsilon in doubles, where float32 overshoots', () => {
    const random = stream(1, 'images');
    for (const epsilon of [0.1, 0.3, 8 / 255, 1e-6, 0]) {
      const clean = Float32Array.from({ length: 4000 }, () => random.uniform());
      const adversarial = clean.map((value) => value + (random.uniform() < 0.5 ? -2 : 2) * epsilon);
      deliver(clean, adversarial, 40, 'linf', epsilon);
      expect(linfDistance(clean, adversarial, 0, 4000)).toBeLessThanOrEqual(epsilon);
      expect(Math.min(...adversarial)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...adversarial)).toBeLessThanOrEqual(1);
    }
  });

  it('delivers within the L2 ball of every input', () => {
    const random = stream(2, 'images');
    const clean = Float32Array.from({ length: 1000 }, () => random.uniform());
    const adversarial = clean.map((value) => value + random.normal());
    deliver(clean, adversarial, 100, 'l2', 1.5);
    for (let i = 0; i < 10; i++)
      expect(l2Distance(clean, adversarial, i * 100, 100)).toBeLessThanOrEqual(1.5);
  });

  it('puts the clean value in place of NaN', () => {
    const adversarial = Float32Array.of(NaN, 0.5);
    deliver(Float32Array.of(0.25, 0.5), adversarial, 2, 'linf', 0.1);
    expect([...adversarial]).toEqual([0.25, 0.5]);
  });

  it('steps along the signs in Linf, along the gradient in L2 and L1', () => {
    const gradient = tf.tensor4d([3, -4, 0, 0], [1, 2, 2, 1]);
    expect([...ascent(gradient, 'linf', 1).dataSync()]).toEqual([1, -1, 0, 0]);
    for (const norm of ['l2', 'l1'] as const) {
      const step = ascent(gradient, norm, 2).dataSync();
      [1.2, -1.6, 0, 0].forEach((value, i) => expect(step[i]).toBeCloseTo(value, 6));
    }
  });

  it('spends a steepest step in L1 on the pixels of largest gradient that have room', () => {
    const gradient = tf.tensor4d([3, -4, 2, 1], [1, 2, 2, 1]);
    const images = tf.tensor4d([0.5, 0.2, 0.9, 0.5], [1, 2, 2, 1]);
    const one = steepestL1(gradient, 0.75, images, 1).dataSync();
    [0.5, -0.2, 0.05, 0].forEach((value, i) => expect(one[i]).toBeCloseTo(value, 6));
    const four = steepestL1(gradient, 0.8, images, 4).dataSync();
    [0.2, -0.2, 0.1, 0.2].forEach((value, i) => expect(four[i]).toBeCloseTo(value, 6));
  });

  it('projects onto the intersection of L1 ball and [0, 1] as bisection in doubles does', () => {
    const random = stream(4, 'points');
    const [n, size] = [12, 30];
    const values = (scale: number) => Float32Array.from({ length: n * size }, () => scale * random.normal());
    const clean = values(1).map((value) => Math.min(1, Math.max(0, 0.5 + value)));
    const far = values(0.7).map((value, i) => clean[i]! + value);
    const shaped = (array: Float32Array) => tf.tensor4d(array, [n, 5, 6, 1]);
    for (const epsilon of [0, 0.3, 2, 5, 100]) {
      const found = project(shaped(far), shaped(clean), 'l1', epsilon).dataSync();
      for (let i = 0; i < n; i++) {
        const rows = Array.from({ length: size }, (_, j) => i * size + j);
        const shrunk = (lambda: number) =>
          rows.map((j) => {
            const difference = far[j]! - clean[j]!;
            const room = difference > 0 ? 1 - clean[j]! : clean[j]!;
            return Math.sign(difference) * Math.min(room, Math.max(0, Math.abs(difference) - lambda));
          });
        const total = (changes: number[]) => changes.reduce((sum, value) => sum + Math.abs(value), 0);
        let [low, high] = [0, 5];
        if (total(shrunk(0)) <= epsilon) high = 0;
        for (let k = 0; k < 60; k++) {
          const middle = (low + high) / 2;
          if (total(shrunk(middle)) > epsilon) low = middle;
          else high = middle;
        }
        shrunk(high).forEach((change, j) =>
          expect(found[rows[j]!]! - clean[rows[j]!]!).toBeCloseTo(change, 5),
        );
      }
    }
  });

  it('delivers within the L1 ball, and in L0 the largest changes alone', () => {
    const random = stream(5, 'images');
    const clean = Float32Array.from({ length: 1000 }, () => random.uniform());
    const changed = clean.map((value) => value + random.normal());
    const adversarial = changed.slice();
    deliver(clean, adversarial, 100, 'l1', 3);
    for (let i = 0; i < 10; i++) {
      expect(l1Distance(clean, adversarial, i * 100, 100)).toBeLessThanOrEqual(3);
      expect(l1Distance(clean, adversarial, i * 100, 100)).toBeGreaterThan(2.999);
    }
    const sparse = Float32Array.of(0.5, 0.1, 0.9, 0.45);
    deliver(Float32Array.of(0.5, 0.5, 0.5, 0.5), sparse, 4, 'l0', 2.5);
    expect([...sparse]).toEqual([...Float32Array.of(0.5, 0.1, 0.9, 0.5)]);
    expect(l0Distance(sparse, Float32Array.of(0.5, 0.5, 0.5, 0.5), 0, 4)).toBe(2);
  });

  it('projects onto the L2 ball along the line to the centre', () => {
    const clean = tf.fill([1, 1, 2, 1], 0.5) as tf.Tensor4D;
    const far = tf.tensor4d([0.8, 0.9], [1, 1, 2, 1]);
    const near = [...project(far, clean, 'l2', 0.25).dataSync()];
    expect(near[0]).toBeCloseTo(0.5 + 0.15, 6);
    expect(near[1]).toBeCloseTo(0.5 + 0.2, 6);
  });

  it('draws uniformly from the L1 ball', () => {
    const [n, size] = [4000, 3];
    const drawn = randomInBall(n, size, 'l1', 2, stream(6, 'ball'));
    const centre = new Float32Array(drawn.length);
    const lengths = Array.from({ length: n }, (_, i) => l1Distance(drawn, centre, i * size, size));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(2);
    // The ball of half the radius holds 2⁻³ of the volume: 500 ± 21 of 4,000.
    expect(Math.abs(lengths.filter((length) => length < 1).length - 500)).toBeLessThan(84);
    expect(Math.abs(drawn.filter((value) => value > 0).length - 6000)).toBeLessThan(220);
  });

  it('draws random points inside the ball, the same for the same seed', () => {
    const draw = () => randomInBall(5, 20, 'l2', 2, stream(3, 'ball'));
    expect(draw()).toEqual(draw());
    for (let i = 0; i < 5; i++)
      expect(Math.hypot(...draw().subarray(i * 20, (i + 1) * 20))).toBeLessThanOrEqual(2);
  });
});
