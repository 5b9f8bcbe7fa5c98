import { integer, number, choice } from '../../../contract/params';
import { defineRlWrapperDefense } from '../../definitions';
import { Ball } from '../../rl/ball';
import { greedyActions } from '../../rl/greedy';

/**
 * Smoothing by majority vote (after Cohen et al. 2019 and, for agents, Wu et al. 2022): the agent looks at several noisy
 * copies of an observation and does what most of them ask for,
 *
 *     scores(s)ₐ = share of the draws η with argmax Q(s + η) = a,   η ~ N(0, σ²).
 *
 * The draws are made once and are the same for every observation, so that the smoothed policy is a fixed function that
 * an attacker may know. Attacks go through it along the mean scores of the copies, since votes have no gradient.
 */
export default defineRlWrapperDefense({
  id: 'observation-smoothing',
  title: 'Observation smoothing',
  summary:
    'Adds noise to what a trained agent sees, many times over, and lets the copies vote. Blurs decisions that hang on a hair; costs as many looks a step as there are votes.',
  limits:
    'Trained without the noise. No certificate is claimed: those of the papers are probabilistic and of the return of a randomised policy.',
  formula: 'a = the action that most of π(o + u) choose, u drawn anew for every vote',
  reference: {
    authors: 'F. Wu, L. Li, Z. Huang, Y. Vorobeychik, D. Zhao, B. Li',
    title: 'CROP: certifying robust policies for reinforcement learning through functional smoothing',
    year: 2022,
    where: 'ICLR, arXiv:2106.09292',
  },
  params: {
    sigma: number({
      default: 0.1,
      min: 0,
      max: 1000,
      unit: 'observation range',
      help: 'Standard deviation of the noise on every value.',
    }),
    unit: choice({
      options: ['absolute', 'deviations'],
      default: 'absolute',
      help: 'Whether sigma is in the units of the values, or of each in its standard deviation as agents play.',
      advanced: true,
    }),
    votes: integer({
      default: 31,
      min: 1,
      max: 10_001,
      unit: 'count',
      help: 'Noisy copies a step; odd, so that two actions never tie.',
    }),
  },
  requires: ['box-observations'],
  wrap(policy, { sigma, unit, votes }, { observationSpace: space }, random) {
    if (space.kind !== 'box') throw new RangeError('observation-smoothing needs observations of real values');
    const { observationSize: size, actions, gradient } = policy;
    const { units } = new Ball(space, sigma, 'linf', unit);
    const noise = Float32Array.from(
      { length: votes * size },
      (_, i) => sigma * units[i % size]! * random.normal(),
    );
    const copies = (observations: Float32Array): Float32Array => {
      const all = new Float32Array(observations.length * votes);
      for (let k = 0; k < all.length; k++) {
        const row = Math.floor(k / (votes * size));
        all[k] = observations[row * size + (k % size)]! + noise[k % noise.length]!;
      }
      return all;
    };
    /** Means of `width` values a copy over the copies of a row; summed first, so that whole votes stay exact. */
    const averaged = (values: Float32Array, width: number): Float32Array => {
      const sums = new Float32Array(values.length / votes);
      values.forEach((value, k) => {
        const row = Math.floor(k / (votes * width));
        sums[row * width + (k % width)]! += value;
      });
      return sums.map((sum) => sum / votes);
    };
    return {
      observationSize: size,
      actions,
      capabilities: policy.capabilities,
      ...(policy.judge && { judge: policy.judge }),
      scores(observations) {
        const choices = greedyActions(policy.scores(copies(observations)), actions);
        const ballots = new Float32Array(choices.length * actions);
        choices.forEach((action, i) => (ballots[i * actions + action] = 1));
        return averaged(ballots, actions);
      },
      ...(gradient && {
        gradient(observations, loss) {
          let taken!: ReturnType<typeof loss> & { scores: Float32Array };
          const ofCopies = gradient(copies(observations), (all) => {
            const scores = averaged(all, actions);
            taken = { scores, ...loss(scores) };
            return {
              loss: new Float32Array(all.length / actions),
              gradient: all.map((_, k) => {
                const row = Math.floor(k / (votes * actions));
                return taken.gradient[row * actions + (k % actions)]!;
              }),
            };
          });
          return {
            scores: taken.scores,
            loss: taken.loss,
            gradient: averaged(ofCopies.gradient, ofCopies.gradient.length / ofCopies.loss.length),
          };
        },
      }),
    };
  },
});
