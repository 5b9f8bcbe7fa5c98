/** The target as a black-box attack asks it: what is counted, held to the cap and noted as a success. */
import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Goal, Target } from '../../../src-main/engine/definitions';
import { argMax, BatchOracle } from '../../../src-main/engine/oracle';

/** Images of one pixel x; the scores are [1 − x, x], so that the class is 1 above a half. */
class Threshold implements Target {
  readonly inputShape: Target['inputShape'] = [1, 1, 1];
  readonly classes = 2;
  readonly capabilities: Target['capabilities'] = ['scores', 'decisions'];
  /** Images of each question. */
  readonly asked: number[] = [];

  /** @param patience questions answered before it stops */
  constructor(private readonly patience = Infinity) {}

  async scores(images: tf.Tensor4D): Promise<tf.Tensor2D> {
    if (this.asked.length >= this.patience) throw new Error('no answer');
    this.asked.push(images.shape[0]);
    return tf.tidy(() => {
      const x = images.reshape([-1, 1]);
      return tf.concat([tf.sub(1, x), x], 1) as tf.Tensor2D;
    });
  }

  async decisions(images: tf.Tensor4D): Promise<Int32Array> {
    const scores = await this.scores(images);
    const labels = tf.tidy(() => scores.argMax(1).dataSync<'int32'>().slice());
    scores.dispose();
    return labels;
  }
}

const batch = { images: tf.tensor4d([0.25, 0.125], [2, 1, 1, 1]), labels: tf.tensor1d([0, 0], 'int32') };
afterAll(() => tf.dispose([batch.images, batch.labels]));

const oracleOf = (
  target: Target,
  { cap = 100, price = 1, goal = 'untargeted' as Goal, labels = batch.labels } = {},
): BatchOracle => new BatchOracle(target, { images: batch.images, labels }, goal, 'linf', cap, price);

describe('an oracle', () => {
  it('counts every question for its input, an input that stands several times included', async () => {
    const oracle = oracleOf(new Threshold());
    const scores = await oracle.scores(Float32Array.of(0.25, 0.5, 0.75), [1, 1, 0]);
    expect(Array.from(scores)).toEqual([0.75, 0.25, 0.5, 0.5, 0.25, 0.75]);
    expect(Array.from(await oracle.decisions(Float32Array.of(0.875), [1]))).toEqual([1]);
    expect(Array.from(oracle.spent)).toEqual([1, 3]);
    expect([oracle.left(0), oracle.left(1)]).toEqual([99, 97]);
  });

  it('asks nothing where an input would be asked more than its cap', async () => {
    const target = new Threshold();
    const oracle = oracleOf(target, { cap: 2 });
    await oracle.decisions(Float32Array.of(0.25), [0]);
    await expect(oracle.decisions(Float32Array.of(0.25, 0.25), [0, 0])).rejects.toThrow('no query left of 2');
    await expect(oracle.scores(Float32Array.of(0.25), [0, 1])).rejects.toThrow('no 2 images');
    expect(target.asked).toEqual([1]);
    expect(Array.from(oracle.spent)).toEqual([1, 0]);
  });

  it('counts all draws of an answer that is averaged', async () => {
    const oracle = oracleOf(new Threshold(), { cap: 10, price: 4 });
    expect(oracle.left(0)).toBe(2);
    await oracle.scores(Float32Array.of(0.75), [0]);
    expect([oracle.spent[0], oracle.firstSuccess[0], oracle.left(0)]).toEqual([4, 4, 1]);
  });

  it('notes the first success and every closer one, with the queries they took', async () => {
    const oracle = oracleOf(new Threshold());
    for (const x of [0.5, 1, 0.75, 0.875, 0.625]) await oracle.scores(Float32Array.of(x), [0]);
    expect(oracle.firstSuccess[0]).toBe(2);
    expect(oracle.improvements[0]).toEqual([
      { queries: 2, distance: 0.75 },
      { queries: 3, distance: 0.5 },
      { queries: 5, distance: 0.375 },
    ]);
    expect([oracle.firstSuccess[1], oracle.improvements[1]]).toEqual([0, []]);
  });

  it('takes the class aimed at alone for a success of a targeted goal', async () => {
    const labels = tf.tensor1d([1, 0], 'int32');
    const oracle = oracleOf(new Threshold(), { goal: 'targeted', labels });
    await oracle.decisions(Float32Array.of(0.25, 0.75, 0.75, 0.25), [0, 0, 1, 1]);
    labels.dispose();
    expect(Array.from(oracle.firstSuccess)).toEqual([2, 2]);
    expect(oracle.improvements.map((list) => list[0]!.distance)).toEqual([0.5, 0.125]);
  });

  it('asks a large question in parts, and gives the whole answer', async () => {
    const target = new Threshold();
    const n = 2500;
    const oracle = oracleOf(target, { cap: n });
    const images = Float32Array.from({ length: n }, (_, i) => (i === 2400 ? 0.75 : i / (4 * n)));
    const before = tf.memory().numTensors;
    const scores = await oracle.scores(images, new Uint8Array(n));
    expect(tf.memory().numTensors).toBe(before);
    expect(target.asked).toEqual([1024, 1024, 452]);
    expect(Array.from(scores.filter((_, i) => i % 2 === 1))).toEqual(Array.from(images));
    expect([oracle.spent[0], oracle.firstSuccess[0]]).toEqual([n, 2401]);
  });

  it('passes the failure of a target on, every tensor released', async () => {
    const oracle = oracleOf(new Threshold(1), { cap: 2000 });
    const before = tf.memory().numTensors;
    await expect(oracle.scores(new Float32Array(2000), new Uint8Array(2000))).rejects.toThrow('no answer');
    expect(tf.memory().numTensors).toBe(before);
  });
});

it('the first of equal values is the largest', () => {
  expect(argMax([9, 1, 3, 3, 2], 1, 4)).toBe(1);
});
