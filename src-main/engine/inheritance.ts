/**
 * What a forked run takes over from the session it was forked from: arms that are trained already. Training is
 * deterministic, so an arm of the same spec and seed would only become what it is; its record up to there is told
 * again, and everything after that is this run's own.
 */
import type { ArmPlan, RunEvent } from '../contract/events';
import type { ArmContext } from './context';

type Trained = Extract<RunEvent, { type: 'trained' }>;

export interface Inheritance {
  /** The session forked from. */
  session: string;
  arms: InheritedArm[];
  /** What is trained otherwise than in that session, so that nothing could be taken over: parts of the experiment. */
  differs: string[];
}

export interface InheritedArm {
  /** Index in this run's plan. */
  arm: number;
  /** Number of its `trained` event in the other session. */
  event: number;
  /** SHA-256 of the weights. */
  hash: string;
  /** What its training recorded, the `trained` event last. */
  record: RunEvent[];
}

/** Poisoned arms keep things of their training that are not in the record, so they train anew. */
export const canBeInherited = ({ poisoning }: ArmPlan): boolean => poisoning === null;

/** That a fork trains everything anew, and why; null where an arm was taken over. */
export function nothingTaken({ session, arms, differs }: Inheritance): RunEvent | null {
  if (arms.length > 0) return null;
  const reason = differs.length
    ? `it has another “${differs.join('”, “')}”`
    : 'no arm of the same model, defence and seed, on clean data, was trained by then';
  const message = `Nothing is taken over from the session “${session}”: ${reason}. Every arm is trained anew.`;
  return { type: 'warning', arm: null, code: 'nothing-inherited', message };
}

/** Tells an inherited arm's training again and gives what it left; null for an arm that is to be trained. */
export function takeOver(
  inheritance: Inheritance | undefined,
  { arm, emit }: ArmContext,
): Trained['weights'] | null {
  const found = inheritance?.arms.find((one) => one.arm === arm.index);
  if (!found) return null;
  const { event, hash, record } = found;
  emit({ type: 'inherited', arm: arm.index, session: inheritance!.session, event, hash });
  for (const told of record) emit('arm' in told ? ({ ...told, arm: arm.index } as RunEvent) : told);
  return (record.at(-1) as Trained).weights;
}
