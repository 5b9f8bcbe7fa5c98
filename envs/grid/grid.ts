/** What grid worlds share: cells as states, steps between them, and the drawing of tiles. */
import type { Environment } from '../../src-main/contract/environment';
import type { Shape } from '../../src-main/contract/scene';
import { tableDynamics, tableEnvironment, type MovingTable } from './table';

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

export interface GridWorld extends Grid, MovingTable {
  /** Cells in which an agent can find itself with an action to choose: no holes, goals or cliffs. */
  free(cell: number): boolean;
  backdrop: Shape[];
  /** A cell in which no agent ever has an action to choose, to set off a backdoor by. */
  trigger?: number;
}

/** The environment of a grid: its state is the index of the agent's cell. */
export function gridEnvironment(world: GridWorld): Environment<number> {
  const { rows, columns } = world;
  return {
    ...tableEnvironment(world),
    dynamics: tableDynamics(world, (transitions) => gridEnvironment({ ...world, transitions })),
    ...(world.trigger !== undefined && { trigger: [world.trigger] }),
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
