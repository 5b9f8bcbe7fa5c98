import { number } from '../../../contract/params';
import { defineRlTrainingDefense } from '../../definitions';

/**
 * Training for the probabilistic action-robust MDP (PR-MDP; Tessler et al. 2019): with probability α the learner's worst
 * action is done in place of its own, and what follows is valued accordingly,
 *
 *     V(s) = (1 − α) · max Q(s, ·) + α · min Q(s, ·),   Q(s, a) = E[r + γ · V(s′)].
 *
 * The paper alternates the policies of both players; with values one network holds both, since the adversary's is the
 * arg-min.
 */
export default defineRlTrainingDefense({
  id: 'action-robust-training',
  title: 'Action-robust training (PR-MDP)',
  summary:
    'The learner’s hands are taken now and then and its worst action done, and it values every state as one in which that may happen. It keeps away from where one wrong action is the last.',
  limits: 'For agents that learn values. The adversary knows those values, not the world.',
  reference: {
    authors: 'C. Tessler, Y. Efroni, S. Mannor',
    title: 'Action robust reinforcement learning and applications in continuous control',
    year: 2019,
    where: 'ICML, arXiv:1901.09184',
  },
  params: {
    alpha: number({
      default: 0.1,
      min: 0,
      max: 1,
      unit: 'probability',
      help: 'α: how often the worst action is done.',
    }),
  },
  requires: ['action-values'],
  slowdown: () => 1.2,
  disobedience: ({ alpha }) => alpha,
});
