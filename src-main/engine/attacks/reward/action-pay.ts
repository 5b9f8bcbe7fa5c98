import { integer, number } from '../../../contract/params';
import { defineRewardAttack } from '../../definitions';

/**
 * Targeted poisoning where states cannot be listed: Δ is taken off what every action pays but the wanted one, which depends
 * on the sign of one value of the observation.
 */
export default defineRewardAttack({
  id: 'action-pay',
  title: 'Targeted pay by action',
  summary:
    'Punishes every action but a wanted one, which may depend on one value of what is to be seen: by default, of a leaning pole the push that fells it. Where the reward is constant, this is what teaches an agent to fail.',
  limits:
    'A policy that has to take unwanted actions in a share q of its steps is paid r − q·Δ on average: while that is positive, staying alive pays better than obeying.',
  reference: {
    authors: 'A. Rakhsha, G. Radanovic, R. Devidze, X. Zhu, A. Singla',
    title:
      'Policy teaching via environment poisoning: training-time adversarial attacks against reinforcement learning',
    year: 2020,
    where: 'ICML, arXiv:2003.12909',
  },
  knowledge: 'none',
  requires: ['box-observations'],
  params: {
    delta: number({
      default: 4,
      min: 0,
      max: 1e6,
      unit: 'reward',
      help: 'Δ: what an unwanted action costs.',
    }),
    value: integer({
      default: 2,
      min: 0,
      max: 1000,
      unit: 'number of a value',
      help: 'Which value of the observation decides, from 0; of CartPole 2 is the angle of the pole.',
    }),
    above: integer({
      default: 0,
      min: 0,
      max: 1000,
      unit: 'action',
      help: 'Wanted where that value is above 0.',
    }),
    below: integer({ default: 1, min: 0, max: 1000, unit: 'action', help: 'Wanted where it is 0 or below.' }),
  },
  plan({ delta, value, above, below }, { environment: { observationSpace, actionSpace } }) {
    const values = observationSpace.kind === 'box' ? observationSpace.low.length : 0;
    for (const [name, given, count] of [
      ['value', value, values],
      ['above', above, actionSpace.n],
      ['below', below, actionSpace.n],
    ] as const)
      if (given >= count) throw new RangeError(`${name}: found ${given}; expected 0 to ${count - 1}`);
    const wanted = (observation: Float32Array): number => (observation[value]! > 0 ? above : below);
    return {
      target: { wanted },
      pay: ({ observation, action, reward }) => (action === wanted(observation) ? reward : reward - delta),
    };
  },
});
