import * as tf from '@tensorflow/tfjs';
import { derivedNumber, number } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import type { Random } from '../../../contract/random';
import { defineTrainingDefense, type Batch, type Descent } from '../../definitions';
import { accuracyOf } from '../../gradient-step';
import { noise, softmaxCrossEntropy } from '../../kernels';
import type { Network } from '../../network';
import { epsilonOf, LARGEST_NOISE, noiseFor } from '../../renyi';
import { ownEpochs } from '../robust-training';

interface Budgeted {
  epsilon: number;
  delta: number;
  noise: number;
  epochs: number;
}

/** DP-SGD: every image's gradient is clipped, and noise hides whether it was there. */
export default defineTrainingDefense({
  id: 'dp-sgd',
  title: 'DP-SGD',
  summary:
    'Differentially private training: each step sees a random part of the images, clips the gradient of every single one and adds noise, so that no image can change the model by more than (ε, δ) allows. The only defence here with a proof against every membership attack; paid for in accuracy, most where the images are few.',
  limits:
    'The noise comes from the lab’s reproducible generator, not from a cryptographic one: measurements are right, but do not release a model trained so. Nothing is accounted for choosing hyperparameters. Adam follows the noisy gradient, which costs no privacy.',
  reference: {
    authors: 'M. Abadi, A. Chu, I. Goodfellow, H. B. McMahan, I. Mironov, K. Talwar, L. Zhang',
    title: 'Deep learning with differential privacy',
    year: 2016,
    where: 'CCS, arXiv:1607.00133',
  },
  params: {
    epsilon: number({
      default: 3,
      min: 0,
      exclusiveMin: true,
      max: 1000,
      unit: 'epsilon',
      help: 'Privacy budget of the whole training. One that the steps would exceed is refused before the first.',
    }),
    delta: number({
      default: 1e-5,
      min: 0,
      exclusiveMin: true,
      max: 0.1,
      help: 'Chance that the guarantee fails; well below one over the number of training images.',
    }),
    clip: number({
      default: 1,
      min: 0,
      exclusiveMin: true,
      max: 1e6,
      help: 'Largest Euclidean norm of one image’s gradient (C).',
    }),
    noise: derivedNumber({
      derived: 'the smallest that keeps to epsilon over all steps',
      min: 0,
      max: 1000,
      help: 'Standard deviation of the noise in clipping norms (σ).',
      advanced: true,
    }),
    epochs: ownEpochs,
  },
  derive: (_, training) => ({ epochs: training.epochs }),
  // A second backward pass, and the norms between the two.
  cost: (basis, { epochs }) => 1.8 * epochs * basis.batches,
  spent: (params, images, batchSize) => {
    const steps = stepsOf(params, images, batchSize);
    return epsilonOf({ ...steps, noise: noiseWithin(params, steps) }, params.delta);
  },
  async train(trainer, { train }, params) {
    const images = train.labels.length;
    const steps = stepsOf(params, images, trainer.training.batchSize);
    const sigma = noiseWithin(params, steps);
    const expected = steps.rate * images;
    let done = 0;
    await trainer.fit(train, {
      epochs: params.epochs,
      sampling: 'poisson',
      work: 1.8,
      descend: (network, batch, _progress, { random }) =>
        privateDescent(network, batch, params.clip, sigma, expected, random('noise')),
      async afterEpoch() {
        done += steps.steps / params.epochs;
        const taken = { ...steps, noise: sigma, steps: done };
        trainer.point('privacySpent', epsilonOf(taken, params.delta));
      },
      memory: {
        state: () => ({ done: Float32Array.of(done) }),
        restore: (state) => void (done = state.done![0]!),
      },
    });
  },
});

function stepsOf({ epochs }: Budgeted, images: number, batchSize: number): { rate: number; steps: number } {
  return { rate: Math.min(1, batchSize / images), steps: epochs * Math.ceil(images / batchSize) };
}

/** @throws LabError where the steps exceed the budget, with what would keep to it */
function noiseWithin(
  { epsilon, delta, noise: given }: Budgeted,
  steps: { rate: number; steps: number },
): number {
  const least = noiseFor(epsilon, steps, delta);
  // As the spec says, null unless it was given.
  const wanted = given as number | null;
  if (least !== null && (wanted === null || wanted >= least)) return wanted ?? least;
  const spent = wanted === null ? Infinity : epsilonOf({ ...steps, noise: wanted }, delta);
  if (spent <= epsilon) return wanted!;
  throw new LabError(
    'defenses.dp-sgd.epsilon',
    wanted === null
      ? `found ${epsilon}, which no noise up to ${LARGEST_NOISE} keeps ${steps.steps} steps to at delta ${delta}`
      : `found ${epsilon}, but ${steps.steps} steps with noise ${wanted} spend ${Number.isFinite(spent) ? spent.toFixed(2) : 'any'} at delta ${delta}`,
    least === null
      ? 'Raise epsilon or delta, or train for fewer epochs.'
      : `Raise noise to ${least.toFixed(3)}, raise epsilon, or train for fewer epochs.`,
  );
}

/**
 * (Σᵢ gᵢ · min(1, C/‖gᵢ‖) + N(0, σ²C²)) / L, L being the expected size of a batch. The norms come from one backward pass, the
 * clipped sum from a second one whose output gradients are scaled, so that no image's gradient is ever held whole.
 */
export function privateDescent(
  network: Network,
  { images, labels }: Batch,
  clip: number,
  sigma: number,
  expected: number,
  random: Random,
): Descent {
  const noisy = (sum: tf.Tensor | null, shape: number[]): tf.Tensor => {
    const size = shape.reduce((a, b) => a * b, 1);
    const hidden = tf.mul(tf.tensor(noise('normal', size, random), shape), sigma * clip);
    return tf.div(sum ? tf.add(sum, hidden) : hidden, expected);
  };
  const shapes = network.parameters.map(({ shape }) => shape);
  // A random part of the images may be none of them, which must look like any other.
  if (labels.shape[0] === 0) {
    return { loss: 0, accuracy: 0, gradients: shapes.map((shape) => noisy(null, shape)) };
  }
  const activations = network.forward(images);
  const logits = activations.at(-1) as tf.Tensor2D;
  const { loss, gradient } = softmaxCrossEntropy(logits, labels);
  const norms = network.gradientNorms(activations, gradient);
  const factors = tf.minimum(1, tf.div(clip, tf.maximum(norms, 1e-12))).expandDims(1);
  const clipped = network.parameterGradients(activations, tf.mul(gradient, factors));
  return {
    loss: tf.mean(loss).dataSync()[0]!,
    accuracy: accuracyOf(logits, labels),
    gradients: clipped.map((sum, i) => noisy(sum, shapes[i]!)),
  };
}
