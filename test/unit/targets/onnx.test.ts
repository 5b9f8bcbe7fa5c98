import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RemoteModel } from '../../../src-main/contract/remote-model';
import { grantsOf } from '../../../src-main/sessions/grants';
import { openTarget } from '../../../src-main/targets';
import { linearOnnx, type LinearOnnx } from '../../fixtures/onnx';
import { scoresFrom } from '../../fixtures/remote';
import { temporaryFolder } from '../sessions/session-fixture';

const { signal } = new AbortController();
const all = { allows: () => true };
const [H, W, C, CLASSES] = [6, 5, 2, 4];
const SIZE = H * W * C;

/** Numbers that look like nothing in particular, in [0, 1]. */
const numbers = (n: number, salt: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => ((i * 7919 + salt * 104729) % 1000) / 1000);
const images = numbers(300 * SIZE, 1);
const bias = new Float32Array([0.5, -0.25, 0, 1]);
/** By position in an image as the lab stores it: height, width, channel. */
const weights = numbers(SIZE * CLASSES, 2).map((x) => x - 0.5);

/** Logits calculated by hand, in doubles. */
const logits = (n: number, low = 0, high = 1): number[] =>
  Array.from({ length: n * CLASSES }, (_, k) => {
    const [i, label] = [Math.floor(k / CLASSES), k % CLASSES];
    let sum = bias[label]!;
    for (let j = 0; j < SIZE; j++)
      sum += (low + (high - low) * images[i * SIZE + j]!) * weights[j * CLASSES + label]!;
    return sum;
  });

/** The same weights for a model that takes channels first. */
function channelsFirst(): Float32Array {
  const moved = new Float32Array(weights.length);
  for (let p = 0; p < H * W; p++)
    for (let c = 0; c < C; c++)
      for (let label = 0; label < CLASSES; label++)
        moved[(c * H * W + p) * CLASSES + label] = weights[(p * C + c) * CLASSES + label]!;
  return moved;
}

function file(change: Partial<LinearOnnx> = {}): string {
  const path = join(temporaryFolder(), 'linear.onnx');
  writeFileSync(path, linearOnnx({ input: ['n', H, W, C], weights, bias, ...change }));
  return path;
}
async function open(path: string, params: Record<string, unknown> = {}): Promise<RemoteModel> {
  const { remoteModel } = await openTarget({ id: 'onnx', path, ...params }, all);
  return remoteModel!;
}
async function expectLogits(model: RemoteModel, n: number, expected = logits(n)): Promise<void> {
  const scores = await scoresFrom(model, images.subarray(0, n * SIZE), n);
  expect(scores).toHaveLength(n * CLASSES);
  expected.forEach((score, i) => expect(scores[i]).toBeCloseTo(score, 4));
  await model.close();
}

describe('an ONNX file', () => {
  it('gives the logits, channels last', async () => {
    const model = await open(file());
    expect(model).toMatchObject({ name: 'linear.onnx', inputShape: [H, W, C], classes: 4, gives: 'scores' });
    await expectLogits(model, 300);
  });
  it('is given channels first where it wants them', async () => {
    const model = await open(file({ input: ['n', C, H, W], weights: channelsFirst() }));
    expect(model.inputShape).toEqual([H, W, C]);
    await expectLogits(model, 7);
  });
  it('with a fixed batch is asked in batches of it', async () => {
    await expectLogits(await open(file({ input: [4, H, W, C] })), 10);
    await expectLogits(await open(file({ input: [1, H, W, C] })), 3);
  });
  it('is given pixels in the range it expects', async () =>
    expectLogits(await open(file(), { inputLow: -1, inputHigh: 1 }), 5, logits(5, -1, 1)));
  it('that gives probabilities has their logarithm taken', async () => {
    const path = file({ softmax: true });
    const rows = Array.from({ length: 5 }, (_, i) => logits(5).slice(i * CLASSES, (i + 1) * CLASSES));
    const probabilities = rows.flatMap((row) => {
      const total = row.reduce((sum, score) => sum + Math.exp(score), 0);
      return row.map((score) => Math.exp(score) / total);
    });
    await expectLogits(await open(path), 5, probabilities.map(Math.log));
    await expectLogits(await open(path, { outputs: 'logits' }), 5, probabilities);
    const impossible = await open(file({ softmax: true, bias: new Float32Array([0, 0, 0, -1000]) }));
    expect((await impossible.ask(images.subarray(0, SIZE), 1, signal))[3]).toBeCloseTo(Math.log(1e-30), 3);
  });
  it('is known by its SHA-256', async () => {
    const path = file();
    const model = await open(path);
    expect(model.hash).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'));
    await model.close();
  });
  it('stops when asked to', async () => {
    const model = await open(file());
    const reason = new Error('enough');
    await expect(model.ask(images.subarray(0, SIZE), 1, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe('tells what is wrong with', () => {
  const problem = (path: string, params: Record<string, unknown> = {}): Promise<string> =>
    open(path, params).then(
      () => 'nothing',
      (error: Error) => error.message,
    );

  it('a file that was not granted', async () =>
    expect(
      await openTarget({ id: 'onnx', path: file() }, grantsOf([])).catch((error: Error) => error.message),
    ).toContain('not been granted'));
  it('a missing file', async () =>
    expect(await problem('/nowhere/a.onnx')).toContain('there is no such file'));
  it('another kind of file', async () => {
    const path = join(temporaryFolder(), 'a.onnx');
    writeFileSync(path, 'this is a text');
    expect(await problem(path)).toContain('no ONNX file that can be run');
  });
  it('a truncated file', async () => {
    const path = file();
    writeFileSync(path, linearOnnx({ input: ['n', H, W, C], weights, bias }).subarray(0, 200));
    expect(await problem(path)).toContain('no ONNX file that can be run');
  });
  it('an input that is no image', async () =>
    expect(await problem(file({ input: ['n', SIZE] }))).toContain(`it takes float32 “image” [n, ${SIZE}]`));
  it('an open image size', async () =>
    expect(await problem(file({ input: ['n', 'height', W, C] }))).toContain(
      'leaves the size of its images open',
    ));
  it('a layout that cannot be told', async () => {
    const path = file({ input: ['n', 2, 3, 4], weights: numbers(24 * CLASSES, 3) });
    expect(await problem(path)).toContain('[2, 3, 4] does not tell where the channels are');
    expect((await open(path, { layout: 'nchw' })).inputShape).toEqual([3, 4, 2]);
  });
  it('several outputs that could be scores', async () =>
    expect(await problem(file({ alsoGives: ['product'] }))).toContain(
      `it gives float32 “logits” [n, 4] and float32 “product” [n, 4]`,
    ));
  it('scores that are no numbers', async () => {
    const model = await open(file({ weights: weights.map((x, i) => (i === 8 ? 3e38 : x)) }), {
      inputHigh: 1,
    });
    const bright = new Float32Array(SIZE).fill(2);
    await expect(model.ask(bright, 1, signal)).rejects.toThrow('expected finite numbers');
  });
});
