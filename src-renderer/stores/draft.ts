/** The experiment being written. Its text is the truth; the form reads and edits it. */
import { defineStore } from 'pinia';
import { computed, shallowRef, watch } from 'vue';
import { catalog } from '../../src-main/contract/catalog-data';
import {
  allowed,
  type Entry,
  type Experiment,
  parseExperiment,
  pathsOf,
} from '../../src-main/contract/experiment';
import type { Capability, Task } from '../../src-main/contract/catalog';
import type { Problem } from '../../src-main/contract/events';
import { isList } from '../../src-main/contract/params';
import { experimentToText, rawFromText } from '../../src-main/contract/experiment-text';
import type { Bout } from '../../src-main/contract/lab-api';
import type { SessionHeader } from '../../src-main/contract/session';
import { ask } from '../lab';
import { useHistory } from './draft-history';
import { addEntry, type Path, removeValue, setValue } from './draft-text';

export type Raw = Record<string, unknown>;
export type ListKey = 'furtherModels' | 'poisoning' | 'defenses' | 'attacks';

const asMap = (value: unknown): Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : {};

/** How many definitions a list of entries stands for: a list of values gives one each. */
function expanded(entries: Entry[], kindsWithLists: (entry: Entry, key: string) => boolean): number {
  return entries.reduce(
    (sum, entry) =>
      sum +
      Object.entries(entry).reduce(
        (product, [key, value]) =>
          Array.isArray(value) && kindsWithLists(entry, key) ? product * value.length : product,
        1,
      ),
    0,
  );
}

export interface Estimate {
  models: number;
  poisonings: number;
  defenses: number;
  seeds: number;
  arms: number;
  attacks: number;
  evaluations: number;
}

/** The size of the run: every arm is evaluated clean and under every attack. */
export function estimate(experiment: Experiment): Estimate {
  const isOneValue = (entry: Entry, key: string): boolean =>
    catalog.some((other) => other.id === entry.id && other.params[key] && isList(other.params[key]));
  const count = (entries: Entry[]): number => expanded(entries, (entry, key) => !isOneValue(entry, key));
  const models = 1 + experiment.furtherModels.length;
  const poisonings = 1 + count(experiment.poisoning);
  const defenses = 1 + count(experiment.defenses);
  const seeds = experiment.seeds.length;
  const attacks = count(experiment.attacks);
  const arms = models * (experiment.arms?.length ?? poisonings * defenses) * seeds;
  return { models, poisonings, defenses, seeds, arms, attacks, evaluations: arms * (attacks + 1) };
}

/** A session's experiment as it was written. */
export const textOf = ({ source, spec }: SessionHeader): string =>
  // A path in a file is meant from that file's folder, which only the spec knows in full.
  pathsOf(spec, catalog).some(({ what }) => what !== 'address') ? experimentToText(spec) : source;

