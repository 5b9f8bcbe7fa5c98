// @vitest-environment happy-dom
import { createPinia, setActivePinia } from 'pinia';
import { watchEffect, nextTick } from 'vue';
import { beforeEach, expect, test } from 'vitest';
import type { RunEvent } from '../../../src-main/contract/events';
import { usePlayer } from '../../../src-renderer/stores/player';
import { useRunView } from '../../../src-renderer/stores/run-view';
import { fakeLab } from './fake';
import { record } from '../../ui-harness/recordings';

const EVENTS: RunEvent[] = [
  {
    type: 'run-started',
    plan: {
      task: 'classification',
      arms: [1, 2].map((seed, index) => ({ index, model: null, poisoning: null, defense: null, seed })),
      attacks: [
        {
          index: 0,
          id: 'fgsm',
          params: { epsilon: 0.1 },
          surface: 'evasion',
          knowledge: 'white-box',
          norm: 'linf',
        },
      ],
      work: 10,
    },
  },
  { type: 'point', arm: 0, series: 'loss', x: 1, value: 2 },
  { type: 'point', arm: 0, series: 'loss', x: 2, value: 1 },
  { type: 'evaluation', arm: 0, attack: null, metrics: { accuracy: 0.9 } },
  { type: 'evaluation', arm: 1, attack: null, metrics: { accuracy: 0.7 } },
];
const all = record(EVENTS, 10);
/** Two frames: the first asks, the second comes after the pause between flushes. */
const frames = () => new Promise((resolve) => setTimeout(resolve, 300));

beforeEach(() => setActivePinia(createPinia()));

test('a recording and what is pushed afterwards are folded into one state, each part told by itself', async () => {
  let written = 2;
  const lab = fakeLab({
    openSession: ({ after }: { after: number }) => ({
      header: { id: 'a', name: 'mine', spec: {} },
      status: 'running',
      events: all.slice(after, written),
      last: written,
    }),
  });
  const player = usePlayer();
  const view = useRunView();
  let curveRuns = 0;
  watchEffect(() => {
    void player.curves.arms.length;
    curveRuns += 1;
  });
  await player.open('a');
  await frames();
  expect(player.status).toBe('running');
  expect(player.curves.arms[0]!.curves['loss']).toEqual({ x: [1], y: [2] });
  expect(view.families).toHaveLength(1);

  written = 5;
  const before = curveRuns;
  lab.push('run-events', { id: 'a', events: all.slice(3, 5) });
  await frames();
  expect(player.curves.arms[0]!.curves['loss']!.y).toEqual([2, 1]);
  expect(view.rows[0]!.clean!['accuracy']).toMatchObject({ mean: 0.8, n: 2 });
  expect(curveRuns).toBe(before + 1);

  lab.push('run-events', { id: 'b', events: record([{ type: 'run-finished' }], 1) });
  lab.push('runs', [{ id: 'a', name: 'mine', status: 'paused', problem: null }]);
  await nextTick();
  expect(player.status).toBe('paused');
});

test('a session that cannot be opened says why', async () => {
  fakeLab({
    openSession: () => {
      throw new Error('the file is truncated');
    },
  });
  const player = usePlayer();
  await player.open('broken');
  expect(player.problem).toEqual({ place: 'openSession', message: 'the file is truncated' });
});
