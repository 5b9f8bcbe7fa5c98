import * as tf from '@tensorflow/tfjs';
import { number } from '../../../contract/params';
import { defineTrainingDefense, type TrainingLoss } from '../../definitions';
import { oneHot } from '../../losses';

/** Work of a step of the student, which asks the teacher first, a plain gradient step being 1. */
const STUDENT = 1.3;

/** Defensive distillation: a network taught by another one's softened answers, kept to show what gradient masking is. */
export default defineTrainingDefense({
  id: 'distillation',
  title: 'Defensive distillation',
  summary:
    'Trains a teacher with its logits divided by a temperature, then a student of the same kind on the teacher’s probabilities at that temperature, and uses the student without it. Its logits are then so large that the cross-entropy has no gradient left: attacks that follow it stand still. The model is no more robust.',
  limits:
    'Broken by Carlini and Wagner (2017): attacks on the logits or without gradients succeed as before. Kept to show gradient masking.',
  formula: 'teacher q = softmax(z / T);  min_θ E[CE(q, softmax(f_θ(x) / T))]',
  reference: {
    authors: 'N. Papernot, P. McDaniel, X. Wu, S. Jha, A. Swami',
    title: 'Distillation as a defense to adversarial perturbations against deep neural networks',
    year: 2016,
    where: 'IEEE S&P, arXiv:1511.04508',
  },
  params: {
    temperature: number({
      default: 100,
      min: 1,
      max: 1000,
      help: 'What logits are divided by in training. The paper uses 20 on MNIST and goes up to 100.',
    }),
  },
  cost: ({ epochs, batches }) => epochs * batches * (1 + STUDENT),
  async train(trainer, { train, classes }, { temperature }) {
    const teacher = await trainer.fit(train, {
      loss: softened(temperature, ({ labels }) => oneHot(labels, classes.length)),
    });
    await trainer.fit(train, {
      work: STUDENT,
      loss: softened(temperature, ({ images }) => tf.softmax(tf.div(teacher.logits(images), temperature))),
    });
  },
});

/** Cross-entropy of softmax(z / T) with wanted probabilities [n, classes]. */
export const softened =
  (temperature: number, wanted: (batch: Parameters<TrainingLoss>[1]) => tf.Tensor2D): TrainingLoss =>
  (logits, batch) => {
    const soft: tf.Tensor2D = tf.div(logits, temperature);
    const target = wanted(batch);
    return {
      loss: tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(soft)), 1)),
      gradient: tf.div(tf.sub(tf.softmax(soft), target), temperature),
    };
  };
