import { choice, integer, number } from '../../contract/params';
import type { BallNorm, BudgetUnit } from '../rl/ball';

const cells = integer({
  default: 1,
  min: 0,
  max: 100,
  unit: 'cells',
  help: 'On grids: how many steps the believed cell may lie off. Without meaning elsewhere.',
});

/** Budget of attacks that only boxes know: a ball around the true values. */
export const boxParams = {
  epsilon: number({
    default: 0.1,
    min: 0,
    max: 1000,
    unit: 'observation range',
    help: 'Largest change of each value (linf), or length of the change of all (l2). Without meaning on grids.',
  }),
  norm: choice({
    options: ['linf', 'l2'],
    default: 'linf',
    help: 'Whether epsilon bounds each value or the Euclidean length of all changes together.',
    advanced: true,
  }),
  unit: choice({
    options: ['absolute', 'deviations'],
    default: 'absolute',
    help: 'Whether epsilon is in the units of the values, or of each in its standard deviation as agents play.',
    advanced: true,
  }),
};

/** Budget of attacks on observations: a ball around the true values, on grids a number of cells. */
export const observationParams = { ...boxParams, cells };

interface BoxBudget {
  epsilon: number;
  norm: BallNorm;
  unit: BudgetUnit;
  cells?: number;
}

/** What the frame asks of such an attack: where to project. */
export const inBox = {
  norm: ({ norm }: BoxBudget) => norm,
  budget: ({ epsilon, unit, cells = 0 }: BoxBudget) => ({ box: epsilon, unit, cells }),
};

/** Budget of attacks that only grids know. */
export const displacementParams = { cells };

export const onGrid = {
  norm: () => null,
  budget: (params: { cells: number }) => ({ box: 0, cells: params.cells }),
};
