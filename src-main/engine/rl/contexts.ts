/** What a defence against poisoned pay holds together: rewards of steps that are the same as far as it can tell. */
import type { Environment } from '../../contract/environment';
import type { PaidStep } from '../definitions';

/** Bins a deviation of each value, where states cannot be listed. */
const BINS = 2;

/**
 * Names the step's circumstances: state, action and next state, on which all rewards of this lab depend. Values of a box
 * fall into bins of half a deviation; the next state is left out there, as it follows from the others.
 */
export function contextsOf({ observationSpace: space }: Environment): (step: PaidStep) => string {
  if (space.kind === 'discrete')
    return ({ observation, action, next }) => `${observation[0]} ${action} ${next[0]}`;
  const widths = space.low.map((_, i) => (space.deviations?.[i] ?? 1) / BINS);
  return ({ observation, action, terminated }) =>
    `${widths.map((width, i) => Math.floor(observation[i]! / width)).join(' ')} ${action} ${terminated}`;
}

/** The last rewards of each context. */
export class Recent {
  private readonly kept = new Map<string, number[]>();

  constructor(
    private readonly contextOf: (step: PaidStep) => string,
    private readonly size: number,
  ) {}

  /** Those of the step's context, oldest first; `added`: the step's own among them from now on. */
  of(step: PaidStep, added: boolean): readonly number[] {
    const context = this.contextOf(step);
    const rewards = this.kept.get(context) ?? [];
    if (!added) return rewards;
    rewards.push(step.reward);
    if (rewards.length > this.size) rewards.shift();
    this.kept.set(context, rewards);
    return rewards;
  }
}
