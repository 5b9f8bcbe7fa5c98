/** Exact values of finite environments, by dynamic programming over an episode of limited length. */
import type { Environment, Transition } from '../../contract/environment';
import { LabError } from '../../contract/problem';

/** Expected return of taking an action now, and of what follows then. */
export type Worth = (action: number) => number;

/**
 * What a state is worth with `left` steps left (at least 1), given the worth of each action in it. States are asked for
 * in order, from the episode's last step backwards.
 */
export type ValueOf = (state: number, worth: Worth, left: number) => number;

/** @throws LabError when the environment has no table of every transition */
export function transitionsOf({ transitions }: Environment): Transition[][][] {
  if (transitions) return transitions();
  throw new LabError(
    'environment',
    'exact values need a table of every transition, which this environment does not have',
    'Choose a grid world; of Taxi-v4 the one without a fickle passenger.',
  );
}

/**
 * Backward induction: expected undiscounted return of an episode of at most `steps` steps.
 *
 * @throws LabError when the environment has no transition table
 */
export function backwardInduction(environment: Environment, steps: number, valueOf: ValueOf): number {
  const table = transitionsOf(environment);
  // after[s]: expected return of the steps that are left after this one, from s on.
  let after = new Float64Array(table.length);
  const worths = new Float64Array(environment.actionSpace.n);
  const worth: Worth = (action) => worths[action]!;
  for (let left = 1; left <= steps; left++) {
    const now = new Float64Array(table.length);
    for (let state = 0; state < table.length; state++) {
      worths.fill(0);
      for (let action = 0; action < worths.length; action++) {
        const outcomes = table[state]![action]!;
        for (let i = 0; i < outcomes.length; i++) {
          const outcome = outcomes[i]!;
          worths[action]! += outcome[0] * (outcome[2] + (outcome[3] ? 0 : after[outcome[1]]!));
        }
      }
      now[state] = valueOf(state, worth, left);
    }
    after = now;
  }
  return environment.startDistribution!().reduce(
    (sum, { state, probability }) => sum + probability * after[state]!,
    0,
  );
}

/** Expected return of an agent that takes one action in each state. */
export const exactReturn = (environment: Environment, choices: Int32Array, steps: number): number =>
  backwardInduction(environment, steps, (state, worth) => worth(choices[state]!));

/** What no agent can exceed in expectation, not even one that knows how many steps are left. */
export function optimalReturn(environment: Environment, steps: number): number {
  const actions = Array.from({ length: environment.actionSpace.n }, (_, action) => action);
  return backwardInduction(environment, steps, (_state, worth) => Math.max(...actions.map(worth)));
}

/**
 * One sweep of value iteration, in place: `values` (states × actions) follow from `best`, what each state is worth by its
 * best action. Gives the largest change of `best`.
 */
export function sweep(
  transitions: Transition[][][],
  discount: number,
  values: Float64Array,
  best: Float64Array,
): number {
  let change = 0;
  transitions.forEach((ofState, state) => {
    const row = state * ofState.length;
    ofState.forEach((outcomes, action) => {
      values[row + action] = outcomes.reduce(
        (sum, [probability, next, reward, terminated]) =>
          sum + probability * (reward + (terminated ? 0 : discount * best[next]!)),
        0,
      );
    });
    const value = Math.max(...values.subarray(row, row + ofState.length));
    change = Math.max(change, Math.abs(value - best[state]!));
    best[state] = value;
  });
  return change;
}

/** Sweeps after which values that still change are taken to grow without end. */
const MOST_SWEEPS = 100_000;
/** Change of the values at which they count as settled. */
const SETTLED = 1e-10;

/**
 * Q*, states × actions: discounted return of the best policy without a time limit.
 *
 * @throws LabError when the environment has no transition table, or the values do not settle, as at γ = 1 they may not
 */
export function optimalValues(environment: Environment, discount: number): Float64Array {
  const transitions = transitionsOf(environment);
  const values = new Float64Array(transitions.length * environment.actionSpace.n);
  const best = new Float64Array(transitions.length);
  for (let i = 0; i < MOST_SWEEPS; i++)
    if (sweep(transitions, discount, values, best) <= SETTLED) return values;
  throw new LabError(
    'agent.discount',
    `found ${discount}, at which the values of this environment do not settle`,
    'Choose a discount below 1.',
  );
}

/** States an episode can come to with an action to choose. */
export function livingStates(environment: Environment): number[] {
  const transitions = transitionsOf(environment);
  const found = new Set(environment.startDistribution!().map(({ state }) => state));
  // A set goes on with what is added while it is walked.
  for (const state of found)
    for (const outcomes of transitions[state]!)
      for (const [probability, next, , terminated] of outcomes)
        if (probability > 0 && !terminated) found.add(next);
  return [...found].sort((a, b) => a - b);
}
