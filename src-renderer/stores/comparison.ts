/** The sessions that are compared: which, what was read of them, and choices of sessions kept under a name. */
import { defineStore } from 'pinia';
import { computed, ref, shallowReactive, shallowRef, toRaw, watch } from 'vue';
import { catalog } from '../../src-main/contract/catalog-data';
import type { Problem } from '../../src-main/contract/events';
import { fold, initialState } from '../../src-main/contract/fold';
import type { ComparedSession, SavedComparison, SessionStatus } from '../../src-main/contract/session';
import { compare, testedAgainst, type ComparedState } from '../charts/comparison';
import { ask, LabProblem, listen } from '../lab';
import { keep, kept } from './kept';
import { useLibrary } from './library';

interface Loaded extends ComparedState {
  status: SessionStatus;
  curves: ComparedSession['curves'];
}

const KEPT = 'compared';
const ACTIVE: readonly SessionStatus[] = ['queued', 'running', 'paused'];

const loadedFrom = ({ id, header, status, events, curves }: ComparedSession): Loaded => ({
  ...{ id, header, status, curves },
  state: events.reduce(fold, initialState()),
});

const isIds = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((id) => typeof id === 'string');

export const useComparison = defineStore('comparison', () => {
  const library = useLibrary();
  const ids = ref<string[]>(kept(KEPT, isIds) ?? []);
  const loaded = shallowReactive(new Map<string, Loaded>());
  const problems = shallowReactive(new Map<string, Problem>());
  /** Row that the others are tested against; null is the first. */
  const reference = ref<string | null>(null);
  const saved = shallowRef<SavedComparison[]>([]);
  const reading = new Set<string>();

  watch(ids, (all) => keep(KEPT, all));

  async function read(id: string): Promise<Loaded | Problem> {
    reading.add(id);
    try {
      return loadedFrom(await ask('comparedSession', id));
    } catch (error) {
      if (!(error instanceof LabProblem)) throw error;
      return error.problem;
    } finally {
      reading.delete(id);
    }
  }

  /** Reads what is not known yet, and what was still at work when it was read. */
  async function refresh(): Promise<void> {
    const wanted = ids.value.filter((id) => {
      const known = loaded.get(id);
      return !reading.has(id) && (!known || ACTIVE.includes(known.status));
    });
    const answers = await Promise.all(wanted.map(read));
    // Taken in together: each alone would draw every panel anew.
    answers.forEach((answer, i) => {
      const id = wanted[i]!;
      if ('state' in answer) {
        loaded.set(id, answer);
        problems.delete(id);
      } else {
        problems.set(id, answer);
        loaded.delete(id);
      }
    });
    for (const id of [...loaded.keys()]) if (!ids.value.includes(id)) loaded.delete(id);
  }

  const chosen = computed(() => ids.value.flatMap((id) => loaded.get(id) ?? []));
  const task = computed(() => chosen.value[0]?.header.spec.task ?? null);
  /** Sessions of another task than the first share no metric with it. */
  const strangers = computed(() => chosen.value.filter(({ header }) => header.spec.task !== task.value));
  const compared = computed(() => chosen.value.filter(({ header }) => header.spec.task === task.value));
  const comparison = computed(() => compare(compared.value.map(toRaw), catalog));
  const against = computed(() => {
    const { rows } = comparison.value;
    return (rows.find(({ key }) => key === reference.value) ?? rows[0])?.key ?? null;
  });
  const tested = computed(() =>
    against.value === null ? [] : testedAgainst(comparison.value, against.value),
  );
  /** Not everything chosen has been read yet. */
  const waiting = computed(() => ids.value.some((id) => !loaded.has(id) && !problems.has(id)));

  const choose = (wanted: readonly string[]): Promise<void> => {
    ids.value = [...new Set(wanted)];
    return refresh();
  };

  async function loadSaved(): Promise<void> {
    saved.value = await ask('comparisons');
  }
  async function store(all: SavedComparison[]): Promise<void> {
    await ask('saveComparisons', all);
    saved.value = all;
  }
  /** Under a name that is taken it replaces what was there. */
  const save = (name: string): Promise<void> =>
    store([
      ...saved.value.filter((one) => one.name !== name),
      { name, sessions: [...ids.value], reference: reference.value },
    ]);
  const forget = (name: string): Promise<void> => store(saved.value.filter((one) => one.name !== name));
  async function open(name: string): Promise<void> {
    const found = saved.value.find((one) => one.name === name);
    if (!found) return;
    reference.value = found.reference;
    // What was deleted since is told by its problem.
    await choose(found.sessions);
  }

  listen('sessions-changed', () => void refresh());
  watch(
    () => library.rows,
    (rows) => {
      for (const { id, name } of rows) {
        const known = loaded.get(id);
        if (known && known.header.name !== name)
          loaded.set(id, { ...known, header: { ...known.header, name } });
      }
    },
  );

  return {
    ids,
    chosen,
    strangers,
    compared,
    comparison,
    reference,
    against,
    tested,
    problems,
    waiting,
    saved,
    choose,
    refresh,
    loadSaved,
    save,
    forget,
    open,
  };
});
