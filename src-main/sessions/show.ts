/** A session as `sparring show --json` prints it. */
import type { Experiment } from '../contract/experiment';
import { fold, initialState, type RunState } from '../contract/fold';
import type { SessionStatus } from '../contract/session';
import { boardOf, samplesOf, type Board } from '../contract/board';
import { classResults, type ClassResults } from '../contract/classes';
import { familyKey, summarize, type GroupSummary } from '../contract/summary';
import type { SessionReader } from './reader';

/** The state that the recorded events fold to. */
export function stateOf(session: SessionReader): RunState {
  let state = initialState();
  for (const recorded of session.stream({ light: true })) state = fold(state, recorded);
  return state;
}

/** What a family's inputs were taken for, without an attack (id null) and under each, the weakest class first. */
export interface ShownClasses extends Pick<GroupSummary, 'model' | 'poisoning' | 'defense'> {
  attacks: ({ id: string | null; params: GroupSummary['attacks'][number]['params'] } & ClassResults)[];
}

export interface Shown extends ReturnType<typeof summarize> {
  name: string;
  spec: Experiment;
  status: SessionStatus;
  /** What the run warned of, each once. */
  warnings: string[];
  /** Names of the classes; empty for agents. */
  classNames: string[];
  /** Classifiers only: what each defence gains and costs. */
  board?: Board;
  /** Absent for agents and for sessions recorded before predictions were. */
  classes?: ShownClasses[];
}

export function show(session: SessionReader): Shown {
  const { name, spec } = session.header();
  const state = stateOf(session);
  const summary = summarize(state);
  const classes = classesOf(state, summary.summary);
  return {
    name,
    spec,
    status: session.status(),
    warnings: [...new Set(state.warnings.map(({ message }) => message))],
    ...summary,
    classNames: state.data?.classes ?? [],
    ...(spec.task === 'classification' ? { board: boardOf(summary.summary, samplesOf(state)) } : {}),
    ...(classes.length ? { classes } : {}),
  };
}

export function classesOf(state: RunState, summary: readonly GroupSummary[]): ShownClasses[] {
  const count = state.data?.classes.length ?? 0;
  return summary.flatMap(({ model, poisoning, defense }) => {
    const arms = state.arms.filter(
      ({ plan }) => familyKey(plan) === familyKey({ model, poisoning, defense }),
    );
    const attacks = [null, ...(state.plan?.attacks ?? [])].flatMap((attack) => {
      const results = classResults(arms, attack?.index ?? null, count);
      return results ? [{ id: attack?.id ?? null, params: attack?.params ?? {}, ...results }] : [];
    });
    return attacks.length ? [{ model, poisoning, defense, attacks }] : [];
  });
}
