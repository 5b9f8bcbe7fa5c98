import * as tf from '@tensorflow/tfjs';
import { choice, derivedNumber, integer, number } from '../../../contract/params';
import { radius } from '../../attacks/ball';
import { climb } from '../../attacks/gradient-ascent';
import { defineTrainingDefense, type TrainingLoss } from '../../definitions';
import { noise, softmaxCrossEntropy } from '../../kernels';
import { awayFrom, divergence } from '../../losses';
import { project } from '../../norms';
import { grown, ownEpochs, patienceParam, pgd, rampOver, stopping, stoppingCost } from '../robust-training';

/** Standard deviation of the noise the ascent starts from: at the clean image itself the divergence has no gradient. */
const START = 0.001;

/** TRADES: cross-entropy on the clean image, plus how far the answer moves within the ball. Images in [0, 1]. */
export default defineTrainingDefense({
  id: 'trades',
  title: 'TRADES',
  summary:
    'Splits the robust error into the natural one and the nearness of the boundary: the model is trained to be right on clean images and to answer alike everywhere in the ball, beta saying how much the second counts. No label is needed to make the examples.',
  limits: 'A larger beta buys robustness with clean accuracy.',
  formula: 'min_θ E[L(f_θ(x), y) + β · max_{‖δ‖ ≤ ε} KL(f_θ(x) ‖ f_θ(x + δ))]',
  reference: {
    authors: 'H. Zhang, Y. Yu, J. Jiao, E. P. Xing, L. El Ghaoui, M. I. Jordan',
    title: 'Theoretically principled trade-off between robustness and accuracy',
    year: 2019,
    where: 'ICML, arXiv:1901.08573',
  },
  params: {
    epsilon: radius(0.3),
    norm: choice({ options: ['linf', 'l2'], default: 'linf', help: 'Norm of the ball and of a step.' }),
    beta: number({
      default: 6,
      min: 0,
      max: 1000,
      help: 'Weight of the divergence within the ball; in the paper 1/λ.',
    }),
    steps: integer({ default: 10, min: 1, max: 10000, help: 'Steps of the ascent on the divergence.' }),
    stepSize: derivedNumber({
      derived: '2.5 · epsilon / steps',
      min: 0,
      unit: 'pixel range',
      help: 'Length of a step.',
      advanced: true,
    }),
    ramp: rampOver(0.4),
    epochs: ownEpochs,
    patience: patienceParam,
  },
  derive: ({ epsilon, steps }, training) => ({
    stepSize: (2.5 * epsilon) / steps,
    epochs: training.epochs,
  }),
  against: ['pgd'],
  cost: (basis, { epochs, patience, ...ball }) =>
    // The gradient step is taken on clean and perturbed images alike.
    epochs * basis.batches * (2 + basis.attack(pgd(ball))) + stoppingCost(basis, pgd(ball), epochs, patience),
  async train(trainer, { train }, { beta, ramp, epochs, patience, ...ball }) {
    await trainer.fit(train, {
      epochs,
      work: 2 + trainer.work(pgd(ball)),
      earlyStopping: stopping(pgd(ball), patience, ramp),
      loss: tradesLoss(beta),
      async perturb(model, { images }, progress, context) {
        const scale = grown(ramp, progress);
        const [epsilon, stepSize] = [scale * ball.epsilon, scale * ball.stepSize];
        trainer.point('epsilon', epsilon);
        const { answers, start } = tf.tidy(() => {
          const moved = tf.tensor4d(noise('normal', images.size, context.random('start')), images.shape);
          return {
            answers: tf.softmax(model.logits(images)),
            start: project(tf.add(images, tf.mul(moved, START)), images, ball.norm, epsilon),
          };
        });
        const ascent = { norm: ball.norm, epsilon, steps: ball.steps, stepSize, decay: 0 };
        const perturbed = await climb(model, start, images, awayFrom(answers), ascent, context);
        const shown = tf.concat([perturbed, images]);
        tf.dispose([answers, perturbed]);
        return shown;
      },
    });
  },
});

/** CE(f(x), y) + β KL(f(x) ‖ f(x′)); the logits are those of the perturbed images x′, then of the clean ones x. */
export const tradesLoss =
  (beta: number): TrainingLoss =>
  (logits, { labels }) => {
    const [perturbed, clean] = tf.split(logits, 2) as [tf.Tensor2D, tf.Tensor2D];
    const natural = softmaxCrossEntropy(clean, labels);
    const apart = divergence(tf.softmax(clean), perturbed);
    return {
      loss: tf.add(natural.loss, tf.mul(apart.divergence, beta)),
      gradient: tf.concat([
        tf.mul(apart.inLogits, beta),
        tf.add(natural.gradient, tf.mul(apart.inOrigin, beta)),
      ]) as tf.Tensor2D,
    };
  };
