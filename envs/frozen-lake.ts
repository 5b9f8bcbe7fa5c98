/**
 * FrozenLake-v1: cross a frozen lake from start to goal without falling into a hole; the ice is slippery.
 * Transitions as in Gymnasium 1.4 `toy_text/frozen_lake.py`.
 *
 * ## Action space
 * 0 left, 1 down, 2 right, 3 up.
 *
 * ## Observation space
 * The agent's cell: row · columns + column, both from 0.
 *
 * ## Reward
 * 1 for reaching the goal, else 0.
 *
 * ## Starting state
 * The cell S (one of them, each as likely, where a map has several).
 *
 * ## Episode end
 * Termination: in a hole or at the goal. Truncation: 100 steps on the 4x4 map, 200 on 8x8; on an own map 12.5 steps for
 * each row and each column, rounded up, which gives the same on maps of those two sizes.
 * Solved at 0.70 (4x4) and 0.85 (8x8).
 *
 * ## Slipping
 * On slippery ice the intended move happens with probability `successRate`, each perpendicular one with (1 − p)/2.
 * Walls hold.
 */
import { defineEnvironment, type Transition } from '../src-main/contract/environment';
import { boolean, choice, lines, number } from '../src-main/contract/params';
import type { Shape } from '../src-main/contract/scene';
import { gridEnvironment, letter, neighbour, pit, tile, type Move } from './grid/grid';

const MAPS = {
  '4x4': { rows: ['SFFF', 'FHFH', 'FFFH', 'HFFG'], maxEpisodeSteps: 100, rewardThreshold: 0.7 },
  '8x8': {
    rows: ['SFFFFFFF', 'FFFFFFFF', 'FFFHFFFF', 'FFFFFHFF', 'FFFHFFFF', 'FHHFFFHF', 'FHFFHFHF', 'FFFHFFFG'],
    maxEpisodeSteps: 200,
    rewardThreshold: 0.85,
  },
};

const ACTIONS = ['left', 'down', 'right', 'up'];
const OPPOSITE = [2, 3, 0, 1];
const MOVES: readonly Move[] = [
  [0, -1],
  [1, 0],
  [0, 1],
  [-1, 0],
];

/** Throws RangeError, naming the row, for a map that cannot be played. */
function checkMap(rows: string[]): void {
  const refuse = (what: string): never => {
    throw new RangeError(`FrozenLake-v1: parameter “rows”: ${what}`);
  };
  rows.forEach((row, i) => {
    if (row.length !== rows[0]!.length) {
      refuse(`row ${i + 1} “${row}” has ${row.length} cells; expected ${rows[0]!.length}, as in row 1`);
    }
    const unknown = [...row].find((cell) => !'SFHG'.includes(cell));
    if (unknown !== undefined) {
      refuse(
        `row ${i + 1} “${row}” has the letter “${unknown}”; expected S (start), F (ice), H (hole) or G (goal)`,
      );
    }
  });
  const map = rows.join('');
  if (!map.includes('S')) refuse('no row has a start; put an S in one of them');
  if (!map.includes('G')) refuse('no row has a goal; put a G in one of them');
}

export default defineEnvironment({
  id: 'FrozenLake-v1',
  title: 'FrozenLake',
  summary:
    'Walk across slippery ice to the goal without falling into a hole. Even the best policy reaches the goal in only 74 % of the episodes on the 4x4 map.',
  reference: {
    authors: 'Towers et al.',
    title: 'Gymnasium: a standard interface for reinforcement learning environments',
    year: 2024,
    where: 'arXiv:2407.17032; FrozenLake-v1 of Gymnasium 1.4',
  },
  params: {
    map: choice({ options: ['4x4', '8x8'], default: '4x4', help: 'Which of the two standard lakes.' }),
    rows: lines({
      help: 'An own map instead: one text a row, S start, F ice, H hole, G goal, all rows equally long.',
      advanced: true,
    }),
    slippery: boolean({ default: true, help: 'Whether moves may slip to a perpendicular direction.' }),
    successRate: number({
      default: 1 / 3,
      min: 0,
      max: 1,
      unit: 'probability',
      help: 'How often the intended move happens on slippery ice.',
    }),
  },
  finite: true,
  text: {
    maps: Object.fromEntries(Object.entries(MAPS).map(([name, { rows }]) => [name, rows])),
    by: 'map',
    own: 'rows',
    inks: { S: 'start', G: 'goal', H: 'hazard' },
    actionNames: ACTIONS,
  },
  create({ map, rows: ownRows, slippery, successRate }) {
    if (ownRows) checkMap(ownRows);
    const lake = ownRows
      ? {
          rows: ownRows,
          maxEpisodeSteps: Math.ceil(12.5 * (ownRows.length + ownRows[0]!.length)),
          rewardThreshold: null,
        }
      : MAPS[map];
    const cells = [...lake.rows.join('')];
    const grid = { rows: lake.rows.length, columns: lake.rows[0]!.length };
    const slipRate = (1 - successRate) / 2;

    const enter = (probability: number, next: number): Transition => [
      probability,
      next,
      cells[next] === 'G' ? 1 : 0,
      'GH'.includes(cells[next]!),
    ];
    const outcomes = (cell: number, action: number): Transition[] => {
      if ('GH'.includes(cells[cell]!)) return [[1, cell, 0, true]];
      if (!slippery) return [enter(1, neighbour(grid, cell, MOVES[action]!))];
      return [(action + 3) % 4, action, (action + 1) % 4].map((move) =>
        enter(move === action ? successRate : slipRate, neighbour(grid, cell, MOVES[move]!)),
      );
    };
    const starts = cells.flatMap((cell, i) => (cell === 'S' ? [i] : []));

    return gridEnvironment({
      id: 'FrozenLake-v1',
      ...grid,
      actionNames: ACTIONS,
      opposite: OPPOSITE,
      trigger: cells.findIndex((cell) => 'GH'.includes(cell)),
      maxEpisodeSteps: lake.maxEpisodeSteps,
      rewardThreshold: lake.rewardThreshold,
      transitions: cells.map((_, cell) => ACTIONS.map((_, action) => outcomes(cell, action))),
      start: starts.map((state) => ({ state, probability: 1 / starts.length })),
      free: (cell) => !'GH'.includes(cells[cell]!),
      backdrop: cells.flatMap((cell, i): Shape[] => {
        if (cell === 'H') return [tile(grid, i, 'ground'), pit(grid, i)];
        if (cell === 'F') return [tile(grid, i, 'ground')];
        return [tile(grid, i, cell === 'G' ? 'goal' : 'start'), letter(grid, i, cell)];
      }),
    });
  },
});
