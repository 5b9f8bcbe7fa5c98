/** Transformations in front of a model: known answers, the way back of gradients, and attacks through them. */
import * as tf from '@tensorflow/tfjs-node';
import { describe, expect, it } from 'vitest';
import { stream, type Random } from '../../../src-main/contract/random';
import { parseExperiment } from '../../../src-main/contract/experiment';
import { catalog } from '../../../src-main/contract/catalog-data';
import type { Defense } from '../../../src-main/engine/registry';
import { defenses } from '../../../src-main/engine/registry';
import { evaluateAttack, predict } from '../../../src-main/engine/evaluate';
import { readyAttack } from '../../../src-main/engine/evasion';
import { plan } from '../../../src-main/engine/plan';
import {
  CountingTarget,
  ExpectationTarget,
  NetworkTarget,
  PreprocessedTarget,
} from '../../../src-main/engine/target-views';
import { contextOf, tinyDataset, tinyNetwork } from '../../fixtures/tiny';

type Preprocessing = Extract<Defense, { stage: 'preprocessing' }>;
const all = defenses.filter((defense): defense is Preprocessing => defense.stage === 'preprocessing');
const byId = (id: string) => all.find((defense) => defense.id === id)!;

function noise(shape: [number, number, number, number], purpose: string): tf.Tensor4D {
  const random = stream(3, purpose);
  return tf.tensor4d(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.uniform()),
    shape,
  );
}
const transformed = (id: string, images: tf.Tensor4D, params: Record<string, number>) =>
  tf.tidy(() => byId(id).transform(images, params, stream(1, 'draw')).images.arraySync());

describe.each(all.map((defense) => [defense.id, defense] as const))('%s', (_id, defense) => {
  const params = Object.fromEntries(
    Object.entries(defense.params).map(([name, spec]) => [name, 'default' in spec ? spec.default : null]),
  ) as never;

  it.each([1, 3])('keeps shape and range of images of %d channels, and leaves no tensor', (channels) => {
    const images = noise([4, 28, 28, channels], 'images');
    const before = tf.memory().numTensors;
    const out = tf.tidy(() => defense.transform(images, params, stream(1, 'draw')).images);
    expect(out.shape).toEqual(images.shape);
    expect(tf.min(out).dataSync()[0]).toBeGreaterThanOrEqual(0);
    expect(tf.max(out).dataSync()[0]).toBeLessThanOrEqual(1);
    out.dispose();
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 2);
    images.dispose();
  });
});

describe('random resize and pad', () => {
  it('gives gradients back by the adjoint of what it does to images', () => {
    tf.tidy(() => {
      const [x, g] = [noise([3, 9, 7, 2], 'x'), noise([3, 9, 7, 2], 'g')];
      const { images, pullback } = byId('random-resize-pad').transform(
        x,
        { smallest: 0.5 },
        stream(5, 'draw'),
      );
      const [there, back] = [tf.sum(tf.mul(images, g)), tf.sum(tf.mul(x, pullback(g)))];
      expect(there.dataSync()[0]).toBeCloseTo(back.dataSync()[0]!, 2);
    });
  });
  it('leaves images as they are at their full size, and draws anew', () => {
    const x = noise([1, 8, 8, 1], 'x');
    expect(transformed('random-resize-pad', x, { smallest: 1 })).toEqual(x.arraySync());
    const random = stream(2, 'draw');
    const draw = () =>
      tf.tidy(() => byId('random-resize-pad').transform(x, { smallest: 0.5 }, random).images.arraySync());
    expect(draw()).not.toEqual(draw());
  });
});

describe('feature squeezing', () => {
  it('rounds to the shades of its bits', () => {
    const x = tf.tensor4d([0.1, 0.4, 0.6, 0.9], [1, 2, 2, 1]);
    const rounded = (bits: number) =>
      (transformed('feature-squeezing', x, { bits, window: 1 }) as number[][][][]).flat(3);
    expect(rounded(1)).toEqual([0, 0, 1, 1]);
    rounded(2).forEach((value, i) => expect(value).toBeCloseTo([0, 1 / 3, 2 / 3, 1][i]!, 6));
  });
  it('takes the median of the window', () => {
    const x = tf.tensor4d([1, 0, 0, 0, 1, 0, 0, 0, 1], [1, 3, 3, 1]);
    const centre = transformed('feature-squeezing', x, { bits: 1, window: 3 }) as number[][][][];
    expect(centre[0]![1]![1]![0]).toBe(0);
  });
  it('refuses a window larger than the images', () => {
    expect(() => byId('feature-squeezing').check!([5, 5, 1], { bits: 1, window: 6 })).toThrow(
      /larger than the images/,
    );
  });
});

