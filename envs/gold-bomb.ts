/**
 * GoldBomb-5x5: fetch the gold, which lies right beside a bomb, on ground that is not to be trusted.
 * The 5 × 5 grid of a much used Q-learning exercise; not part of Gymnasium.
 *
 * ## Action space
 * 0 west, 1 north, 2 south, 3 east.
 *
 * ## Observation space
 * The agent's cell: row · 5 + column, both from 0.
 *
 * ## Reward
 * −1 a step, and beside it +10 for the gold (row 0, column 3) and −10 for the bomb right below it (row 1, column 3).
 *
 * ## Starting state
 * One of the five cells of the bottom row, each as likely.
 *
 * ## Episode end
 * Termination: at the gold or the bomb. Truncation: after 100 steps, a limit of this lab's, since the exercise has none.
 *
 * ## Slipping
 * The intended move happens with probability `successRate`, each of the three others with (1 − p)/3. Walls hold.
 */
import { defineEnvironment, type Transition } from '../src-main/contract/environment';
import { number } from '../src-main/contract/params';
import type { Shape } from '../src-main/contract/scene';
import { gridEnvironment, letter, neighbour, pit, tile, type Move } from './grid/grid';

const GRID = { rows: 5, columns: 5 };
const CELLS = Array.from({ length: GRID.rows * GRID.columns }, (_, cell) => cell);
const GOLD = 3;
const BOMB = 8;
const STARTS = CELLS.slice(-GRID.columns);
const isEnd = (cell: number): boolean => cell === GOLD || cell === BOMB;

const ACTIONS = ['west', 'north', 'south', 'east'];
const OPPOSITE = [3, 2, 1, 0];
const MOVES: readonly Move[] = [
  [0, -1],
  [-1, 0],
  [1, 0],
  [0, 1],
];

const pay = (cell: number): number => -1 + (cell === GOLD ? 10 : 0) - (cell === BOMB ? 10 : 0);

export default defineEnvironment({
  id: 'GoldBomb-5x5',
  title: 'Gold and bomb',
  summary:
    'Walk to the gold and not into the bomb beside it, on ground where one step in five goes elsewhere. Small enough to follow every value by eye.',
  reference: {
    authors: 'Tinsley',
    title: 'Gridworld with Q-learning',
    year: 2018,
    where:
      'github.com/michaeltinsley/Gridworld-with-Q-Learning-Reinforcement-Learning-, exercise in its README',
  },
  params: {
    successRate: number({
      default: 0.8,
      min: 0,
      max: 1,
      unit: 'probability',
      help: 'How often the intended move happens; 1 makes the ground firm.',
    }),
  },
  finite: true,
  text: {
    maps: { '5x5': ['...G.', '...B.', '.....', '.....', 'SSSSS'] },
    inks: { S: 'start', G: 'goal', B: 'hazard' },
    actionNames: ACTIONS,
  },
  create({ successRate }) {
    const outcomes = (cell: number, action: number): Transition[] => {
      if (isEnd(cell)) return [[1, cell, 0, true]];
      return MOVES.map((move, i): Transition => {
        const next = neighbour(GRID, cell, move);
        return [i === action ? successRate : (1 - successRate) / 3, next, pay(next), isEnd(next)];
      });
    };
    return gridEnvironment({
      id: 'GoldBomb-5x5',
      ...GRID,
      actionNames: ACTIONS,
      opposite: OPPOSITE,
      trigger: BOMB,
      maxEpisodeSteps: 100,
      rewardThreshold: null,
      transitions: CELLS.map((cell) => ACTIONS.map((_, action) => outcomes(cell, action))),
      start: STARTS.map((state) => ({ state, probability: 1 / STARTS.length })),
      free: (cell) => !isEnd(cell),
      backdrop: CELLS.flatMap((cell): Shape[] => {
        if (cell === GOLD) return [tile(GRID, cell, 'goal'), letter(GRID, cell, 'G')];
        if (cell === BOMB) return [tile(GRID, cell, 'ground'), pit(GRID, cell), letter(GRID, cell, 'B')];
        return [tile(GRID, cell, STARTS.includes(cell) ? 'start' : 'ground')];
      }),
    });
  },
});
