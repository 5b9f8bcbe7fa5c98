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
