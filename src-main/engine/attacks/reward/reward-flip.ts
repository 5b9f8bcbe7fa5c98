import { number } from '../../../contract/params';
import { defineRewardAttack } from '../../definitions';

/** Sign flips: with probability p the learner is paid −r instead of r. */
export default defineRewardAttack({
  id: 'reward-flip',
  title: 'Reward sign flip',
  summary:
    'With the given probability a step pays the learner the opposite of its reward. Below one half the expected reward is only scaled and learning slows; above, the learner is taught to fail.',
  limits: 'Expected pay is (1 − 2p)·r: no flip below p = 0.5 changes which policy is best.',
  reference: {
    authors: 'J. Wang, Y. Liu, B. Li',
    title: 'Reinforcement learning with perturbed rewards',
    year: 2020,
    where: 'AAAI, arXiv:1810.01032',
  },
  knowledge: 'none',
  requires: [],
  params: {
    probability: number({
      default: 0.6,
      min: 0,
      max: 1,
      unit: 'probability',
      help: 'How often the sign is flipped.',
    }),
  },
  corrupt: (reward, { probability }, { random }) => (random.uniform() < probability ? -reward : reward),
});
