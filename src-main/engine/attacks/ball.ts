import { choice, integer, number } from '../../contract/params';
import type { BallNorm } from '../norms';

/** Radius of the ball an attack is held to, in [0, 1] pixels. */
export const radius = (epsilon: number, ball: 'norm' | 'Linf' = 'norm') =>
  number({
    default: epsilon,
    min: 0,
    max: 1000,
    unit: 'pixel range',
    help: `Radius of the ${ball} ball.`,
  });

/** Cap on what each input may be asked for. */
export const queryCap = (queries: number) =>
  integer({ default: queries, min: 1, max: 1e7, unit: 'queries', help: 'Most queries of one input.' });

/** Parameters of attacks with a budget: radius and norm of the ball around the clean image, in [0, 1] pixels. */
export const ballParams = (epsilon: number) => ({
  epsilon: radius(epsilon),
  norm: choice({ options: ['linf', 'l2', 'l1'], default: 'linf', help: 'Norm of the ball and of a step.' }),
});

/** What the frame asks of such an attack: where to project. */
export const inBall = {
  norm: ({ norm }: { norm: BallNorm }) => norm,
  budget: ({ epsilon }: { epsilon: number }) => epsilon,
};
