import { integer } from '../../../contract/params';
import { defineRlTrainingDefense } from '../../definitions';
import { contextsOf, Recent } from '../../rl/contexts';

/**
 * Median of means (Lugosi and Mendelson 2019): of the last rewards paid in a step's context, block by block the mean, of
 * those the median. Few rewards cannot move it, however large.
 */
export default defineRlTrainingDefense({
  id: 'median-of-means',
  title: 'Median of means',
  summary:
    'Learns from the median of block means of what the same step paid before, instead of from what it pays now. A minority of altered rewards, however large, then changes nothing.',
  limits:
    'Helps where fewer than half of the blocks hold an altered reward, which with five rewards a block is while fewer than one in eight is altered: a block for each reward, which is the plain median, bears nearly half. A poisoning that alters the same step every time stands in the median as well.',
  reference: {
    authors: 'G. Lugosi, S. Mendelson',
    title: 'Mean estimation and regression under heavy-tailed distributions: a survey',
    year: 2019,
    where: 'Foundations of Computational Mathematics 19, arXiv:1906.04280',
  },
  params: {
    blocks: integer({
      default: 11,
      min: 1,
      max: 10_000,
      unit: 'blocks',
      help: 'Blocks whose means are taken.',
    }),
    memory: integer({
      default: 55,
      min: 1,
      max: 100_000,
      unit: 'rewards',
      help: 'Rewards of each context that are remembered.',
    }),
  },
  repair({ blocks, memory }, { environment }) {
    if (blocks > memory)
      throw new RangeError(`blocks: found ${blocks}; expected at most the ${memory} rewards remembered`);
    const recent = new Recent(contextsOf(environment), memory);
    const robust = (rewards: readonly number[], reward: number): number =>
      rewards.length === 0 ? reward : medianOfMeans(rewards, Math.min(blocks, rewards.length));
    return {
      learn: (step) => robust(recent.of(step, true), step.reward),
      judge: (step) => robust(recent.of(step, false), step.reward),
    };
  },
});

/** Blocks of nearly one size, in the order of the values. */
function medianOfMeans(values: readonly number[], blocks: number): number {
  const means = Array.from({ length: blocks }, (_, i) => {
    const from = Math.floor((i * values.length) / blocks);
    const to = Math.floor(((i + 1) * values.length) / blocks);
    let sum = 0;
    for (let k = from; k < to; k++) sum += values[k]!;
    return sum / (to - from);
  }).sort((a, b) => a - b);
  return (means[(blocks - 1) >> 1]! + means[blocks >> 1]!) / 2;
}
