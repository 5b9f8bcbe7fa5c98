import { defineActionAttack } from '../../definitions';

/**
 * The adversary of the probabilistic action-robust MDP (Tessler et al. 2019), guided by the agent's own scores: with
 * probability p the action is done that the agent thinks least of,
 *
 *     a = argmin Q(s, ·),   for a policy without values the least likely one.
 */
export default defineActionAttack({
  id: 'worst-action',
  title: 'Worst action',
  summary:
    'Now and then the action is done that the agent itself thinks least of. Looks one step ahead and trusts the agent’s values; on grids the optimal action shows what that misses.',
  limits: 'The scores of a policy without values tell what it avoids, not what it would cost.',
  reference: {
    authors: 'C. Tessler, Y. Efroni, S. Mannor',
    title: 'Action robust reinforcement learning and applications in continuous control',
    year: 2019,
    where: 'ICML, arXiv:1901.09184',
  },
  knowledge: 'score',
  requires: ['scores'],
  params: {},
  override(scores) {
    const worst = scores.indexOf(Math.min(...scores));
    return scores.map((_, action) => (action === worst ? 1 : 0));
  },
});
