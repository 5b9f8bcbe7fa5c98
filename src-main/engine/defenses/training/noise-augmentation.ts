import { number } from '../../../contract/params';
import { defineTrainingDefense } from '../../definitions';
import { concatenated } from '../../splits';

/** The article's augmentation: epsilon × random sign added to every image, clipped, and trained on beside the clean data. */
export default defineTrainingDefense({
  id: 'noise-augmentation',
  title: 'Noise augmentation',
  summary:
    'Adds to the training data one copy of every image with each pixel moved by plus or minus epsilon at random. Often sold as a defence; it is none: random noise is not what an attacker chooses.',
  limits: 'Raises robustness to noise only. Kept to show the difference from real adversarial training.',
  formula: 'min_θ E[L(f_θ(x + u), y)], each uᵢ = ±ε at random',
  reference: {
    authors: 'N. Ford, J. Gilmer, N. Carlini, E. D. Cubuk',
    title: 'Adversarial examples are a natural consequence of test error in noise',
    year: 2019,
    where: 'ICML, arXiv:1901.10513',
  },
  params: {
    epsilon: number({
      default: 0.3,
      min: 0,
      max: 1,
      unit: 'pixel range',
      help: 'How far every pixel is moved, up or down.',
    }),
  },
  against: ['random-noise'],
  cost: ({ epochs, batches }) => epochs * batches * 2,
  async train(trainer, { train }, { epsilon }, context) {
    const random = context.random('signs');
    const noisy = train.images.map((pixel) =>
      Math.min(1, Math.max(0, pixel + (random.uniform() < 0.5 ? -epsilon : epsilon))),
    );
    await trainer.fit(concatenated(train, { images: noisy, labels: train.labels }));
  },
});
