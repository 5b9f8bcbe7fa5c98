/** Single environments for the command line: `sparring env rollout` and `sparring env transitions`. */
import type { Environment, Transition } from '../contract/environment';
import { stream } from '../contract/random';

export interface RolloutStep {
  observation: number[];
  reward: number;
  terminated: boolean;
  truncated: boolean;
}

/**
 * Steps an environment from a given state, at the start of an episode, through given actions: one result an action, those
 * after a termination included, as Gymnasium's `step` goes on (it calls what follows undefined). `truncated` is set from
 * the time limit on.
 *
 * Stochastic environments draw from one stream derived from `seed`, the same draws in every call; Gymnasium's generator
 * is another, so that only deterministic environments can be compared step by step.
 *
 * @param state Gymnasium's state as an array
 * @throws RangeError for a state or an action outside the environment's spaces
 */
export function rollout(
  environment: Environment,
  state: number[],
  actions: number[],
  seed = 1,
): RolloutStep[] {
  const random = stream(seed, 'rollout');
  const limit = environment.maxEpisodeSteps ?? Infinity;
  let current = environment.fromArray(state);
  return actions.map((action, i) => {
    const outcome = environment.step(current, action, random);
    current = outcome.state;
    return {
      observation: Array.from(environment.observe(current)),
      reward: outcome.reward,
      terminated: outcome.terminated,
      truncated: i + 1 >= limit,
    };
  });
}

/**
 * Gymnasium's `P`: `{state: {action: [[probability, next, reward, terminated], …]}}`, every state included.
 * @throws RangeError when the environment's states cannot be listed
 */
export function transitionTable(environment: Environment): Record<string, Record<string, Transition[]>> {
  if (!environment.transitions)
    throw new RangeError('the states of this environment cannot be listed; expected a grid world');
  return Object.fromEntries(
    environment
      .transitions()
      .map((ofState, state) => [
        state,
        Object.fromEntries(ofState.map((outcomes, action) => [action, outcomes])),
      ]),
  );
}
