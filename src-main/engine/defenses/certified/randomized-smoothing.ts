import * as tf from '@tensorflow/tfjs';
import { integer, number } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import { defineCertifiedDefense } from '../../definitions';
import { noise } from '../../kernels';
import { certify } from '../../smoothing';

/** Randomized smoothing: the class most noisy copies of an image get, with a proof of how far it holds. */
export default defineCertifiedDefense({
  id: 'randomized-smoothing',
  title: 'Randomized smoothing',
  summary:
    'Trains on images with Gaussian noise, and answers with the class that most noisy copies of an image get, or abstains where the vote is not clear. From the share of that class follows a radius (L2) within which no attack can change the answer, with a stated confidence.',
  limits:
    'The radius holds with probability 1 − alpha for each input, and grows slowly with n: n copies that all agree prove at most sigma · Φ⁻¹(alpha^(1/n)). Answers cost n0 passes. Attacks that do not average over draws (expectation) see one noisy copy at a time.',
  formula: 'g(x) = the class most f(x + u) say, u ~ N(0, σ²I);  radius R = σ · Φ⁻¹(p_A)',
  reference: {
    authors: 'J. Cohen, E. Rosenfeld, J. Z. Kolter',
    title: 'Certified adversarial robustness via randomized smoothing',
    year: 2019,
    where: 'ICML, arXiv:1902.02918',
  },
  params: {
    sigma: number({
      default: 0.5,
      min: 0,
      exclusiveMin: true,
      max: 10,
      unit: 'pixel range',
      help: 'Standard deviation of the noise, in training and in answers.',
    }),
    n0: integer({
      default: 100,
      min: 1,
      max: 1e6,
      unit: 'copies',
      help: 'Noisy copies that an answer is voted by, and that choose the class of a certificate.',
    }),
    n: integer({
      default: 1000,
      min: 1,
      max: 1e7,
      unit: 'copies',
      help: 'Noisy copies that a certificate counts. 100,000 in the paper.',
    }),
    alpha: number({
      default: 0.001,
      min: 0,
      exclusiveMin: true,
      max: 0.5,
      unit: 'probability',
      help: 'Chance that a certificate or an answer is wrong.',
    }),
  },
  check({ n0, n, alpha }) {
    // Even n copies that all agree leave the lower bound alpha^(1/n), which must exceed one half.
    const enough = Math.floor(Math.log2(1 / alpha)) + 1;
    if (n < enough) {
      throw new LabError(
        'defenses.randomized-smoothing.n',
        `found ${n}: even if all ${n} copies agree, their class has a share of only ${(alpha ** (1 / n)).toFixed(3)} at confidence 1 − ${alpha}, where more than one half is needed`,
        `Take n of at least ${enough}, or a larger alpha.`,
      );
    }
    // The two-sided test of a vote that all n0 copies agree on has p = 2 · 2^−n0.
    const votes = Math.ceil(Math.log2(2 / alpha));
    if (n0 < votes) {
      throw new LabError(
        'defenses.randomized-smoothing.n0',
        `found ${n0}: even if all ${n0} copies agree, the vote has p = ${(2 * 0.5 ** n0).toPrecision(2)}, above alpha ${alpha}, so that every answer would be an abstention`,
        `Take n0 of at least ${votes}, or a larger alpha.`,
      );
    }
  },
  cost: ({ epochs, batches }) => epochs * batches,
  async train(trainer, { train }, { sigma }) {
    await trainer.fit(train, {
      async perturb(_model, { images }, _progress, { random }) {
        return tf.tidy(() => {
          const drawn = tf.tensor4d(noise('normal', images.size, random('noise')), images.shape);
          return tf.add(images, tf.mul(drawn, sigma));
        });
      },
    });
  },
  smoothing: ({ sigma, n0, alpha }) => ({ sigma, votes: n0, alpha }),
  certificateCost: ({ n0, n }) => n0 + n,
  certify: (target, split, { sigma, n0, n, alpha }, context) =>
    certify(target, split, { sigma, votes: n0, alpha }, n, context),
});
