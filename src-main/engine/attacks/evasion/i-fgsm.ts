import { derivedNumber, integer } from '../../../contract/params';
import { defineEvasion } from '../../definitions';
import { ballParams, inBall } from '../ball';
import { ascend } from '../gradient-ascent';

/** Iterative FGSM (basic iterative method): small steps up the loss, projected into the ball. Images in [0, 1]. */
export default defineEvasion({
  id: 'i-fgsm',
  title: 'Iterative FGSM',
  summary:
    'FGSM in small steps, each followed by a projection back into the ball around the clean image. Far stronger than one step at the same budget.',
  limits:
    'Starts at the clean image, where a masked gradient can be zero; PGD starts at random points. An input stops at its first success.',
  formula: 'x₀ = x,  xₜ₊₁ = clip(Πε(xₜ + α · sign ∇ₓ L(f(xₜ), y)))',
  reference: {
    authors: 'A. Kurakin, I. J. Goodfellow, S. Bengio',
    title: 'Adversarial examples in the physical world',
    year: 2017,
    where: 'ICLR workshop, arXiv:1607.02533',
  },
  knowledge: 'white-box',
  requires: ['gradients'],
  params: {
    ...ballParams(0.1),
    steps: integer({ default: 10, min: 1, max: 100000, help: 'Gradient steps.' }),
    stepSize: derivedNumber({
      derived: '1.25 · epsilon / steps',
      min: 0,
      unit: 'pixel range',
      help: 'Length of a step. The default lets the steps cross the ball with a quarter to spare, as in the paper.',
      advanced: true,
    }),
  },
  derive: ({ epsilon, steps }) => ({ stepSize: (1.25 * epsilon) / steps }),
  ...inBall,
  cost: ({ steps }) => steps,
  perturb: (target, batch, goal, { epsilon, steps, stepSize, norm }, context) =>
    ascend(target, batch, goal, { norm, epsilon, steps, stepSize, randomStart: false, decay: 0 }, context),
});