describe('JPEG', () => {
  const SIDE = 64;
  const PICTURES: Record<string, (random: Random) => (y: number, x: number) => number> = {
    waves: (random) => {
      const [a, b, c] = [random.uniform(), random.uniform(), random.uniform()];
      return (y, x) => 127 + 60 * Math.sin(a * x + b * y) + 50 * Math.cos(c * x * 0.7);
    },
    noise: (random) => () => random.integer(256),
    // Their means lie halfway between two steps of the quantisation at quality 50.
    plain: () => (y, x) => 2 * (Math.floor(y / 8) + Math.floor(x / 8)) + 101,
  };

  /** Levels that each value is off what TensorFlow's encoder and its exact decoder make of it, in blocks. */
  async function levelsOff(picture: string, quality: number): Promise<number[][]> {
    const draw = PICTURES[picture]!(stream(4, picture));
    const values = Float32Array.from(
      { length: SIDE ** 2 },
      (_, i) => Math.round(draw(Math.floor(i / SIDE), i % SIDE)) / 255,
    );
    const x = tf.tensor4d(values, [1, SIDE, SIDE, 1]);
    const bytes = tf.cast(tf.round(tf.mul(x.reshape([SIDE, SIDE, 1]), 255)), 'int32') as tf.Tensor3D;
    const encoded = await tf.node.encodeJpeg(bytes, 'grayscale', quality);
    const real = tf.node.decodeJpeg(encoded, 1, 1, true, false, 1, 'INTEGER_ACCURATE').dataSync();
    const blocks = Array.from({ length: (SIDE / 8) ** 2 }, (): number[] => []);
    (transformed('jpeg', x, { quality }) as number[][][][]).flat(3).forEach((value, i) => {
      const [y, x] = [Math.floor(i / SIDE), i % SIDE];
      const block = Math.floor(y / 8) * (SIDE / 8) + Math.floor(x / 8);
      blocks[block]!.push(Math.round(Math.abs(value * 255 - real[i]!)));
    });
    return blocks;
  }

  it.each(
    ['waves', 'noise'].flatMap((picture) => [95, 90, 75, 50, 25, 10].map((q) => [picture, q] as const)),
  )('restores what a real encoder restores of %s at quality %d', async (picture, quality) => {
    const blocks = await levelsOff(picture, quality);
    // The encoder computes cosines in 13 bits: now and then a coefficient a hair from an edge falls to its other side,
    // which shows in its block alone. Elsewhere only the last rounding differs.
    const alike = blocks.filter((off) => Math.max(...off) <= 1);
    expect(alike.length).toBeGreaterThanOrEqual(0.9 * blocks.length);
    expect(alike.flat().reduce((a, b) => a + b, 0) / alike.flat().length).toBeLessThan(0.1);
  });

  it.each([90, 50, 10])('rounds halves as a real encoder does (quality %d)', async (quality) =>
    expect(Math.max(...(await levelsOff('plain', quality)).flat())).toBe(0),
  );

  it('changes a picture', () => {
    const x = noise([1, 16, 16, 1], 'picture');
    const restored = (transformed('jpeg', x, { quality: 50 }) as number[][][][]).flat(3);
    const clean = x.dataSync();
    expect(Math.max(...restored.map((value, i) => Math.abs(value - clean[i]!)))).toBeGreaterThan(0.01);
  });
});

describe('a randomised target', () => {
  const dataset = tinyDataset();
  const bare = new NetworkTarget(tinyNetwork(), 3);
  const resizing = byId('random-resize-pad');
  const target = () =>
    new PreprocessedTarget(
      bare,
      (images, random) => resizing.transform(images, { smallest: 0.5 }, random),
      true,
      stream(1, 'preprocessing'),
    );

  it('is averaged over draws, each of which is counted', () => {
    const counting = new CountingTarget(target());
    const images = noise([5, 8, 8, 1], 'images');
    bare.logits(images).dispose();
    const before = tf.memory().numTensors;
    const mean = new ExpectationTarget(counting, 6).logits(images);
    expect(counting.queries).toBe(30);
    const single = target();
    const draws = Array.from({ length: 6 }, () => single.logits(images));
    const expected = tf.tidy(() => tf.mean(tf.stack(draws), 0));
    expected.dataSync().forEach((value, i) => expect(mean.dataSync()[i]).toBeCloseTo(value, 5));
    tf.dispose([mean, ...draws, expected]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('costs the attacker every draw, where the attack asks for them', async () => {
    const met = target();
    const clean = await predict(met, dataset.test);
    const run = (expectation: number) =>
      evaluateAttack(
        readyAttack({
          id: 'pgd',
          params: {
            epsilon: 0.1,
            norm: 'linf',
            steps: 3,
            stepSize: 0.05,
            randomStart: false,
            restarts: 1,
            goal: 'untargeted',
            expectation,
          },
        }),
        met,
        dataset.test,
        clean,
        contextOf(1),
        () => {},
      );
    expect((await run(4)).metrics.gradients).toBeGreaterThan(2 * (await run(1)).metrics.gradients!);
  });

  it('is the only kind that more than one draw is allowed for', () => {
    const parsed = parseExperiment(
      {
        name: 'x',
        task: 'classification',
        dataset: { id: 'mnist' },
        model: { id: 'small-cnn' },
        attacks: [{ id: 'fgsm', expectation: 8 }],
      },
      catalog,
    );
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    expect(() => plan(parsed.experiment)).toThrow(/answers at random/);
    expect(() => plan({ ...parsed.experiment, defenses: [{ id: 'random-resize-pad' }] })).not.toThrow();
  });
});
