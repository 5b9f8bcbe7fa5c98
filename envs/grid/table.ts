/** An environment from a transition table: its state is an index, and every step a draw from the table. */
import type { Environment, Transition } from '../../src-main/contract/environment';

export interface Table {
  id: string;
  actionNames: string[];
  maxEpisodeSteps: number | null;
  rewardThreshold: number | null;
  /** P[state][action], as in Gymnasium. */
  transitions: Transition[][][];
  start: { state: number; probability: number }[];
}

/** Index of the outcome that a uniform draw falls on: the first whose cumulated probability exceeds it. */
function sample(probabilities: number[], draw: number): number {
  let cumulated = 0;
  for (let i = 0; i < probabilities.length; i++) {
    cumulated += probabilities[i]!;
    if (cumulated > draw) return i;
  }
  // Rounding can leave the sum just below one.
  return probabilities.length - 1;
}

/** All of an environment but its drawing, and which of its states lie near each other. */
export function tableEnvironment(table: Table): Omit<Environment<number>, 'scene' | 'neighbours'> {
  const { id, transitions, start, actionNames } = table;
  const states = transitions.length;
  return {
    observationSpace: { kind: 'discrete', n: states },
    actionSpace: { n: actionNames.length, names: actionNames },
    maxEpisodeSteps: table.maxEpisodeSteps,
    rewardThreshold: table.rewardThreshold,
    initial: (random) =>
      start.length === 1
        ? start[0]!.state
        : start[
            sample(
              start.map((entry) => entry.probability),
              random.uniform(),
            )
          ]!.state,
    step(state, action, random) {
      const outcomes = transitions[state]![action];
      if (!outcomes) {
        throw new RangeError(
          `${id}: found action ${action}; expected a whole number from 0 to ${actionNames.length - 1}`,
        );
      }
      const chosen =
        outcomes.length === 1
          ? 0
          : sample(
              outcomes.map(([probability]) => probability),
              random.uniform(),
            );
      const [, next, reward, terminated] = outcomes[chosen]!;
      return { state: next, reward, terminated };
    },
    observe: (state) => Float32Array.of(state),
    toArray: (state) => [state],
    fromArray(values) {
      const [state] = values;
      if (values.length !== 1 || !Number.isInteger(state) || state! < 0 || state! >= states) {
        throw new RangeError(
          `${id}: found the state [${values.join(', ')}]; expected one whole number from 0 to ${states - 1}`,
        );
      }
      return state!;
    },
    stateFromObservation: (observation) => observation[0]!,
    transitions: () => transitions,
    startDistribution: () => start,
  };
}
