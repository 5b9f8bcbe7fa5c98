/** The example endpoint keeps the contract that it is the example of. */
import { spawn } from 'node:child_process';
import { afterEach, expect, it } from 'vitest';
import { loadDataset } from '../../../src-main/datasets';
import { openTarget } from '../../../src-main/targets';

const { signal } = new AbortController();
const grants = { allows: () => true };
const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/** Starts the server on a free port; its address. */
function start(...args: string[]): Promise<string> {
  const server = spawn(process.execPath, ['examples/http-server/server.mjs', '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  ends.push(() => server.kill());
  return new Promise((resolve, reject) => {
    server.stdout.once('data', (line: Buffer) => resolve(line.toString().trim()));
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
}

const digits = (await loadDataset({ id: 'mnist', train: 10, test: 200 }, grants)).test;

it('classifies digits, with scores or with labels alone', async () => {
  const [withScores, withLabels] = await Promise.all([start(), start('--labels-only')]);
  const scoring = (await openTarget({ id: 'http', address: withScores }, grants)).remoteModel!;
  const labelling = (await openTarget({ id: 'http-labels', address: withLabels }, grants)).remoteModel!;
  expect(scoring).toMatchObject({ inputShape: [28, 28, 1], classes: 10 });
  const scores = await scoring.ask(digits.images, 200, signal);
  const labels = await labelling.ask(digits.images, 200, signal);
  labels.forEach((label, i) => {
    const row = scores.subarray(i * 10, (i + 1) * 10);
    expect(row[label]).toBe(Math.max(...row));
  });
  const right = labels.filter((label, i) => label === digits.labels[i]).length;
  expect(right / 200).toBeGreaterThan(0.7);
});

it('breaks off when it is told to', async () => {
  const address = await start('--fail-after', '1');
  const entry = { id: 'http', address, retries: 0, batchSize: 100 };
  const { remoteModel } = await openTarget(entry, grants);
  await remoteModel!.ask(digits.images.subarray(0, 100 * 784), 100, signal);
  await expect(remoteModel!.ask(digits.images, 200, signal)).rejects.toThrow('no answer after 1 try');
  await expect(openTarget(entry, grants)).rejects.toThrow('no answer');
});
