import { defineActionAttack } from '../../definitions';

/** Random actions: with probability p any action is done in place of the agent's, each alike. */
export default defineActionAttack({
  id: 'random-action',
  title: 'Random action',
  summary:
    'Now and then any action is done in place of the one the agent chose. Knows nothing of the agent: an unreliable actuator, and the yardstick of every other attack on actions.',
  reference: {
    authors: 'C. Tessler, Y. Efroni, S. Mannor',
    title: 'Action robust reinforcement learning and applications in continuous control',
    year: 2019,
    where: 'ICML, arXiv:1901.09184',
  },
  knowledge: 'none',
  requires: [],
  params: {},
  override: (scores) => scores.map(() => 1 / scores.length),
});
