import { derivedNumber, integer, number } from '../../../contract/params';
import { defineEvasion } from '../../definitions';
import { ballParams, inBall } from '../ball';
import { ascend } from '../gradient-ascent';

/** Momentum iterative FGSM: I-FGSM along an accumulated gradient. Images in [0, 1]. */
export default defineEvasion({
  id: 'mi-fgsm',
  title: 'Momentum iterative FGSM',
  summary:
    'I-FGSM whose steps follow a running sum of normalised gradients. About as strong as I-FGSM on the model itself; its examples carry over to other models better.',
  limits: 'On the model itself no stronger than PGD.',
  formula: 'gₜ₊₁ = μ · gₜ + ∇ₓL / ‖∇ₓL‖₁,  xₜ₊₁ = clip(Πε(xₜ + α · sign gₜ₊₁))',
  reference: {
    authors: 'Y. Dong, F. Liao, T. Pang, H. Su, J. Zhu, X. Hu, J. Li',
    title: 'Boosting adversarial attacks with momentum',
    year: 2018,
    where: 'CVPR, arXiv:1710.06081',
  },
  knowledge: 'white-box',
  requires: ['gradients'],
  params: {
    ...ballParams(0.1),
    steps: integer({ default: 10, min: 1, max: 100000, help: 'Gradient steps.' }),
    decay: number({
      default: 1,
      min: 0,
      max: 1,
      help: 'Share of the velocity that is kept at each step (mu in the paper).',
    }),
    stepSize: derivedNumber({
      derived: 'epsilon / steps',
      min: 0,
      unit: 'pixel range',
      help: 'Length of a step; the default is the paper’s.',
      advanced: true,
    }),
  },
  derive: ({ epsilon, steps }) => ({ stepSize: epsilon / steps }),
  ...inBall,
  cost: ({ steps }) => steps,
  perturb: (target, batch, goal, { epsilon, steps, decay, stepSize, norm }, context) =>
    ascend(target, batch, goal, { norm, epsilon, steps, stepSize, randomStart: false, decay }, context),
});
