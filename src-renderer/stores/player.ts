/** The session that is open: a run at work or a recording, by the same fold. */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, triggerRef, type ShallowRef } from 'vue';
import type { Problem, RecordedEvent, RunEvent } from '../../src-main/contract/events';
import { fold, initialState, type RunState } from '../../src-main/contract/fold';
import type { SessionHeader, SessionStatus } from '../../src-main/contract/session';
import { ask, LabProblem, listen } from '../lab';
import { Feed } from './feed';
import { coalesce } from './frames';
import { useLibrary } from './library';

const PAGE = 5000;
const FLUSH_MS = 100;

/** Parts of the state that are shown apart, so that a point of a curve does not draw the tables anew. */
type Part = 'run' | 'curves' | 'results' | 'examples' | 'trajectories' | 'transfers';

const PART_OF: Partial<Record<RunEvent['type'], Part>> = {
  point: 'curves',
  evaluation: 'results',
  'attack-curve': 'results',
  certified: 'results',
  fitted: 'results',
  corruption: 'results',
  'robustness-surface': 'results',
  backdoor: 'results',
  trained: 'results',
  check: 'results',
  example: 'examples',
  'attack-steps': 'examples',
  reconstruction: 'examples',
  trajectory: 'trajectories',
  transfer: 'transfers',
};

export const usePlayer = defineStore('player', () => {
  const library = useLibrary();
  const id = ref<string | null>(null);
  const header = shallowRef<SessionHeader | null>(null);
  const problem = shallowRef<Problem | null>(null);
  /** As the file says it; main's list of runs is newer while the run is known there. */
  const fileStatus = ref<SessionStatus | null>(null);

  let state = initialState();
  let feed: Feed | null = null;
  const parts: Record<Part, ShallowRef<RunState>> = {
    run: shallowRef(state),
    curves: shallowRef(state),
    results: shallowRef(state),
    examples: shallowRef(state),
    trajectories: shallowRef(state),
    transfers: shallowRef(state),
  };
  const changed = new Set<Part>();

  const flush = coalesce(() => {
    for (const part of changed) triggerRef(parts[part]);
    changed.clear();
  }, FLUSH_MS);

  function take(events: RecordedEvent[]): void {
    for (const recorded of events) {
      fold(state, recorded);
      changed.add(PART_OF[recorded.event.type] ?? 'run');
      // The plan gives every part its frame: arms, columns, families.
      if (recorded.event.type === 'run-started')
        (Object.keys(parts) as Part[]).forEach((part) => changed.add(part));
    }
    changed.add('run');
    flush.request();
  }

  const row = computed(() => library.runs.find((run) => run.id === id.value));
  const status = computed<SessionStatus | null>(() => row.value?.status ?? fileStatus.value);

  async function open(wanted: string): Promise<void> {
    if (id.value === wanted && feed && !problem.value) return refresh();
    feed?.close();
    flush.cancel();
    changed.clear();
    id.value = wanted;
    header.value = null;
    fileStatus.value = null;
    problem.value = null;
    state = initialState();
    for (const part of Object.values(parts)) part.value = state;
    feed = new Feed(async (after) => {
      const page = await ask('openSession', { id: wanted, after, limit: PAGE });
      if (id.value === wanted) {
        header.value = page.header;
        fileStatus.value = page.status;
      }
      return page;
    }, take);
    await refresh();
  }

  /** Reads what the recording has more, and its status. */
  async function refresh(): Promise<void> {
    const wanted = id.value;
    if (!feed) return;
    try {
      await feed.catchUp();
      if (id.value === wanted) problem.value = null;
    } catch (error) {
      if (!(error instanceof LabProblem)) throw error;
      if (id.value === wanted) problem.value = error.problem;
    }
  }

  function close(): void {
    feed?.close();
    feed = null;
    id.value = null;
    header.value = null;
    fileStatus.value = null;
    problem.value = null;
  }

  listen('run-events', (push) => {
    if (push.id === id.value && feed) {
      if (header.value === null) void refresh();
      else void feed.push(push.events);
    }
  });
  listen('sessions-changed', () => void refresh());

  return { id, header, problem, status, row, ...parts, open, refresh, close };
});
