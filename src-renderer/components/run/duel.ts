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
  /** Lets the agent act, until it has; null while it acts already, and when the episode is over. */
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
  let awaited: 'look' | 'advance' | null = null;
  /** What is asked when the answer is there; `done` when it was answered too. */
  let next: { wanted: number[]; advance: boolean; done(): void } | null = null;

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
    next = awaited = null;
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
    awaited = advance ? 'advance' : 'look';
    const own = current;
    const answer = await answerOf(ask('duelTurn', { wanted, advance }));
    if (own !== current) return;
    awaited = null;
    if (answer) view.value = answer;
    const following = next;
    next = null;
    if (!following) return;
    if (answer && !(following.advance && answer.ended))
      void turn(following.wanted, following.advance).then(following.done);
    else following.done();
  }

  function look(wanted: number[]): void {
    if (!view.value || next?.advance) return;
    if (awaited) next = { wanted, advance: false, done: () => {} };
    else void turn(wanted, false);
  }

  function advance(wanted: number[]): Promise<void> | null {
    if (!view.value || view.value.ended || awaited === 'advance' || next?.advance) return null;
    // What is only looked at holds up nobody who has decided.
    if (awaited === 'look') return new Promise((done) => (next = { wanted, advance: true, done }));
    return turn(wanted, true);
  }

  onBeforeUnmount(() => {
    current++;
    void ask('endDuel');
  });

  return { facts, view, rivals, problem, waking, begin, look, advance };
}
