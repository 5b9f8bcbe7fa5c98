/** An environment from a transition table: its state is an index, and every step a draw from the table. */
import type { Dynamics, Environment, Quantity, Transition } from '../../src-main/contract/environment';

export interface Table {
  id: string;
  actionNames: string[];
  maxEpisodeSteps: number | null;
  rewardThreshold: number | null;
  /** P[state][action], as in Gymnasium. */
  transitions: Transition[][][];
  start: { state: number; probability: number }[];
}

/** A table of which some actions are moves. */
export interface MovingTable extends Table {
  /** Of each action the one that moves the other way; an action that is no move is its own. */
  opposite: number[];
}

/** How treacherous the ground is, on top of what the environment does by itself. */
const QUANTITIES: Quantity[] = [
  { name: 'slip', title: 'Slip', unit: 'probability', nominal: 0, low: 0, high: 0.5, scale: 'linear' },
  { name: 'recoil', title: 'Recoil', unit: 'probability', nominal: 0, low: 0, high: 0.5, scale: 'linear' },
];

/**
 * Ground on which a chosen move is done with the rest of the probability only: with `slip` it goes to either side, with
 * `recoil` backwards; the environment's own randomness comes on top. Actions that are no moves stay as they are.
 *
 *     P′(·|s, a) = (1 − slip − recoil)·P(·|s, a) + slip · mean over sides b of P(·|s, b) + recoil·P(·|s, −a)
 */
export function tableDynamics<E extends Environment<number>>(
  { id, transitions, opposite }: MovingTable,
  withTransitions: (transitions: Transition[][][]) => E,
): Dynamics<number> {
  const moves = opposite.flatMap((back, action) => (back === action ? [] : [action]));
  return {
    quantities: QUANTITIES,
    altered(values) {
      const unknown = Object.keys(values).find((name) => !QUANTITIES.some((known) => known.name === name));
      if (unknown) throw new RangeError(`${id}: has no “${unknown}”; expected slip, recoil`);
      const { slip = 0, recoil = 0 } = values;
      if (!(slip >= 0 && recoil >= 0 && slip + recoil <= 1))
        throw new RangeError(
          `${id}: found slip ${slip} and recoil ${recoil}; expected probabilities that add up to 1 at most`,
        );
      const scaled = (outcomes: Transition[], by: number): Transition[] =>
        by === 0 ? [] : outcomes.map(([probability, ...rest]) => [by * probability, ...rest]);
      return withTransitions(
        transitions.map((ofState) =>
          ofState.map((outcomes, action) => {
            const back = opposite[action]!;
            if (back === action) return outcomes;
            const sides = moves.filter((move) => move !== action && move !== back);
            return [
              ...scaled(outcomes, 1 - slip - recoil),
              ...sides.flatMap((side) => scaled(ofState[side]!, slip / sides.length)),
              ...scaled(ofState[back]!, recoil),
            ];
          }),
        ),
      );
    },
  };
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
