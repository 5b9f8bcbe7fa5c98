import { integer, number } from '../../../contract/params';
import { defineRlTrainingDefense } from '../../definitions';
import { contextsOf, Recent } from '../../rl/contexts';

/** Trimmed targets: of the last rewards paid in a step's context, the mean without the largest and smallest. */
export default defineRlTrainingDefense({
  id: 'trimmed-rewards',
  title: 'Trimmed targets',
  summary:
    'Learns from the mean of what the same step paid before, the largest and smallest amounts left out. Close to the plain mean where nothing is wrong; deaf to a minority that is.',
  limits: 'Deaf to altered rewards up to the share cut at each end; beyond it they enter the mean.',
  reference: {
    authors: 'G. Lugosi, S. Mendelson',
    title: 'Robust multivariate mean estimation: the optimality of trimmed mean',
    year: 2021,
    where: 'Annals of Statistics 49(1), arXiv:1907.11391',
  },
  params: {
    share: number({
      default: 0.3,
      min: 0,
      max: 0.49,
      unit: 'share',
      help: 'Share of the rewards that is left out at each end.',
    }),
    memory: integer({
      default: 50,
      min: 1,
      max: 100_000,
      unit: 'rewards',
      help: 'Rewards of each context that are remembered.',
    }),
  },
  repair({ share, memory }, { environment }) {
    const recent = new Recent(contextsOf(environment), memory);
    const robust = (rewards: readonly number[], reward: number): number =>
      rewards.length === 0 ? reward : trimmedMean(rewards, share);
    return {
      learn: (step) => robust(recent.of(step, true), step.reward),
      judge: (step) => robust(recent.of(step, false), step.reward),
    };
  },
});

function trimmedMean(values: readonly number[], share: number): number {
  const cut = Math.floor(share * values.length);
  const kept = [...values].sort((a, b) => a - b).slice(cut, values.length - cut);
  return kept.reduce((a, b) => a + b, 0) / kept.length;
}
