/** A duel as the window plays it: asks and answers, one at a time; what is asked meanwhile is asked afterwards. */
import { onBeforeUnmount, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import type { DuelChoice, DuelFacts, DuelRival, DuelView } from '../../../src-main/contract/duel';
import type { Problem } from '../../../src-main/contract/events';
import { ask, LabProblem } from '../../lab';

export interface DuelPlay {
  facts: ShallowRef<DuelFacts | null>;
  view: ShallowRef<DuelView | null>;
  /** Null while they play. */
  rivals: ShallowRef<DuelRival[] | null>;
  problem: ShallowRef<Problem | null>;
  /** The agent is being read. */
  waking: Ref<boolean>;
  begin(session: string, choice: DuelChoice): Promise<void>;
  /** Shows what the agent would do; of several looks asked for meanwhile the last is taken. */
  look(wanted: number[]): void;
  /** Lets the agent act, until it has; null when an answer is still awaited or the episode is over. */
  advance(wanted: number[]): Promise<void> | null;
}

export function useDuel(): DuelPlay {
  const facts = shallowRef<DuelFacts | null>(null);
  const view = shallowRef<DuelView | null>(null);
  const rivals = shallowRef<DuelRival[] | null>(null);
  const problem = shallowRef<Problem | null>(null);
  const waking = ref(false);
  /** Answers to an earlier duel are nobody's any more. */
  let current = 0;
  let awaited = false;
  let next: number[] | null = null;

  async function answerOf<T>(asked: Promise<T>): Promise<T | null> {
    const own = current;
    try {
      const answer = await asked;
      return own === current ? answer : null;
    } catch (error) {
      if (!(error instanceof LabProblem)) throw error;
      if (own === current) problem.value = error.problem;
      return null;
    }
  }

  async function begin(session: string, choice: DuelChoice): Promise<void> {
    const own = ++current;
    waking.value = true;
    problem.value = null;
    rivals.value = null;
    next = null;
    awaited = false;
    const begun = await answerOf(ask('beginDuel', { id: session, ...choice }));
    if (own !== current) return;
    waking.value = false;
    facts.value = begun;
    view.value = begun?.view ?? null;
    if (!begun) return;
    const scores = await answerOf(ask('duelRivals'));
    if (own === current) rivals.value = scores;
  }

  async function turn(wanted: number[], advance: boolean): Promise<void> {
    awaited = true;
    const own = current;
    const answer = await answerOf(ask('duelTurn', { wanted, advance }));
    if (own !== current) return;
    awaited = false;
    if (answer) view.value = answer;
    if (next) look(next);
  }

  function look(wanted: number[]): void {
    if (!view.value) return;
    next = awaited ? wanted : null;
    if (!awaited) void turn(wanted, false);
  }

  function advance(wanted: number[]): Promise<void> | null {
    return awaited || !view.value || view.value.ended ? null : turn(wanted, true);
  }

  onBeforeUnmount(() => {
    current++;
    void ask('endDuel');
  });

  return { facts, view, rivals, problem, waking, begin, look, advance };
}