export const useDraft = defineStore('draft', () => {
  const history = useHistory();
  const { text, source, bout } = history;
  const bouts = shallowRef<Bout[]>([]);
  /** Problems main found when it was asked to start. */
  const refused = shallowRef<Problem[]>([]);

  const read = computed(() => rawFromText(text.value, source.value));
  const syntaxError = computed(() => !read.value.ok);
  const parsed = computed(() =>
    read.value.ok
      ? parseExperiment(read.value.raw, catalog)
      : { ok: false as const, problems: read.value.problems },
  );
  const problems = computed<Problem[]>(() => (parsed.value.ok ? refused.value : parsed.value.problems));
  const size = computed(() => (parsed.value.ok ? estimate(parsed.value.experiment) : null));

  /** What the form shows: the text's value, the last one that could be read while the text has a syntax error. */
  const raw = shallowRef<Raw>({});
  watch(
    read,
    (value) => {
      if (value.ok) raw.value = asMap(value.raw);
    },
    // At once: two edits in a row must both see the first.
    { immediate: true, flush: 'sync' },
  );
  watch(text, () => (refused.value = []));
  const task = computed<Task>(() =>
    raw.value['task'] === 'reinforcement-learning' ? 'reinforcement-learning' : 'classification',
  );

  async function loadBouts(): Promise<void> {
    bouts.value = await ask('bouts');
    if (text.value === '' && !history.restore() && bouts.value[0]) useBout(bouts.value[0]);
  }

  function useText(next: string, name: string): void {
    history.settle();
    text.value = next;
    source.value = name;
    bout.value = null;
    history.settle();
  }

  /** The session's experiment once more, to be changed and run from what was trained up to one of its events. */
  function fork(header: SessionHeader, event: number): void {
    const renamed = setValue(textOf(header), ['name'], `${header.name}, forked`.slice(0, 120));
    useText(setValue(renamed, ['forkedFrom'], { session: header.id, event }), `${header.id}-fork.yaml`);
  }

  function useBout(next: Bout): void {
    useText(next.text, `${next.id}.yaml`);
    bout.value = next.id;
  }

  /** A value that is taken away falls back to its default. */
  function set(path: Path, value: unknown): void {
    text.value = value === undefined ? removeValue(text.value, path) : setValue(text.value, path, value);
  }

  function add(key: ListKey, id: string): void {
    text.value = addEntry(text.value, key, { id });
  }

  function remove(path: Path): void {
    text.value = removeValue(text.value, path);
  }

  /** Another definition in place of this one: parameters that it does not have would be errors. */
  function replace(path: Path, id: string): void {
    text.value = setValue(text.value, path, { id });
  }

  /** Name, seeds and what has a meaning in both tasks stay; the rest starts from the catalog's first entries. */
  function switchTask(next: Task): void {
    if (next === task.value) return;
    const first = (kind: string, capability?: Capability): string | undefined =>
      catalog.find(
        (entry) =>
          entry.kind === kind &&
          entry.tasks.includes(next) &&
          !needsPath(entry.params) &&
          (!capability || entry.capabilities?.includes(capability)),
      )?.id;
    const kept = Object.fromEntries(
      ['name', 'description', 'seeds'].filter((key) => key in raw.value).map((key) => [key, raw.value[key]]),
    );
    const subject =
      next === 'classification'
        ? { dataset: { id: first('dataset') }, model: { id: first('model') } }
        : { environment: { id: first('environment') }, agent: { id: first('agent', 'own-steps') } };
    const against = (id: string) => ({
      name: 'experiment',
      ...kept,
      task: next,
      ...subject,
      attacks: [{ id }],
    });
    // The first that can attack this target: some need a critic, or gradients.
    const attacks = allowed(catalog, 'attacks', next).map(({ id }) => id);
    const attack = attacks.find((id) => parseExperiment(against(id), catalog).ok) ?? attacks[0]!;
    useText(experimentToText(against(attack)), source.value);
  }

  async function open(): Promise<boolean> {
    const file = await ask('openExperiment');
    if (file) useText(file.text, file.name);
    return file !== null;
  }

  async function save(): Promise<string | null> {
    return ask('saveExperiment', { text: text.value, name: source.value });
  }

  /** The run's id, or null when the experiment was refused: `problems` say why. */
  async function start(): Promise<string | null> {
    if (!parsed.value.ok) return null;
    const result = await ask('startRun', { text: text.value, name: source.value });
    refused.value = result.ok ? [] : result.problems;
    return result.ok ? result.id : null;
  }

  return {
    text,
    source,
    bouts,
    bout,
    raw,
    task,
    syntaxError,
    problems,
    size,
    loadBouts,
    useText,
    useBout,
    fork,
    undo: history.undo,
    redo: history.redo,
    canUndo: history.canUndo,
    canRedo: history.canRedo,
    set,
    add,
    remove,
    replace,
    switchTask,
    open,
    save,
    start,
  };
});

const needsPath = (params: Record<string, { kind: string }>): boolean =>
  Object.values(params).some((spec) => spec.kind === 'path');
