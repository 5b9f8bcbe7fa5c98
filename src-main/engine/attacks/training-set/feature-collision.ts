import * as tf from '@tensorflow/tfjs';
import { integer, number } from '../../../contract/params';
import { defineTrainingSetAttack, type Loss } from '../../definitions';
import { againstInput, allowed, plotted, targetedParams } from '../targeted';
import { altered, drawn } from '../training-samples';

/** Poison Frogs: samples of one class that look like it and, to a network, feel like the chosen test input. Images in [0, 1]. */
export default defineTrainingSetAttack({
  id: 'feature-collision',
  title: 'Feature collision (Poison Frogs)',
  summary:
    'Moves some samples of the target class towards one chosen test input in the activations of a network of the attacker’s own, while they stay near what they were in pixels. Their labels stay right. A model that learns them is to give that one input the target class, and nothing else changes.',
  limits:
    'Made for networks of which only the last layer is trained anew, where `within: ball` is what works: a model trained from scratch learns other activations, and what collides in the attacker’s sets its samples apart there. Held to a blend it is hardly more than a watermark. The samples are held to an Linf ball, which the paper leaves to the weight of the distance.',
  reference: {
    authors: 'A. Shafahi, W. R. Huang, M. Najibi, O. Suciu, C. Studer, T. Dumitras, T. Goldstein',
    title: 'Poison frogs! Targeted clean-label poisoning attacks on neural networks',
    year: 2018,
    where: 'NeurIPS, arXiv:1804.00792',
  },
  knowledge: 'transfer',
  requires: [],
  params: {
    ...targetedParams,
    steps: integer({ default: 200, min: 1, max: 100000, unit: 'steps', help: 'Steps of the descent.' }),
    stepSize: number({
      default: 0.01,
      min: 0,
      max: 1,
      unit: 'pixel range',
      help: 'Length of a step, in Linf.',
      advanced: true,
    }),
    closeness: number({
      default: 0.1,
      min: 0,
      max: 1000,
      help: 'Weight of the squared distance to the sample as it was; the paper’s β.',
      advanced: true,
    }),
    watermark: number({
      default: 0.3,
      min: 0,
      max: 1,
      unit: 'share',
      help: 'How far the test input is blended over the samples first; the paper’s way where all layers are trained.',
    }),
  },
  surrogate: () => true,
  cost: ({ batches }, { rate, steps }) => 0.8 * steps * rate * batches,
  victim: ({ input, target }) => ({ input, target }),
  eligible: againstInput('feature-collision'),
  async poison(
    dataset,
    eligible,
    { epsilon, within, steps, stepSize, closeness, watermark, input },
    context,
  ) {
    const changed = drawn(eligible, context.random('samples'));
    if (changed.length === 0) return altered(dataset, changed, {});
    const model = await context.surrogate();
    const { bases, victim } = plotted(dataset, changed, input);
    const wanted = model.features(victim.images);
    const limits = { epsilon, within };
    let images = tf.tidy(() => {
      const marked = tf.add(
        bases.images,
        tf.mul(tf.sub(victim.images, bases.images), watermark),
      ) as tf.Tensor4D;
      return allowed(marked, bases.images, victim.images, limits);
    });
    const loss = towards(wanted);
    for (let step = 0; step < steps; step++) {
      const next = tf.tidy(() => {
        const { gradient } = model.featureGradient(images, loss);
        // Forward: nearer to the input's activations. Backward: a part of the way to the sample as it was.
        const forward = tf.sub(images, tf.mul(tf.sign(gradient), stepSize));
        const pull = stepSize * closeness;
        const backward = tf.div(tf.add(forward, tf.mul(bases.images, pull)), 1 + pull) as tf.Tensor4D;
        return allowed(backward, bases.images, victim.images, limits);
      });
      images.dispose();
      images = next;
      context.progress((step + 1) / steps);
      await context.breathe();
    }
    const made = images.dataSync<'float32'>().slice();
    tf.dispose([images, wanted, bases, victim]);
    return altered(dataset, changed, { images: made });
  },
});

/** ‖f(x) − f(t)‖² of each input's features, and its gradient in them. */
export const towards =
  (wanted: tf.Tensor2D): Loss =>
  (features) => {
    const apart = tf.sub(features, wanted) as tf.Tensor2D;
    return { loss: tf.sum(tf.square(apart), 1) as tf.Tensor1D, gradient: tf.mul(apart, 2) };
  };
