import { choice, number } from '../../contract/params';
import type { BallNorm } from '../norms';

/** Parameters of attacks with a budget: radius and norm of the ball around the clean image, in [0, 1] pixels. */
export const ballParams = (epsilon: number) => ({
  epsilon: number({
    default: epsilon,
    min: 0,
    max: 1000,
    unit: 'pixel range',
    help: 'Radius of the norm ball.',
  }),
  norm: choice({ options: ['linf', 'l2', 'l1'], default: 'linf', help: 'Norm of the ball and of a step.' }),
});

/** What the frame asks of such an attack: where to project. */
export const inBall = {
  norm: ({ norm }: { norm: BallNorm }) => norm,
  budget: ({ epsilon }: { epsilon: number }) => epsilon,
};
