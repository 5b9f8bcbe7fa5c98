import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { stream } from '../../../src-main/contract/random';
import {
  deliver,
  l2Distance,
  linfDistance,
  project,
  randomInBall,
  steepest,
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

  it('takes the steepest step: signs for Linf, the unit vector for L2', () => {
    const gradient = tf.tensor4d([3, -4, 0, 0], [1, 2, 2, 1]);
    expect([...steepest(gradient, 'linf').dataSync()]).toEqual([1, -1, 0, 0]);
    const l2 = [...steepest(gradient, 'l2').dataSync()];
    expect(l2[0]).toBeCloseTo(0.6, 6);
    expect(l2[1]).toBeCloseTo(-0.8, 6);
  });

  it('projects onto the L2 ball along the line to the centre', () => {
    const clean = tf.fill([1, 1, 2, 1], 0.5) as tf.Tensor4D;
    const far = tf.tensor4d([0.8, 0.9], [1, 1, 2, 1]);
    const near = [...project(far, clean, 'l2', 0.25).dataSync()];
    expect(near[0]).toBeCloseTo(0.5 + 0.15, 6);
    expect(near[1]).toBeCloseTo(0.5 + 0.2, 6);
  });

  it('draws random points inside the ball, the same for the same seed', () => {
    const draw = () => randomInBall(5, 20, 'l2', 2, stream(3, 'ball'));
    expect(draw()).toEqual(draw());
    for (let i = 0; i < 5; i++)
      expect(Math.hypot(...draw().subarray(i * 20, (i + 1) * 20))).toBeLessThanOrEqual(2);
  });
});
