import * as tf from '@tensorflow/tfjs';
import { number } from '../../../contract/params';
import { defineTrainingDefense, type TrainingLoss } from '../../definitions';
import { softmaxCrossEntropy } from '../../kernels';
import { oneHot } from '../../losses';

/** Symmetric cross-entropy: what the label says of the answer, and what the answer says of the label. */
export default defineTrainingDefense({
  id: 'symmetric-cross-entropy',
  title: 'Symmetric cross-entropy',
  summary:
    'Adds the reverse cross-entropy, with labels and answers exchanged, to the usual one. The reverse is bounded, so that no single wrong label can pull hard; the usual one still makes the model learn.',
  limits: 'Against wrong labels; a backdoor is easy to learn, and stays.',
  reference: {
    authors: 'Y. Wang, X. Ma, Z. Chen, Y. Luo, J. Yi, J. Bailey',
    title: 'Symmetric cross entropy for robust learning with noisy labels',
    year: 2019,
    where: 'ICCV, arXiv:1908.06112',
  },
  params: {
    alpha: number({
      default: 0.01,
      min: 0,
      max: 1000,
      help: 'Weight of the usual cross-entropy; .01 on MNIST in the paper.',
    }),
    beta: number({ default: 1, min: 0, max: 1000, help: 'Weight of the reverse one.' }),
    zero: number({
      default: -4,
      max: 0,
      min: -1000,
      unit: 'nats',
      help: 'What stands for the logarithm of 0; the paper’s A.',
      advanced: true,
    }),
  },
  cost: ({ epochs, batches }) => epochs * batches,
  async train(trainer, { train }, { alpha, beta, zero }) {
    await trainer.fit(train, { loss: symmetric(alpha, beta, zero) });
  },
});

/** α CE(q, p) + β RCE(p, q), where RCE = −A Σ over k ≠ y of p_k = −A (1 − p_y). */
export const symmetric =
  (alpha: number, beta: number, zero: number): TrainingLoss =>
  (logits, { labels }) => {
    const usual = softmaxCrossEntropy(logits, labels);
    const p = tf.softmax(logits);
    const own = oneHot(labels, logits.shape[1]);
    const right = tf.sum(tf.mul(p, own), 1, true);
    // ∂p_y/∂z_k = p_y (1[k = y] − p_k).
    const inLogits = tf.mul(tf.mul(right, tf.sub(own, p)), zero);
    return {
      loss: tf.add(
        tf.mul(usual.loss, alpha),
        tf.mul(tf.squeeze(tf.sub(1, right), [1]), -beta * zero),
      ) as tf.Tensor1D,
      gradient: tf.add(tf.mul(usual.gradient, alpha), tf.mul(inLogits, beta)) as tf.Tensor2D,
    };
  };
