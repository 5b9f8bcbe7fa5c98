import * as tf from '@tensorflow/tfjs';
import { integer, number } from '../../../contract/params';
import {
  defineTrainingSetAttack,
  type Batch,
  type FeatureTarget,
  type PoisonContext,
} from '../../definitions';
import { softmaxCrossEntropy } from '../../kernels';
import { crossEntropy } from '../../losses';
import { randomInBall } from '../../norms';
import { againstInput, allowed, plotted, targetedParams, type Limits } from '../targeted';
import { altered, drawn } from '../training-samples';

/** Length of the step in the weights by which a derivative along them is taken, in shares of the weights' length. */
const PROBE = 1e-3;

/** Share of the running mean of the gradients that is kept from step to step. */
const BETA = 0.9;

/** Witches' Brew: samples whose gradient in the weights points where learning the wrong answer would. Images in [0, 1]. */
export default defineTrainingSetAttack({
  id: 'gradient-matching',
  title: 'Gradient matching (Witches’ Brew)',
  summary:
    'Perturbs some samples of the target class so that learning them, labels right as they are, moves the weights as learning the wrong answer for one chosen test input would. That one input is to be given the target class by a model trained from scratch.',
  limits:
    'One network of the attacker’s own, no ensemble and no augmentation. Anywhere in the ball the match is closer, but on images with an empty background a model trained from scratch learns the perturbation itself. TensorFlow.js has no second derivative through convolutions: the gradient of the match is the difference of the gradients in the images at weights moved a little each way.',
  reference: {
    authors: 'J. Geiping, L. Fowl, W. R. Huang, W. Czaja, G. Taylor, M. Moeller, T. Goldstein',
    title: 'Witches’ brew: industrial scale data poisoning via gradient matching',
    year: 2021,
    where: 'ICLR, arXiv:2009.02276',
  },
  knowledge: 'transfer',
  requires: [],
  params: {
    ...targetedParams,
    steps: integer({
      default: 250,
      min: 1,
      max: 100000,
      unit: 'steps',
      help: 'Steps of signed Adam for each start.',
    }),
    stepSize: number({
      default: 0.02,
      min: 0,
      max: 1,
      unit: 'pixel range',
      help: 'Length of a step; falls to a tenth, and then a hundredth, in the last quarters.',
      advanced: true,
    }),
    restarts: integer({
      default: 1,
      min: 1,
      max: 1000,
      help: 'Random starts; the best match is taken.',
      advanced: true,
    }),
  },
  surrogate: () => true,
  // A gradient in the weights and two in the images a step.
  cost: ({ batches }, { rate, steps, restarts }) => 2.6 * steps * restarts * rate * batches,
  victim: ({ input, target }) => ({ input, target }),
  eligible: againstInput('gradient-matching'),
  async poison(dataset, eligible, { epsilon, within, steps, stepSize, restarts, input, target }, context) {
    const changed = drawn(eligible, context.random('samples'));
    if (changed.length === 0) return altered(dataset, changed, {});
    const model = await context.surrogate();
    const { bases, victim } = plotted(dataset, changed, input);
    const wrong = tf.tensor1d([target], 'int32');
    const wanted = weightGradient(model, { images: victim.images, labels: wrong });
    let best: { images: Float32Array; match: number } | null = null;
    for (let start = 0; start < restarts; start++) {
      const progress = (share: number) => context.progress((start + share) / restarts);
      const brewing = { random: (...purpose: (string | number)[]) => context.random(start, ...purpose) };
      const brewed = await brew(
        model,
        { bases, input: victim.images },
        wanted,
        { epsilon, within, steps, stepSize },
        { ...context, ...brewing, progress },
      );
      if (!best || brewed.match > best.match) best = brewed;
    }
    tf.dispose([wrong, bases, victim, ...wanted]);
    return altered(dataset, changed, { images: best!.images });
  },
});

/** Gradient of the mean cross-entropy in each of the model's parameters; the caller disposes. */
function weightGradient({ network }: FeatureTarget, { images, labels }: Batch): tf.Tensor[] {
  return tf.tidy(() => {
    const activations = network.forward(images);
    const { gradient } = softmaxCrossEntropy(activations.at(-1) as tf.Tensor2D, labels);
    return network.parameterGradients(activations, tf.mul(gradient, 1 / labels.shape[0]));
  });
}

const dot = (a: tf.Tensor[], b: tf.Tensor[]): number =>
  tf.tidy(() => a.reduce((sum, one, i) => sum + tf.sum(tf.mul(one, b[i]!)).dataSync()[0]!, 0));

