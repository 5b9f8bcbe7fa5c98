/** Exact values of finite environments, by dynamic programming. */
import type { Environment } from '../../contract/environment';

/**
 * Expected undiscounted return of an episode of at most `steps` steps.
 *
 * @param actionProbabilities for every state the probability of each action, states × actions
 * @throws RangeError when the environment has no transition table
 */
export function exactReturn(
  environment: Environment,
  actionProbabilities: Float64Array,
  steps: number,
): number {
  const { transitions, startDistribution, actionSpace } = environment;
  if (!transitions || !startDistribution)
    throw new RangeError('exact returns need an environment with a transition table');
  const table = transitions();
  const actions = actionSpace.n;
  // values[s]: expected return of the steps left, from s on.
  let values = new Float64Array(table.length);
  for (let left = 1; left <= steps; left++) {
    const next = new Float64Array(table.length);
    table.forEach((ofState, s) => {
      let value = 0;
      ofState.forEach((outcomes, a) => {
        const chosen = actionProbabilities[s * actions + a]!;
        if (chosen === 0) return;
        for (const [probability, to, reward, terminated] of outcomes) {
          value += chosen * probability * (reward + (terminated ? 0 : values[to]!));
        }
      });
      next[s] = value;
    });
    values = next;
  }
  return startDistribution().reduce((sum, { state, probability }) => sum + probability * values[state]!, 0);
}
