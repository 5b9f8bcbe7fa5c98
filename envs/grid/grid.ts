/** What grid worlds share: an environment from a transition table, cells as states, and the drawing of tiles. */
import type { Environment, Transition } from '../../src-main/contract/environment';
import type { Shape } from '../../src-main/contract/scene';

/** Row and column change of one move. */
export type Move = readonly [rows: number, columns: number];

export interface Grid {
  rows: number;
  columns: number;
}

/** Cell reached from `cell` by one move; walls hold. Cells are counted row by row. */
export function neighbour({ rows, columns }: Grid, cell: number, [down, right]: Move): number {
  const row = Math.min(Math.max(Math.floor(cell / columns) + down, 0), rows - 1);
  const column = Math.min(Math.max((cell % columns) + right, 0), columns - 1);
  return row * columns + column;
}

const SIDES: readonly Move[] = [
  [-1, 0],
  [0, -1],
  [0, 1],
  [1, 0],
];

export interface GridWorld extends Grid {
  id: string;
  actionNames: string[];
  maxEpisodeSteps: number | null;
  rewardThreshold: number | null;
  /** P[state][action], as in Gymnasium. */
  transitions: Transition[][][];
  start: { state: number; probability: number }[];
  /** Cells in which an agent can find itself with an action to choose: no holes, goals or cliffs. */
  free(cell: number): boolean;
  backdrop: Shape[];
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

/** The environment of a grid: its state is the index of the agent's cell. */
export function gridEnvironment(world: GridWorld): Environment<number> {
  const { id, rows, columns, transitions, start, actionNames } = world;
  const states = rows * columns;
  return {
    observationSpace: { kind: 'discrete', n: states },
    actionSpace: { n: actionNames.length, names: actionNames },
    maxEpisodeSteps: world.maxEpisodeSteps,
    rewardThreshold: world.rewardThreshold,
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
    scene: (state) => ({
      width: columns,
      height: rows,
      backdrop: world.backdrop,
      shapes: [
        {
          shape: 'circle',
          x: (state % columns) + 0.5,
          y: Math.floor(state / columns) + 0.5,
          radius: 0.28,
          ink: 'agent',
        },
      ],
    }),
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
    neighbours: (state) => [
      ...new Set(
        SIDES.map((move) => neighbour(world, state, move)).filter(
          (cell) => cell !== state && world.free(cell),
        ),
      ),
    ],
  };
}

const GAP = 0.03;

/** A tile that leaves a thin gap to the next. */
export const tile = ({ columns }: Grid, cell: number, ink: Shape['ink']): Shape => ({
  shape: 'rectangle',
  x: (cell % columns) + GAP,
  y: Math.floor(cell / columns) + GAP,
  width: 1 - 2 * GAP,
  height: 1 - 2 * GAP,
  ink,
  radius: 0.08,
});

/** A letter in the upper left corner of a tile, where the agent does not hide it. */
export const letter = ({ columns }: Grid, cell: number, text: string): Shape => ({
  shape: 'text',
  x: (cell % columns) + 0.16,
  y: Math.floor(cell / columns) + 0.2,
  size: 0.22,
  text,
  ink: 'text',
});

/** A round pit in the middle of a tile. */
export const pit = ({ columns }: Grid, cell: number): Shape => ({
  shape: 'circle',
  x: (cell % columns) + 0.5,
  y: Math.floor(cell / columns) + 0.5,
  radius: 0.36,
  ink: 'hazard',
});
