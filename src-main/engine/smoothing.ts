/** A classifier smoothed by Gaussian noise: its answers, and what they prove (Cohen, Rosenfeld, Kolter 2019, arXiv:1902.02918). */
import * as tf from '@tensorflow/tfjs';
import type { Split } from '../contract/dataset';
import { ABSTAINED } from '../contract/events';
import type { Random } from '../contract/random';
import { clopperPearsonLower, mcnemar, normalQuantile } from '../contract/statistics';
import type { Context } from './context';
import type { Certificates, Ruling, Smoothing, WhiteBoxTarget } from './definitions';
import { noise } from './kernels';
import { argMax } from './oracle';
import { inParts, sizeOf, toBatch } from './splits';
import { PreprocessedTarget } from './target-views';
import { readOut } from './read-out';

const noisy = (images: tf.Tensor4D, sigma: number, random: Random): tf.Tensor4D =>
  tf.add(images, tf.mul(tf.tensor4d(noise('normal', images.size, random), images.shape), sigma));

/** How often each class is given to noisy copies of each image, in draws `from` to before `to`: added to n × classes `counts`. */
function count(
  target: WhiteBoxTarget,
  images: tf.Tensor4D,
  sigma: number,
  draws: number,
  random: Random,
  counts: Uint32Array,
): void {
  for (let i = 0; i < draws; i++) {
    const labels = readOut<'int32'>(() => target.logits(noisy(images, sigma, random)).argMax(1));
    labels.forEach((label, row) => counts[row * target.classes + label]!++);
  }
}

/**
 * The smoothed classifier as it is met. Attackers see the network at one noisy copy of each image they ask about, and so
 * average over draws; its ruling is the paper's PREDICT, by a vote whose noise is the same for every call.
 */
export class SmoothedTarget extends PreprocessedTarget {
  readonly ruling: Ruling;

  /** @param votes noise of the vote, from its beginning at every call */
  constructor(target: WhiteBoxTarget, smoothing: Smoothing, random: Random, votes: () => Random) {
    const { sigma, alpha } = smoothing;
    super(
      target,
      (images, drawn) => ({ images: noisy(images, sigma, drawn), pullback: (gradient) => gradient }),
      true,
      random,
    );
    this.ruling = {
      silence: ABSTAINED,
      on(images) {
        const { classes } = target;
        const counts = new Uint32Array(images.shape[0] * classes);
        count(target, images, sigma, smoothing.votes, votes(), counts);
        const ruled = Array.from({ length: images.shape[0] }, (_, row) => {
          const first = argMax(counts, row * classes, classes);
          const others = counts.slice(row * classes, (row + 1) * classes);
          const votes = others[first]!;
          others[first] = 0;
          const rival = others[argMax(others, 0, classes)]!;
          const clear = votes > rival && mcnemar(votes, rival) <= alpha;
          return { label: clear ? first : ABSTAINED, share: votes / smoothing.votes };
        });
        return { labels: ruled.map(({ label }) => label), confidences: ruled.map(({ share }) => share) };
      },
    };
  }
}

/** Inputs certified together, and draws between two breaths. */
const AT_ONCE = 250;
const DRAWS = 10;

/**
 * The paper's CERTIFY: `votes` noisy copies choose a class, `n` others bound its probability pA from below, and the radius is
 * sigma · Φ⁻¹(pA) where pA exceeds one half; else it abstains. Each certificate is wrong with probability alpha at most.
 */
export async function certify(
  target: WhiteBoxTarget,
  split: Split,
  { sigma, votes, alpha }: Smoothing,
  n: number,
  context: Context,
): Promise<Certificates> {
  const { classes } = target;
  const radius = new Float32Array(sizeOf(split)).fill(-1);
  let abstained = 0;
  for (const [start, part] of inParts(split, AT_ONCE)) {
    const { images, labels } = toBatch(part, target.inputShape);
    const counted = async (purpose: string, draws: number): Promise<Uint32Array> => {
      const random = context.random(purpose, start);
      const counts = new Uint32Array(sizeOf(part) * classes);
      for (let done = 0; done < draws; done += DRAWS) {
        count(target, images, sigma, Math.min(DRAWS, draws - done), random, counts);
        await context.breathe();
      }
      return counts;
    };
    const chosen = await counted('selection', votes);
    const counts = await counted('estimation', n);
    part.labels.forEach((label, row) => {
      const top = argMax(chosen, row * classes, classes);
      const share = clopperPearsonLower(counts[row * classes + top]!, n, alpha);
      if (share <= 0.5) abstained++;
      else if (top === label) radius[start + row] = downwards(sigma * normalQuantile(share));
    });
    tf.dispose([images, labels]);
  }
  return { method: 'randomized-smoothing', norm: 'l2', radius, abstained };
}

/** A float32 that is not above the value, by a margin that the quantile's own error does not reach. */
const downwards = (value: number): number => Math.fround(value * (1 - 1e-6));
