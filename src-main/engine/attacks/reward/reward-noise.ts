import { number } from '../../../contract/params';
import { defineRewardAttack } from '../../definitions';

/** Gaussian noise: the learner is paid r + N(0, σ²). */
export default defineRewardAttack({
  id: 'reward-noise',
  title: 'Reward noise',
  summary:
    'Adds Gaussian noise to the reward of every step. It cancels out on average, so it slows learning rather than misleading it.',
  reference: {
    authors: 'S. Gu, L. Shi, M. Wen, M. Jin, E. Mazumdar, Y. Chi, A. Wierman, C. Spanos',
    title: 'Robust Gymnasium: a unified modular benchmark for robust reinforcement learning',
    year: 2025,
    where: 'ICLR, arXiv:2502.19652',
  },
  knowledge: 'none',
  requires: [],
  params: {
    standardDeviation: number({ default: 1, min: 0, max: 1e6, unit: 'reward', help: 'σ of the noise.' }),
  },
  corrupt: (reward, { standardDeviation }, { random }) => reward + standardDeviation * random.normal(),
});
