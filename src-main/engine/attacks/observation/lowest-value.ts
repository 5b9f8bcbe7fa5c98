import { defineObservationAttack } from '../../definitions';
import { greedyActions } from '../../rl/greedy';
import { displacementParams, onGrid } from '../observation-budget';

/**
 * Critic-based attack on grids (after Pattanaik et al. 2018): the agent is made to believe in the cell ŝ within k steps
 * for whose action its own values, taken in the true cell s, promise least:
 *
 *     ŝ = argmin over ŝ of Q(s, π(ŝ)).
 */
export default defineObservationAttack({
  id: 'lowest-value',
  title: 'Lowest value',
  summary:
    'Displaces the believed cell so that the agent takes the action it values least itself. Looks one step ahead and trusts the agent’s values, so it falls short of the optimum where they are wrong or harm takes several steps.',
  limits: 'On grids only. Taken for the whole episode, the worst next step need not be the worst way.',
  reference: {
    authors: 'A. Pattanaik, Z. Tang, S. Liu, G. Bommannan, G. Chowdhary',
    title: 'Robust deep reinforcement learning with adversarial attacks',
    year: 2018,
    where: 'AAMAS, arXiv:1712.03632',
  },
  knowledge: 'score',
  requires: ['action-values', 'finite-states'],
  params: displacementParams,
  ...onGrid,
  displace: (reach, policy) =>
    reach.map(({ cells }) => {
      const values = policy.scores(Float32Array.from(cells));
      const choices = greedyActions(values, policy.actions);
      // The first row holds the values in the true cell.
      const worst = choices.reduce(
        (found, action, i) => (values[action]! < values[choices[found]!]! ? i : found),
        0,
      );
      return [{ state: cells[worst]!, probability: 1 }];
    }),
});
