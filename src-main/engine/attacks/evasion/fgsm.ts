import { defineEvasion } from '../../definitions';
import { ballParams, inBall } from '../ball';
import { ascend } from '../gradient-ascent';

/** Fast gradient sign method: one step of size epsilon up the loss gradient. Images in [0, 1]. */
export default defineEvasion({
  id: 'fgsm',
  title: 'Fast gradient sign method',
  summary:
    'One step of size epsilon in the direction in which the loss grows fastest. Quick and weak: a model that withstands it may still fall to the same step taken many times.',
  limits: 'Says little about robustness by itself; a model trained against it alone can overfit to it.',
  formula: 'x′ = clip(x + ε · sign ∇ₓ L(f(x), y))',
  reference: {
    authors: 'I. J. Goodfellow, J. Shlens, C. Szegedy',
    title: 'Explaining and harnessing adversarial examples',
    year: 2015,
    where: 'ICLR, arXiv:1412.6572',
  },
  knowledge: 'white-box',
  requires: ['gradients'],
  params: ballParams(0.1),
  ...inBall,
  cost: () => 1,
  perturb: (target, batch, goal, { epsilon, norm }, context) =>
    ascend(
      target,
      batch,
      goal,
      { norm, epsilon, steps: 1, stepSize: epsilon, randomStart: false, decay: 0 },
      context,
    ),
});
