/**
 * CliffWalking-v1: walk along a cliff from start to goal; a step over the edge costs 100 and leads back to the start.
 * Transitions as in Gymnasium 1.4 `toy_text/cliffwalking.py` (Example 6.6 of Sutton and Barto).
 *
 * ## Action space
 * 0 up, 1 right, 2 down, 3 left.
 *
 * ## Observation space
 * The agent's cell on the 4 × 12 grid: row · 12 + column, both from 0.
 *
 * ## Reward
 * −1 a step; −100 for a step into the cliff (row 3, columns 1 to 10).
 *
 * ## Starting state
 * Cell 36, the lower left corner. The cliff leads back to it without ending the episode.
 *
 * ## Episode end
 * Termination: at the goal, cell 47. Gymnasium registers no time limit; the frame's own step cap applies.
 *
 * ## Slipping
 * With `slippery` the intended move and the two perpendicular ones happen with probability 1/3 each.
 */
import { defineEnvironment, type Transition } from '../src-main/contract/environment';
import { boolean } from '../src-main/contract/params';
import type { Shape } from '../src-main/contract/scene';
import { gridEnvironment, letter, neighbour, tile, type Move } from './grid/grid';

const GRID = { rows: 4, columns: 12 };
const CELLS = Array.from({ length: GRID.rows * GRID.columns }, (_, cell) => cell);
const START = 36;
const GOAL = 47;
const isCliff = (cell: number): boolean => cell > START && cell < GOAL;

const ACTIONS = ['up', 'right', 'down', 'left'];
const OPPOSITE = [2, 3, 0, 1];
const MOVES: readonly Move[] = [
  [-1, 0],
  [0, 1],
  [1, 0],
  [0, -1],
];

function outcome(probability: number, next: number): Transition {
  return isCliff(next) ? [probability, START, -100, false] : [probability, next, -1, next === GOAL];
}

export default defineEnvironment({
  id: 'CliffWalking-v1',
  title: 'CliffWalking',
  summary:
    'Walk from the lower left to the lower right corner along a cliff. The shortest way runs at its very edge (return −13); every fall costs 100.',
  reference: {
    authors: 'Sutton, Barto',
    title: 'Reinforcement Learning: An Introduction',
    year: 2018,
    where: 'MIT Press, 2nd edition, Example 6.6; CliffWalking-v1 of Gymnasium 1.4',
  },
  params: {
    slippery: boolean({ default: false, help: 'Whether moves may slip to a perpendicular direction.' }),
  },
  finite: true,
  text: {
    maps: { '4x12': ['............', '............', '............', 'SCCCCCCCCCCG'] },
    inks: { S: 'start', G: 'goal', C: 'hazard' },
    actionNames: ACTIONS,
  },
  create({ slippery }) {
    // Gymnasium gives the goal and the unreachable cliff cells ordinary moves too, and so does this table.
    const outcomes = (cell: number, action: number): Transition[] => {
      const moves = slippery ? [(action + 3) % 4, action, (action + 1) % 4] : [action];
      return moves.map((move) => outcome(1 / moves.length, neighbour(GRID, cell, MOVES[move]!)));
    };
    return gridEnvironment({
      id: 'CliffWalking-v1',
      ...GRID,
      actionNames: ACTIONS,
      opposite: OPPOSITE,
      trigger: START + 1,
      maxEpisodeSteps: null,
      rewardThreshold: null,
      transitions: CELLS.map((cell) => ACTIONS.map((_, action) => outcomes(cell, action))),
      start: [{ state: START, probability: 1 }],
      free: (cell) => cell !== GOAL && !isCliff(cell),
      backdrop: CELLS.flatMap((cell): Shape[] => {
        if (isCliff(cell)) return [tile(GRID, cell, 'hazard')];
        if (cell === START) return [tile(GRID, cell, 'start'), letter(GRID, cell, 'S')];
        if (cell === GOAL) return [tile(GRID, cell, 'goal'), letter(GRID, cell, 'G')];
        return [tile(GRID, cell, 'ground')];
      }),
    });
  },
});
