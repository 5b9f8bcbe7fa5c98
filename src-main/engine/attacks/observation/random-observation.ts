import { defineObservationAttack } from '../../definitions';
import { inBox, observationParams } from '../observation-budget';

/** Random observations: drawn uniformly from the ball, in Linf every value moved by U(−ε, ε); on a grid the believed cell is any within k steps, alike. */
export default defineObservationAttack({
  id: 'random-observation',
  title: 'Random observation noise',
  summary:
    'Moves every value of the observation by a uniform draw from [−ε, ε]; on a grid the agent believes itself in a random cell within k steps. Knows nothing of the agent: the yardstick every other attack must beat.',
  limits: 'No attacker: a return kept under noise says nothing of robustness.',
  reference: {
    authors: 'H. Zhang, H. Chen, C. Xiao, B. Li, M. Liu, D. Boning, C.-J. Hsieh',
    title: 'Robust deep reinforcement learning against adversarial perturbations on state observations',
    year: 2020,
    where: 'NeurIPS, arXiv:2003.08938',
  },
  knowledge: 'none',
  requires: [],
  params: observationParams,
  ...inBox,
  perturb: (observations, _policy, _params, { ball, random }) => ball.draw(observations, random),
  displace: (reach) =>
    reach.map(({ cells }) => cells.map((state) => ({ state, probability: 1 / cells.length }))),
});
