import { defineObservationAttack } from '../../definitions';
import { displacementParams, onGrid } from '../observation-budget';

/**
 * The optimal observation adversary of a fixed policy π on a finite environment, by dynamic programming (Zhang et al.
 * 2020, the Bellman equation of the state-adversarial MDP). In true state s, with t steps left, it makes the agent
 * believe in the cell ŝ of its reach B(s) whose action costs most:
 *
 *     V_t(s) = min over ŝ ∈ B(s) of Q_t(s, π(ŝ)),   Q_t(s, a) = Σ P(s′|s, a) · (r + V_{t−1}(s′)).
 *
 * Episodes are cut at the step limit and returns undiscounted, so the best adversary looks at the steps left; it needs
 * no memory. The same V is a certificate: no displacement within the reach pushes the expected return below it.
 */
export default defineObservationAttack({
  id: 'optimal-displacement',
  title: 'Optimal displacement',
  summary:
    'Displaces the believed cell so that the agent loses most over the whole episode, computed exactly from the environment’s transitions. Nothing within the same number of cells can do more harm, so every other attack is shown as a share of it.',
  limits: 'Knows the environment and the steps left; only where every transition can be listed.',
  reference: {
    authors: 'H. Zhang, H. Chen, C. Xiao, B. Li, M. Liu, D. Boning, C.-J. Hsieh',
    title: 'Robust deep reinforcement learning against adversarial perturbations on state observations',
    year: 2020,
    where: 'NeurIPS, arXiv:2003.08938',
  },
  knowledge: 'white-box',
  requires: ['finite-states'],
  params: displacementParams,
  ...onGrid,
  foresee({ cells }, choice, worth) {
    const harm = (cell: number): number => -worth(choice(cell));
    const worst = cells.reduce((found, cell) => (harm(cell) > harm(found) ? cell : found));
    return [{ state: worst, probability: 1 }];
  },
});
