import * as tf from '@tensorflow/tfjs';
import { defineQueryAttack } from '../../definitions';
import { ballParams, inBall } from '../ball';
import { project, randomInBall } from '../../norms';

/** Uniform noise of the norm ball: the baseline that every real attack must beat. Images in [0, 1]. */
export default defineQueryAttack({
  id: 'random-noise',
  title: 'Random noise',
  summary:
    'A random point of the ball, chosen without asking the model. The baseline: an attack that is not stronger than this found nothing.',
  limits: 'No attacker: accuracy under noise says nothing of robustness.',
  formula: 'x′ = clip(x + u), u drawn at random from the ball of radius ε',
  reference: {
    authors: 'A. Fawzi, S.-M. Moosavi-Dezfooli, P. Frossard',
    title: 'Robustness of classifiers: from adversarial to random noise',
    year: 2016,
    where: 'NeurIPS, arXiv:1608.08967',
  },
  knowledge: 'none',
  requires: [],
  params: ballParams(0.1),
  ...inBall,
  cost: () => 0.1,
  async perturb(_target, { images }, _goal, { epsilon, norm }, context) {
    const [n, height, width, channels] = images.shape;
    const noise = randomInBall(n, height * width * channels, norm, epsilon, context.random('noise'));
    return tf.tidy(() => project(tf.add(images, tf.tensor4d(noise, images.shape)), images, norm, epsilon));
  },
});
