import { expect, it } from 'vitest';
import { catalog } from '../../../src-main/contract/catalog-data';
import type { Plan, RunEvent } from '../../../src-main/contract/events';
import { fold, initialState } from '../../../src-main/contract/fold';
import { families } from '../../../src-renderer/charts/families';
import { poisonRows } from '../../../src-renderer/charts/poisoning';

const badnets = { id: 'badnets', params: { rate: 0.05 } };
const arm = (index: number, poisoning: typeof badnets | null, defense: string | null) => ({
  ...{ index, poisoning, seed: 1, model: { id: 'mlp', params: {} } },
  defense: defense === null ? null : { id: defense, params: {} },
});
const plan: Plan = {
  ...{ task: 'classification', attacks: [], work: 0 },
  arms: [arm(0, null, null), arm(1, badnets, null), arm(2, badnets, 'spectral-signatures')],
};
const events: RunEvent[] = [
  { type: 'run-started', plan },
  ...[0.9, 0.89, 0.88].map((accuracy, index): RunEvent => ({
    ...{ type: 'evaluation', arm: index, attack: null, metrics: { accuracy } },
    outcome: new Uint8Array(),
  })),
  ...[0.95, 0.02].map((attackSuccessRate, place): RunEvent => ({
    ...{ type: 'triggered', arm: place + 1, target: 0, metrics: { attackSuccessRate }, shape: [1, 1, 1] },
    images: new Float32Array(),
    ...{ inputs: new Uint32Array(), labels: new Uint8Array(), predicted: new Uint8Array() },
  })),
  {
    ...{ type: 'suspects', arm: 2, removed: new Uint32Array([3]), of: 100 },
    metrics: { truePositiveRate: 0.9, falsePositiveRate: 0.05 },
  },
];

it('arms that learnt from poison stand with what it reached, and what a filter removed', () => {
  const state = events.reduce(
    (before, event, i) => fold(before, { sequence: i + 1, at: 0, event }),
    initialState(),
  );
  const rows = poisonRows(state, families(plan, catalog));
  expect(
    rows.map(({ metrics }) =>
      Object.fromEntries(Object.entries(metrics).map(([name, { mean }]) => [name, mean])),
    ),
  ).toEqual([
    { accuracy: 0.89, attackSuccessRate: 0.95 },
    { accuracy: 0.88, attackSuccessRate: 0.02, truePositiveRate: 0.9, falsePositiveRate: 0.05 },
  ]);
});
