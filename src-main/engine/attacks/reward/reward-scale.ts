import { number } from '../../../contract/params';
import { defineRewardAttack } from '../../definitions';

/** The learner is paid factor · r. */
export default defineRewardAttack({
  id: 'reward-scale',
  title: 'Reward scaling',
  summary:
    'Multiplies every reward. A positive factor leaves the best policy what it was: a table does not mind, a network trained with a fixed learning rate does. A negative one teaches the opposite.',
  limits: 'One factor for all steps.',
  reference: {
    authors: 'S. Gu, L. Shi, M. Wen, M. Jin, E. Mazumdar, Y. Chi, A. Wierman, C. Spanos',
    title: 'Robust Gymnasium: a unified modular benchmark for robust reinforcement learning',
    year: 2025,
    where: 'ICLR, arXiv:2502.19652',
  },
  knowledge: 'none',
  requires: [],
  params: {
    factor: number({
      default: 0.01,
      min: -1e6,
      max: 1e6,
      unit: 'times',
      help: 'What rewards are multiplied by.',
    }),
  },
  corrupt: (reward, { factor }) => factor * reward,
});
