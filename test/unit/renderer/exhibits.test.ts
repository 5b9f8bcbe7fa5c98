// @vitest-environment happy-dom
import { createPinia, setActivePinia } from 'pinia';
import { nextTick, watchEffect } from 'vue';
import { beforeEach, expect, test } from 'vitest';
import type { Plan, RunEvent } from '../../../src-main/contract/events';
import { outcomeOf, useExhibits } from '../../../src-renderer/stores/exhibits';
import { usePlayer } from '../../../src-renderer/stores/player';
import { useRunView } from '../../../src-renderer/stores/run-view';
import { record } from '../../ui-harness/recordings';
import { fakeLab } from './fake';

const defense = { id: 'noise-augmentation', params: { epsilon: 0.3 } };
const plan: Plan = {
  task: 'classification',
  arms: [null, defense].map((one, index) => ({
    ...{ index, model: null, poisoning: null, defense: one, seed: 1 },
  })),
  attacks: ['fgsm', 'square'].map((id, index) => ({
    ...{ index, id, params: { epsilon: 0.1 }, surface: 'evasion', knowledge: 'score', norm: 'linf' },
  })),
  work: 1,
};
const example = (arm: number, attack: number, label: number, before: number, after: number) =>
  ({
    ...{ type: 'example', arm, attack, input: label, label, shape: [1, 1, 1] },
    clean: Float32Array.of(0),
    adversarial: Float32Array.of(0.1),
    before: { label: before, confidence: null },
    after: { label: after, confidence: 0.5 },
  }) satisfies RunEvent;
const EVENTS: RunEvent[] = [
  { type: 'run-started', plan },
  example(0, 0, 1, 1, 2),
  example(0, 1, 1, 1, 1),
  example(1, 1, 3, 4, 4),
  {
    ...{ type: 'transfer', source: 0, target: 1, attack: 0, metrics: { transferRate: 0.5 } },
  },
];

async function opened() {
  const lab = fakeLab({
    openSession: ({ id, after }: { id: string; after: number }) => ({
      ...{ header: { id, name: 'mine', spec: {} }, status: 'done', last: EVENTS.length },
      events: record(EVENTS, 10).slice(after),
    }),
  });
  const player = usePlayer();
  const exhibits = useExhibits();
  await player.open('a');
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { player, view: useRunView(), exhibits, lab };
}

beforeEach(() => setActivePinia(createPinia()));

test('examples are fooled, withstood or were wrong before', () => {
  expect([example(0, 0, 1, 1, 2), example(0, 0, 1, 1, 1), example(0, 0, 1, 2, 1)].map(outcomeOf)).toEqual([
    'fooled',
    'withstood',
    'wrong',
  ]);
});

test('an attack on one class has fooled the model where that class was reached', () => {
  const aimed = (before: number, after: number) => outcomeOf({ ...example(0, 0, 1, before, after), aim: 3 });
  expect([aimed(1, 3), aimed(1, 2), aimed(1, 1), aimed(3, 3)]).toEqual([
    'fooled',
    'withstood',
    'withstood',
    'wrong',
  ]);
});

test('filters by arm, attack, class and outcome combine; each begins at the first page', async () => {
  const { exhibits, view } = await opened();
  expect(exhibits.matching).toHaveLength(3);
  exhibits.page = 2;
  exhibits.label = 1;
  await nextTick();
  expect(exhibits.page).toBe(1);
  expect(exhibits.matching).toHaveLength(2);
  exhibits.outcome = 'fooled';
  expect(exhibits.matching.map(({ attack }) => attack)).toEqual([0]);
  exhibits.outcome = 'withstood';
  expect(exhibits.matching.map(({ attack }) => attack)).toEqual([1]);
  exhibits.attack = 0;
  expect(exhibits.matching).toEqual([]);
  Object.assign(exhibits, { label: undefined, outcome: 'wrong', attack: 1 });
  expect(exhibits.matching.map(({ arm }) => arm)).toEqual([1]);
  exhibits.outcome = undefined;
  expect(exhibits.matching.map(({ arm }) => arm)).toEqual([0, 1]);
  exhibits.family = view.families[1]!.key;
  expect(exhibits.matching.map(({ arm }) => arm)).toEqual([1]);
});

test('a number of the results asks for its examples, whatever was filtered before', async () => {
  const { exhibits, view } = await opened();
  Object.assign(exhibits, { exhibit: 'steps', label: 9, outcome: 'withstood' });
  exhibits.showExamples(view.families[1]!.key, 1);
  expect(exhibits.exhibit).toBe('examples');
  expect(exhibits.matching.map(({ label }) => label)).toEqual([3]);
});

test('what is chosen is kept until another session is opened', async () => {
  const { exhibits, player } = await opened();
  Object.assign(exhibits, { label: 1, table: 'transfer' });
  await player.open('a');
  expect(exhibits.label).toBe(1);
  await player.open('b');
  await nextTick();
  expect([exhibits.label, exhibits.table]).toEqual([undefined, 'results']);
});

test('a transfer draws its own matrix anew and leaves the table of results alone', async () => {
  const { player, view, lab } = await opened();
  let [tables, matrices] = [0, 0];
  watchEffect(() => {
    void view.rows;
    tables += 1;
  });
  watchEffect(() => {
    void player.transfers.transfers.length;
    matrices += 1;
  });
  const [more] = record([EVENTS.at(-1)!], 10);
  lab.push('run-events', { id: 'a', events: [{ ...more!, sequence: EVENTS.length + 1 }] });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(player.transfers.transfers).toHaveLength(2);
  expect([tables, matrices]).toEqual([1, 2]);
});
