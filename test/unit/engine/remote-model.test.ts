/** A model from a file is recorded by its hash, and a run is not taken up with another one. */
import '@tensorflow/tfjs-node';
import { expect, it } from 'vitest';
import { catalog } from '../../../src-main/contract/catalog-data';
import { parseExperiment } from '../../../src-main/contract/experiment';
import type { RemoteModel } from '../../../src-main/contract/remote-model';
import { run } from '../../../src-main/engine/run';
import { recordingHost, tinyDataset } from '../../fixtures/tiny';

const modelOf = (hash: string): RemoteModel => ({
  ...{ name: 'a.onnx', hash, inputShape: [8, 8, 1], classes: 3, gives: 'scores', atOnce: 16 },
  ask: async (_, n) => Float32Array.from({ length: 3 * n }, (_, i) => (i % 3 === 0 ? 1 : 0)),
  close: async () => {},
});

it('is recorded by its hash, and another one is refused on resuming', async () => {
  const parsed = parseExperiment(
    {
      name: 'file',
      task: 'classification',
      dataset: { id: 'mnist' },
      model: { id: 'onnx', path: '/a.onnx' },
      attacks: [{ id: 'random-noise' }],
    },
    catalog,
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { experiment } = parsed;
  const job = (hash: string) => {
    const inputs = { dataset: tinyDataset(), remoteModel: modelOf(hash) };
    return { experiment, inputs, host: recordingHost() };
  };
  const first = job('1f');
  await run({ ...first, resume: null });
  const { events } = first.host;
  expect(events.slice(0, 3).map(({ type }) => type)).toEqual(['run-started', 'data-loaded', 'model-opened']);
  expect(events[2]).toEqual({ type: 'model-opened', name: 'a.onnx', hash: '1f' });

  const at = events.findIndex(({ type }) => type === 'checkpoint');
  const { position } = events[at] as Extract<(typeof events)[number], { type: 'checkpoint' }>;
  const resume = { position, state: {}, history: events.slice(0, at + 1) };
  await expect(run({ ...job('2e'), resume })).rejects.toThrow('the model has changed since this run began');
  const again = job('1f');
  await run({ ...again, resume });
  expect(again.host.events.at(-1)).toEqual({ type: 'run-finished' });
});
