/** Tables: a value for each state and action, and the greedy policy on it. */
import type { Environment } from '../../../contract/environment';
import type { Policy, TrainedAgent } from '../../definitions';

export interface Table {
  states: number;
  actions: number;
  /** states × actions. */
  values: Float64Array;
}

/** A table of zeros. Throws RangeError, naming the agent, for an environment without states to list. */
export function tableFor(agent: string, { observationSpace, actionSpace }: Environment): Table {
  if (observationSpace.kind !== 'discrete')
    throw new RangeError(`${agent} needs an environment with states that can be listed`);
  const states = observationSpace.n;
  return { states, actions: actionSpace.n, values: new Float64Array(states * actionSpace.n) };
}

/** The policy of a table's present values; it follows their training. */
export const tablePolicy = ({ actions, values }: Table): Policy => ({
  observationSize: 1,
  actions,
  capabilities: ['scores', 'action-values'],
  scores(observations) {
    const scores = new Float32Array(observations.length * actions);
    observations.forEach((state, i) =>
      scores.set(values.subarray(state * actions, (state + 1) * actions), i * actions),
    );
    return scores;
  },
});

/** Rounded to what is recorded, so that a restored agent acts alike. */
export function trained(table: Table): TrainedAgent {
  const values = Float32Array.from(table.values);
  table.values.set(values);
  return { policy: tablePolicy(table), weights: { values }, dispose() {} };
}

/** @throws RangeError for recorded values of another size */
export function restored(
  agent: string,
  environment: Environment,
  { values }: Record<string, Float32Array>,
): TrainedAgent {
  const table = tableFor(agent, environment);
  if (values?.length !== table.values.length) {
    throw new RangeError(
      `${agent}: expected a table of ${table.values.length} values, found ${values?.length ?? 'none'}`,
    );
  }
  table.values.set(values);
  return trained(table);
}
