import { number } from '../../../contract/params';
import { defineRlTrainingDefense } from '../../definitions';

/** Rewards outside a range are taken for the nearest within it (Mnih et al. 2015). */
export default defineRlTrainingDefense({
  id: 'reward-clipping',
  title: 'Reward clipping',
  summary:
    'Takes no reward for larger or smaller than a given range. Bounds what a poisoner can do in one step; what lies within the range passes, and what the task really pays beyond it is lost.',
  limits:
    'Bounds the change of a step, not the number of steps. A range narrower than the task’s own changes the task.',
  reference: {
    authors: 'V. Mnih et al.',
    title: 'Human-level control through deep reinforcement learning',
    year: 2015,
    where: 'Nature 518, 529–533, doi:10.1038/nature14236',
  },
  params: {
    low: number({
      default: -1,
      min: -1e6,
      max: 1e6,
      unit: 'reward',
      help: 'Smallest reward that is believed.',
    }),
    high: number({
      default: 1,
      min: -1e6,
      max: 1e6,
      unit: 'reward',
      help: 'Largest reward that is believed.',
    }),
  },
  repair({ low, high }) {
    if (low >= high) throw new RangeError(`low: found ${low}; expected less than high, which is ${high}`);
    const clip = ({ reward }: { reward: number }): number => Math.max(low, Math.min(high, reward));
    return { learn: clip, judge: clip };
  },
});
