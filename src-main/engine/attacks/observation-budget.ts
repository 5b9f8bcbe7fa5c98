import { integer, number } from '../../contract/params';

/** Budget of attacks on observations: a box around the true values, on grids a number of cells. */
export const observationParams = {
  epsilon: number({
    default: 0.1,
    min: 0,
    max: 1000,
    unit: 'observation range',
    help: 'Largest change of each value. Without meaning on grids.',
  }),
  cells: integer({
    default: 1,
    min: 0,
    max: 100,
    unit: 'cells',
    help: 'On grids: how many steps the believed cell may lie off. Without meaning elsewhere.',
  }),
};

/** What the frame asks of such an attack: where to project. */
export const inBox = {
  norm: () => 'linf' as const,
  budget: ({ epsilon, cells }: { epsilon: number; cells: number }) => ({ box: epsilon, cells }),
};
