import { defineObservationAttack } from '../../definitions';
import { divergenceFrom, softmax, type LossFrom } from '../../rl/score-losses';
import { inBox, observationParams } from '../observation-budget';
import { ascended, deriveStepSize, highestCells, stepParams } from '../score-ascent';

const divergence =
  (actions: number): LossFrom =>
  (truth) =>
    divergenceFrom(softmax(truth, actions), actions);

/**
 * Maximal action difference (Zhang et al. 2020): ŝ = argmax KL(π(s) ‖ π(ŝ)) by stochastic gradient Langevin dynamics from a
 * random start and from its mirror image, since the gradient at s itself is zero and the divergence rises to both sides of
 * it; the best observation met is kept. A DQN's π is softmax(Q). On a
 * grid every cell within k steps is tried.
 */
export default defineObservationAttack({
  id: 'mad',
  title: 'Maximal action difference (MAD)',
  summary:
    'Makes the policy differ as much as possible from what it would do on the true observation. Needs no values and no training, and finds what a single step such as FGSM misses.',
  limits: 'Looks at how differently the agent acts, not at what that costs.',
  formula: 'max over o′ in B(o, ε) of KL(π(·|o) ‖ π(·|o′))',
  reference: {
    authors: 'H. Zhang, H. Chen, C. Xiao, B. Li, M. Liu, D. Boning, C.-J. Hsieh',
    title: 'Robust deep reinforcement learning against adversarial perturbations on state observations',
    year: 2020,
    where: 'NeurIPS, arXiv:2003.08938',
  },
  knowledge: 'white-box',
  requires: ['gradients'],
  params: { ...observationParams, ...stepParams },
  ...inBox,
  derive: deriveStepSize,
  perturb: (observations, policy, params, context) =>
    ascended(observations, policy, divergence(policy.actions), params, context, {
      langevin: true,
      mirrored: true,
    }),
  displace: (reach, policy) => highestCells(reach, policy, divergence(policy.actions)),
});
