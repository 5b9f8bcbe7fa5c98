import * as tf from '@tensorflow/tfjs';
import { derivedNumber, integer } from '../../../contract/params';
import { radius } from '../../attacks/ball';
import { defineTrainingDefense } from '../../definitions';
import { project } from '../../norms';
import { grown, patienceParam, pgd, rampOver, stopping, stoppingCost } from '../robust-training';
import { readOut } from '../../read-out';

/** Free adversarial training: every backward pass moves the weights and the perturbation alike. Linf, images in [0, 1]. */
export default defineTrainingDefense({
  id: 'free',
  title: 'Free adversarial training',
  summary:
    'Each batch is trained on several times in a row; the backward pass that moves the weights also gives the gradient in the images, by which the perturbation moves on. The perturbation is kept for the next batch, and nothing is spent on making examples.',
  limits:
    'The perturbation lags a step behind the weights, so it is weaker than that of adversarial training with as many steps.',
  formula: 'each batch m times: δ ← Πε(δ + ε · sign ∇ₓL), θ ← θ − η ∇_θ L(f_θ(x + δ), y)',
  reference: {
    authors:
      'A. Shafahi, M. Najibi, A. Ghiasi, Z. Xu, J. Dickerson, C. Studer, L. S. Davis, G. Taylor, T. Goldstein',
    title: 'Adversarial training for free!',
    year: 2019,
    where: 'NeurIPS, arXiv:1904.12843',
  },
  params: {
    epsilon: radius(0.3),
    replays: integer({
      default: 8,
      min: 1,
      max: 1000,
      unit: 'steps',
      help: 'Steps in a row on every batch (m).',
    }),
    stepSize: derivedNumber({
      derived: 'epsilon',
      min: 0,
      unit: 'pixel range',
      help: 'How far the perturbation moves in each step.',
      advanced: true,
    }),
    ramp: rampOver(0.4),
    epochs: derivedNumber({
      derived: 'training.epochs / replays, rounded up',
      integer: true,
      min: 1,
      max: 10000,
      help: 'Passes over the training set, each with all replays.',
    }),
    patience: patienceParam,
  },
  derive: ({ epsilon, replays }, training) => ({
    stepSize: epsilon,
    epochs: Math.ceil(training.epochs / replays),
  }),
  against: ['fgsm'],
  cost: (basis, { epsilon, replays, epochs, patience }) =>
    epochs * basis.batches * replays * STEP + stoppingCost(basis, examiner(epsilon), epochs, patience),
  async train(trainer, { train, shape }, { epsilon, replays, stepSize, ramp, epochs, patience }) {
    const size = shape.reduce((a, b) => a * b, 1);
    /** δ, as many rows as the largest batch had; none before the first. */
    let perturbation = new Float32Array(0);
    const of = (rows: number): tf.Tensor4D => {
      if (perturbation.length < rows * size) perturbation = new Float32Array(rows * size);
      return tf.tensor4d(perturbation.subarray(0, rows * size), [rows, ...shape]);
    };
    await trainer.fit(train, {
      epochs,
      replays,
      work: STEP,
      earlyStopping: stopping(examiner(epsilon), patience, ramp),
      memory: {
        state: () => ({ perturbation: perturbation.slice() }),
        restore: (state) => (perturbation = state.perturbation!.slice()),
      },
      async perturb(_model, { images }, progress) {
        const radius = grown(ramp, progress) * epsilon;
        trainer.point('epsilon', radius);
        return tf.tidy(() => project(tf.add(images, of(images.shape[0])), images, 'linf', radius));
      },
      learnt(gradient, progress) {
        const scale = grown(ramp, progress);
        const moved = readOut(() => {
          const step = tf.mul(tf.sign(gradient), scale * stepSize);
          const next = tf.add(of(gradient.shape[0]), step);
          return tf.clipByValue(next, -scale * epsilon, scale * epsilon);
        });
        perturbation.set(moved);
      },
    });
  },
});

/** Work of a step whose backward pass goes on to the images, a plain gradient step being 1. */
const STEP = 1.3;

/** What early stopping looks with. */
const examiner = (epsilon: number) => pgd({ norm: 'linf', epsilon, steps: 10, stepSize: epsilon / 4 });
