import * as tf from '@tensorflow/tfjs';
import { number } from '../../../contract/params';
import { defineTrainingDefense } from '../../definitions';
import { noise } from '../../kernels';

/** Gaussian noise, drawn anew at every step, on a share of the images that are trained on. Images in [0, 1]. */
export default defineTrainingDefense({
  id: 'gaussian-augmentation',
  title: 'Gaussian augmentation',
  summary:
    'At every step some of the batch’s images get fresh Gaussian noise, clipped to the range of pixels. Costs nothing, smooths the model a little, and helps against noise and small perturbations.',
  limits: 'Noise is not what an attacker chooses: within a large epsilon the model falls as before.',
  formula: 'min_θ E[L(f_θ(x + u), y)], u ~ N(0, σ²I)',
  reference: {
    authors: 'V. Zantedeschi, M.-I. Nicolae, A. Rawat',
    title: 'Efficient defenses against adversarial attacks',
    year: 2017,
    where: 'AISec, arXiv:1707.06728',
  },
  params: {
    sigma: number({
      default: 0.3,
      min: 0,
      max: 10,
      unit: 'pixel range',
      help: 'Standard deviation of the noise.',
    }),
    share: number({
      default: 0.5,
      min: 0,
      exclusiveMin: true,
      max: 1,
      unit: 'share',
      help: 'Share of each batch that gets noise; the rest stays clean.',
    }),
  },
  cost: ({ epochs, batches }) => epochs * batches,
  async train(trainer, { train }, { sigma, share }) {
    await trainer.fit(train, {
      async perturb(_model, { images }, _progress, context) {
        // The order of the inputs is drawn, so the first rows are any.
        const rows = Math.round(share * images.shape[0]);
        const [, ...shape] = images.shape;
        return tf.tidy(() => {
          const [some, rest] = tf.split(images, [rows, images.shape[0] - rows]) as [tf.Tensor4D, tf.Tensor4D];
          const drawn = tf.tensor4d(noise('normal', some.size, context.random('noise')), [rows, ...shape]);
          return tf.concat([tf.clipByValue(tf.add(some, tf.mul(drawn, sigma)), 0, 1), rest]) as tf.Tensor4D;
        });
      },
    });
  },
});
