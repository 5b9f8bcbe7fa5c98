import { number } from '../../../contract/params';
import { defineRlTrainingDefense } from '../../definitions';
import { randomised } from '../../rl/randomised';

/** Domain randomisation: every training episode is played in a world of its own, its quantities drawn from their ranges. */
export default defineRlTrainingDefense({
  id: 'domain-randomisation',
  title: 'Domain randomisation',
  summary:
    'Draws the masses, lengths, forces or slipperiness of every training episode anew, so that the agent learns one policy for all those worlds. What it gains far from the world it is meant for it may lose there.',
  limits:
    'Prepares for the ranges drawn from. The agent cannot tell worlds apart from a single observation, so that it settles for a compromise.',
  reference: {
    authors: 'J. Tobin, R. Fong, A. Ray, J. Schneider, W. Zaremba, P. Abbeel',
    title: 'Domain randomization for transferring deep neural networks from simulation to the real world',
    year: 2017,
    where: 'IROS, arXiv:1703.06907',
  },
  params: {
    reach: number({
      default: 0.7,
      min: 0,
      max: 1,
      unit: 'share of the range',
      help: 'How far each quantity may leave its nominal value: CartPole’s to a fifth and five times at 1, slip and recoil to 0.5.',
    }),
    nominalShare: number({
      default: 0.25,
      min: 0,
      max: 1,
      unit: 'share',
      help: 'Share of the episodes that are played in the world as it is.',
      advanced: true,
    }),
  },
  slowdown: () => 1.1,
  world: ({ reach, nominalShare }, environment, random) =>
    randomised(environment, reach, nominalShare, random),
});
