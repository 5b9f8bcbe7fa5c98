import { defineActionAttack } from '../../definitions';

/**
 * The optimal attack on the actions of a fixed policy on a finite environment, by dynamic programming over the steps left
 * and the overrides left to spend (Tessler et al. 2019 for the probability; the budget is a further dimension of the
 * state). Where the attacker has the hands it does what leads to least, the agent's own action included. No attack of the
 * same probability and budget does more harm.
 */
export default defineActionAttack({
  id: 'optimal-action',
  title: 'Optimal action',
  summary:
    'Does the action that costs the agent most over the rest of the episode, computed exactly from the environment’s transitions, and saves its budget for where it counts. Every other attack on actions is shown as a share of it.',
  limits: 'Knows the environment and the steps left; only where every transition can be listed.',
  reference: {
    authors: 'C. Tessler, Y. Efroni, S. Mannor',
    title: 'Action robust reinforcement learning and applications in continuous control',
    year: 2019,
    where: 'ICML, arXiv:1901.09184',
  },
  knowledge: 'white-box',
  requires: ['finite-states', 'scores'],
  params: {},
  foresee: (choice, worths) =>
    worths.reduce((worst, worth, action) => (worth < worths[worst]! ? action : worst), choice),
});