/**
 * The cosine between the samples' gradient in the weights and the wanted one, and its gradient in the samples' images:
 * d/dx v · ∇θ L(x, θ), v being the cosine's gradient in ∇θ L, is the derivative of ∇x L along v, taken as
 * (∇x L(θ + h v) − ∇x L(θ − h v)) / 2h.
 */
export function matchGradient(
  model: FeatureTarget,
  batch: Batch,
  wanted: tf.Tensor[],
): { match: number; gradient: tf.Tensor4D } {
  const { network } = model;
  const own = weightGradient(model, batch);
  const [ownLength, wantedLength] = [own, wanted].map((one) => Math.sqrt(dot(one, one)) || 1e-30) as [
    number,
    number,
  ];
  const match = dot(own, wanted) / (ownLength * wantedLength);
  const direction = tf.tidy(() =>
    own.map((one, i) =>
      tf.sub(tf.div(wanted[i]!, ownLength * wantedLength), tf.mul(one, match / ownLength ** 2)),
    ),
  );
  const weights = network.parameters.map((parameter) => parameter.toArray());
  const moves = direction.map((one) => one.dataSync<'float32'>());
  const h = (PROBE * length(weights)) / (length(moves) || 1e-30);
  const at = (sign: number): tf.Tensor4D => {
    network.parameters.forEach((parameter, i) =>
      parameter.assign(displaced(weights[i]!, moves[i]!, sign * h)),
    );
    const { logits, loss, gradient } = model.gradient(batch.images, crossEntropy(batch.labels, 'untargeted'));
    tf.dispose([logits, loss]);
    return gradient;
  };
  const [up, down] = [at(1), at(-1)];
  network.parameters.forEach((parameter, i) => parameter.assign(weights[i]!));
  const gradient = tf.tidy(() => tf.div(tf.sub(up, down), 2 * h * batch.labels.shape[0]) as tf.Tensor4D);
  tf.dispose([up, down, ...own, ...direction]);
  return { match, gradient };
}

function length(all: Float32Array[]): number {
  let sum = 0;
  for (const one of all) for (let k = 0; k < one.length; k++) sum += one[k]! * one[k]!;
  return Math.sqrt(sum);
}

/** `weights` + `far` · `move`: a plain loop, since this is done twice a step. */
function displaced(weights: Float32Array, move: Float32Array, far: number): Float32Array {
  const at = new Float32Array(weights.length);
  for (let k = 0; k < at.length; k++) at[k] = weights[k]! + far * move[k]!;
  return at;
}

/** Signed Adam up the match from one random start within the ball; of a blend, from its side towards the input. */
async function brew(
  model: FeatureTarget,
  { bases, input }: { bases: Batch; input: tf.Tensor4D },
  wanted: tf.Tensor[],
  { steps, stepSize, ...limits }: Limits & { steps: number; stepSize: number },
  context: PoisonContext,
): Promise<{ images: Float32Array; match: number }> {
  const [n, ...shape] = bases.images.shape;
  const size = shape.reduce((a, b) => a * b, 1);
  let [images, mean] = tf.tidy(() => {
    const noise = randomInBall(n, size, 'linf', limits.epsilon, context.random('start'));
    const about = limits.within === 'blend' ? input : bases.images;
    const start = tf.add(about, tf.tensor4d(noise, bases.images.shape)) as tf.Tensor4D;
    return [allowed(start, bases.images, input, limits), tf.zerosLike(start)] as [tf.Tensor4D, tf.Tensor4D];
  });
  for (let step = 0; step < steps; step++) {
    const { gradient } = matchGradient(model, { ...bases, images }, wanted);
    const fall = step < steps / 2 ? 1 : step < (3 * steps) / 4 ? 0.1 : 0.01;
    const next = tf.tidy(() => {
      // The sign of Adam's step is that of its running mean.
      const towards = tf.add(tf.mul(mean, BETA), tf.mul(gradient, 1 - BETA)) as tf.Tensor4D;
      const moved = tf.add(images, tf.mul(tf.sign(towards), stepSize * fall)) as tf.Tensor4D;
      return [allowed(moved, bases.images, input, limits), towards] as [tf.Tensor4D, tf.Tensor4D];
    });
    tf.dispose([images, mean, gradient]);
    [images, mean] = next;
    context.progress((step + 1) / steps);
    await context.breathe();
  }
  const { match, gradient } = matchGradient(model, { ...bases, images }, wanted);
  const made = images.dataSync<'float32'>().slice();
  tf.dispose([images, mean, gradient]);
  return { images: made, match };
}
