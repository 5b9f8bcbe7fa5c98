import * as tf from '@tensorflow/tfjs';
import { attack, number } from '../../../contract/params';
import { defineTrainingDefense, type TrainingLoss } from '../../definitions';
import { divergence, oneHot } from '../../losses';
import { grownAttack, ownEpochs, patienceParam, rampOver, stopping, stoppingCost } from '../robust-training';

/** MART: adversarial training that looks harder at the inputs the model has wrong anyway. Images in [0, 1]. */
export default defineTrainingDefense({
  id: 'mart',
  title: 'MART',
  summary:
    'Adversarial training with a loss that also pushes the best wrong class down, and with a divergence between clean and perturbed answer that counts the more the less sure the model is of the clean image.',
  limits: 'Lower clean accuracy than TRADES at like robustness; the weight of the divergence needs tuning.',
  formula: 'min_θ E[BCE(f_θ(x′), y) + λ · KL(f_θ(x) ‖ f_θ(x′)) · (1 − p_y(x))]',
  reference: {
    authors: 'Y. Wang, D. Zou, J. Yi, J. Bailey, X. Ma, Q. Gu',
    title: 'Improving adversarial robustness requires revisiting misclassified examples',
    year: 2020,
    where: 'ICLR, openreview rklOg6EFwS',
  },
  params: {
    attack: attack({
      surface: 'evasion',
      default: { id: 'pgd', params: { epsilon: 0.3, steps: 10, stepSize: 0.05 } },
      help: 'Attack in the loop.',
    }),
    lambda: number({ default: 5, min: 0, max: 1000, help: 'Weight of the divergence.' }),
    ramp: rampOver(0.4),
    epochs: ownEpochs,
    patience: patienceParam,
  },
  derive: (_params, training) => ({ epochs: training.epochs }),
  cost: (basis, { attack: applied, epochs, patience }) =>
    // The gradient step is taken on clean and perturbed images alike.
    epochs * basis.batches * (2 + basis.attack(applied)) + stoppingCost(basis, applied, epochs, patience),
  async train(trainer, { train }, { attack: applied, lambda, ramp, epochs, patience }) {
    await trainer.fit(train, {
      epochs,
      work: 2 + trainer.work(applied),
      earlyStopping: stopping(applied, patience, ramp),
      loss: martLoss(lambda),
      async perturb(model, batch, progress, context) {
        const now = grownAttack(trainer, applied, ramp, progress);
        const perturbed = await trainer.attack(now, model, batch, context);
        const shown = tf.concat([perturbed, batch.images]);
        perturbed.dispose();
        return shown;
      },
    });
  },
});

/** Keeps logarithms and quotients finite where a probability is 0 or 1. */
const TINY = 1e-12;

/**
 * BCE(q, y) + λ KL(p ‖ q) (1 − p_y) with BCE = −log q_y − log(1 − max of the other q), p and q being the softmax of clean and
 * perturbed logits. The logits are those of the perturbed images, then of the clean ones.
 */
export const martLoss =
  (lambda: number): TrainingLoss =>
  (logits, { labels }) => {
    const [perturbed, clean] = tf.split(logits, 2) as [tf.Tensor2D, tf.Tensor2D];
    const classes = logits.shape[1];
    const own = oneHot(labels, classes);
    const [p, q] = [tf.softmax(clean), tf.softmax(perturbed)];
    const rival = oneHot(tf.argMax(tf.sub(perturbed, tf.mul(own, 1e30)), 1), classes);
    const at = (probabilities: tf.Tensor, where: tf.Tensor) => tf.sum(tf.mul(probabilities, where), 1, true);
    const [qOwn, qRival, pOwn] = [at(q, own), at(q, rival), at(p, own)];
    const others = tf.add(tf.sub(1, qRival), TINY);
    const crossEntropy = tf.neg(tf.add(tf.log(tf.add(qOwn, TINY)), tf.log(others)));
    const { divergence: apart, inLogits, inOrigin } = divergence(p, perturbed);
    const kl = apart.reshape([-1, 1]);
    const weight = tf.sub(1, pOwn);
    const inPerturbed = tf.add(
      tf.add(tf.sub(q, own), tf.mul(tf.div(qRival, others), tf.sub(rival, q))),
      tf.mul(tf.mul(weight, inLogits), lambda),
    );
    // d(1 − p_y)/dz = −p_y (e_y − p)
    const inWeight = tf.neg(tf.mul(pOwn, tf.sub(own, p)));
    const inClean = tf.mul(tf.add(tf.mul(weight, inOrigin), tf.mul(kl, inWeight)), lambda);
    return {
      loss: tf.squeeze(tf.add(crossEntropy, tf.mul(tf.mul(kl, weight), lambda)), [1]),
      gradient: tf.concat([inPerturbed, inClean]) as tf.Tensor2D,
    };
  };
