/** The session that is open: a run at work or a recording, at its end or as it was at an earlier event, by one fold. */
import { defineStore } from 'pinia';
import { computed, customRef, ref, shallowRef, type Ref } from 'vue';
import type { Problem, RecordedEvent, RunEvent } from '../../src-main/contract/events';
import type { RunState } from '../../src-main/contract/fold';
import { LONG_SESSION } from '../../src-main/contract/tape';
import type { SessionHeader, SessionStatus } from '../../src-main/contract/session';
import { ask, LabProblem, listen } from '../lab';
import { Feed } from './feed';
import { coalesce } from './frames';
import { useLibrary } from './library';
import { Marks, type Mark } from './marks';
import { Tape } from './tape';

const PAGE = 5000;
/** The first page tells how long the session is. */
const FIRST_PAGE = 1000;
/** Events of a long session that are read at a time. */
const DENSE_PAGE = 20_000;
const FLUSH_MS = 100;

/** Parts of the state that are shown apart, so that a point of a curve does not draw the tables anew. */
type Part = 'run' | 'curves' | 'results' | 'examples' | 'trajectories' | 'transfers' | 'poisoning' | 'maps';

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
  poisoned: 'poisoning',
  'training-set': 'poisoning',
  log: 'poisoning',
  triggered: 'poisoning',
  suspects: 'poisoning',
  activations: 'poisoning',
  grid: 'maps',
  'grid-policy': 'maps',
  'target-policy': 'maps',
};

export const usePlayer = defineStore('player', () => {
  const library = useLibrary();
  const id = ref<string | null>(null);
  const header = shallowRef<SessionHeader | null>(null);
  const problem = shallowRef<Problem | null>(null);
  /** As the file says it; main's list of runs is newer while the run is known there. */
  const fileStatus = ref<SessionStatus | null>(null);

  let tape = new Tape();
  let found = new Marks();
  let feed: Feed | null = null;
  const changed = new Set<Part>();
  const tell: Partial<Record<Part, () => void>> = {};
  /** What is shown; told anew only when this part of it changed. */
  const part = (name: Part): Ref<RunState> =>
    customRef((track, trigger) => {
      tell[name] = trigger;
      return {
        get: () => (track(), tape.state),
        set: () => {},
      };
    });
  const parts: Record<Part, Ref<RunState>> = {
    run: part('run'),
    curves: part('curves'),
    results: part('results'),
    examples: part('examples'),
    trajectories: part('trajectories'),
    transfers: part('transfers'),
    poisoning: part('poisoning'),
    maps: part('maps'),
  };

  /** Sequence numbers of the event that is shown and of the last one. */
  const position = ref(0);
  const last = ref(0);
  /** Whether the end is shown, and what is added to it. */
  const following = ref(true);
  /** Whether curves are still those of a sample. */
  const sampled = ref(false);
  const marks = shallowRef<readonly Mark[]>([]);

  function note(passed: readonly RecordedEvent[]): void {
    for (const { event } of passed) {
      changed.add(PART_OF[event.type] ?? 'run');
      // The plan gives every part its frame: arms, columns, families.
      if (event.type === 'run-started') Object.keys(tell).forEach((name) => changed.add(name as Part));
    }
    changed.add('run').add('curves');
  }

  function show(): void {
    if (following.value) note(tape.seek(tape.last));
    position.value = tape.position;
    last.value = tape.last;
    sampled.value = tape.sampled;
    // An attack's mark stands where it began, which is known when it is over.
    if (marks.value.length !== found.list.length)
      marks.value = [...found.list].sort((a, b) => a.sequence - b.sequence);
    for (const name of changed) tell[name]!();
    changed.clear();
  }
  const flush = coalesce(show, FLUSH_MS);
  /** Whoever winds looks at it: every frame shows where he is. */
  const flushAtOnce = coalesce(show, 0);

  function take(events: RecordedEvent[]): void {
    tape.take(events);
    found.take(events);
    flush.request();
  }

  function seek(sequence: number): void {
    following.value = sequence >= tape.last;
    note(tape.seek(sequence));
    position.value = tape.position;
    flushAtOnce.request();
  }

  /** Of a long session what stands for it, at once; then the rest. */
  async function readLong(wanted: string): Promise<void> {
    const { landmarks, sample } = await ask('openTape', wanted);
    if (id.value !== wanted) return;
    const long = new Tape();
    long.takeSample(landmarks, sample);
    tape = long;
    found = new Marks();
    found.take(landmarks);
    flush.request();
    void long
      .readAll(async (after, limit) => {
        const stretch = await ask('readDense', { id: wanted, after, limit: Math.min(DENSE_PAGE, limit) });
        // Another session was opened: nobody waits for this one any more.
        return id.value === wanted && tape === long ? stretch : { ...stretch, through: after };
      })
      .then(
        () => tape === long && (note([]), flush.request()),
        (error: unknown) => {
          if (!(error instanceof LabProblem)) throw error;
          if (id.value === wanted) problem.value = error.problem;
        },
      );
  }

  const row = computed(() => library.runs.find((run) => run.id === id.value));
  const status = computed<SessionStatus | null>(() => row.value?.status ?? fileStatus.value);

  async function open(wanted: string): Promise<void> {
    if (id.value === wanted && feed && !problem.value) return refresh();
    feed?.close();
    flush.cancel();
    flushAtOnce.cancel();
    id.value = wanted;
    header.value = null;
    fileStatus.value = null;
    problem.value = null;
    tape = new Tape();
    found = new Marks();
    following.value = true;
    Object.keys(tell).forEach((name) => changed.add(name as Part));
    show();
    feed = new Feed(async (after) => {
      const page = await ask('openSession', { id: wanted, after, limit: after ? PAGE : FIRST_PAGE });
      if (id.value === wanted) {
        header.value = page.header;
        fileStatus.value = page.status;
      }
      if (after > 0 || page.last < LONG_SESSION) return page;
      await readLong(wanted);
      return { events: [], last: page.last, known: tape.last };
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

  return {
    id,
    header,
    problem,
    status,
    row,
    ...parts,
    position,
    last,
    following,
    sampled,
    marks,
    timeOf: (sequence: number) => tape.timeOf(sequence),
    open,
    refresh,
    close,
    seek,
  };
});
