import { integer, number } from '../../contract/params';

const cells = integer({
  default: 1,
  min: 0,
  max: 100,
  unit: 'cells',
  help: 'On grids: how many steps the believed cell may lie off. Without meaning elsewhere.',
});

/** Budget of attacks on observations: a box around the true values, on grids a number of cells. */
export const observationParams = {
  epsilon: number({
    default: 0.1,
    min: 0,
    max: 1000,
    unit: 'observation range',
    help: 'Largest change of each value. Without meaning on grids.',
  }),
  cells,
};

/** What the frame asks of such an attack: where to project. */
export const inBox = {
  norm: () => 'linf' as const,
  budget: ({ epsilon, cells }: { epsilon: number; cells: number }) => ({ box: epsilon, cells }),
};

/** Budget of attacks that only grids know. */
export const displacementParams = { cells };

export const onGrid = {
  norm: () => null,
  budget: (params: { cells: number }) => ({ box: 0, cells: params.cells }),
};
