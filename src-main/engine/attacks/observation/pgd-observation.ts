import { defineObservationAttack } from '../../definitions';
import { greedyActions } from '../../rl/greedy';
import { crossEntropy, type LossFrom } from '../../rl/score-losses';
import { inBox, observationParams } from '../observation-budget';
import { ascended, deriveStepSize, highestCells, stepParams } from '../score-ascent';

const doubt =
  (actions: number): LossFrom =>
  (truth) =>
    crossEntropy(greedyActions(truth, actions), actions);

/**
 * PGD on observations: gradient steps on CE(softmax(Q(ŝ)), a*) from a random start within the ball, a* the action chosen on
 * the true observation; the best of them is kept. On a grid every cell within k steps is tried.
 */
export default defineObservationAttack({
  id: 'pgd-observation',
  title: 'PGD on observations',
  summary:
    'FGSM on observations in several steps: finds what makes the agent doubt its choice most, nearly whatever the ball hides. Makes it err at every step, but not where an error costs most.',
  limits: 'Makes the agent doubt its choice, whatever a wrong one costs.',
  reference: {
    authors: 'A. Madry, A. Makelov, L. Schmidt, D. Tsipras, A. Vladu',
    title: 'Towards deep learning models resistant to adversarial attacks',
    year: 2018,
    where: 'ICLR, arXiv:1706.06083; on agents in arXiv:2003.08938',
  },
  knowledge: 'white-box',
  requires: ['gradients'],
  params: { ...observationParams, ...stepParams },
  ...inBox,
  derive: deriveStepSize,
  perturb: (observations, policy, params, context) =>
    ascended(observations, policy, doubt(policy.actions), params, context),
  displace: (reach, policy) => highestCells(reach, policy, doubt(policy.actions)),
});
