import { choice, derivedNumber, integer, number } from '../../../contract/params';
import { defineEvasion } from '../../definitions';
import { ascend } from '../gradient-ascent';

/** Iterative FGSM (basic iterative method): small steps up the loss, projected into the ball. Images in [0, 1]. */
export default defineEvasion({
  id: 'i-fgsm',
  title: 'Iterative FGSM',
  summary:
    'FGSM in small steps, each followed by a projection back into the ball around the clean image. Far stronger than one step at the same budget.',
  limits:
    'Starts at the clean image, where a masked gradient can be zero; PGD starts at random points. An input stops at its first success.',
  reference: {
    authors: 'A. Kurakin, I. J. Goodfellow, S. Bengio',
    title: 'Adversarial examples in the physical world',
    year: 2017,
    where: 'ICLR workshop, arXiv:1607.02533',
  },
  knowledge: 'white-box',
  requires: ['gradients'],
  params: {
    epsilon: number({
      default: 0.1,
      min: 0,
      max: 1000,
      unit: 'pixel range',
      help: 'Radius of the norm ball.',
    }),
    steps: integer({ default: 10, min: 1, max: 100000, help: 'Gradient steps.' }),
    stepSize: derivedNumber({
      derived: '1.25 · epsilon / steps',
      min: 0,
      unit: 'pixel range',
      help: 'Length of a step. The default lets the steps cross the ball with a quarter to spare, as in the paper.',
      advanced: true,
    }),
    norm: choice({ options: ['linf', 'l2'], default: 'linf', help: 'Norm of the ball and of a step.' }),
  },
  derive: ({ epsilon, steps }) => ({ stepSize: (1.25 * epsilon) / steps }),
  norm: ({ norm }) => norm,
  budget: ({ epsilon }) => epsilon,
  cost: ({ steps }) => steps,
  perturb: (target, batch, goal, { epsilon, steps, stepSize, norm }, context) =>
    ascend(target, batch, goal, { norm, epsilon, steps, stepSize, randomStart: false, decay: 0 }, context),
});
