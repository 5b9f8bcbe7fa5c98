import * as tf from '@tensorflow/tfjs';
import { integer, number } from '../../../contract/params';
import { defineEvasion, type Batch, type Goal, type Loss, type WhiteBoxTarget } from '../../definitions';
import { applyAdam, Parameter } from '../../kernels';
import { marginOf } from '../../losses';

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
/** Pixels are pulled this much inside [0, 1] before the arc tangent, which is infinite at the borders. */
const INSIDE = 0.999999;
/** A search is given up when a tenth of its steps brought less than this share of the loss. */
const STALLED = 0.9999;

/** Carlini and Wagner's L2 attack: the least perturbation as an optimisation, its constant found by binary search. */
export default defineEvasion({
  id: 'carlini-wagner',
  title: 'Carlini–Wagner L2',
  summary:
    'Minimises the squared distance plus a constant times the margin by which the image is still classified right, and searches the constant for each image. Slow, and among the smallest perturbations that can be found.',
  limits:
    'The distance is the result; there is no budget. With few steps or few searches it is far weaker than it looks.',
  reference: {
    authors: 'N. Carlini, D. Wagner',
    title: 'Towards evaluating the robustness of neural networks',
    year: 2017,
    where: 'IEEE Symposium on Security and Privacy, arXiv:1608.04644',
  },
  knowledge: 'white-box',
  requires: ['gradients'],
  params: {
    confidence: number({
      default: 0,
      min: 0,
      max: 1000,
      unit: 'logits',
      help: 'Margin by which the other class must win.',
    }),
    searches: integer({ default: 9, min: 1, max: 30, help: 'Steps of the binary search for the constant.' }),
    steps: integer({ default: 300, min: 1, max: 100000, help: 'Adam steps of each search.' }),
    learningRate: number({
      default: 0.05,
      min: 0,
      exclusiveMin: true,
      max: 10,
      help: 'Adam’s step size, in tanh space.',
      advanced: true,
    }),
    firstConstant: number({
      default: 0.1,
      min: 0,
      exclusiveMin: true,
      max: 1e6,
      help: 'Constant of the first search.',
      advanced: true,
    }),
  },
  norm: () => 'l2',
  budget: () => Infinity,
  cost: ({ searches, steps }) => searches * steps,
  async perturb(target, batch, goal, { confidence, searches, steps, learningRate, firstConstant }, context) {
    const [n] = batch.images.shape;
    const start = tf.tidy(() =>
      tf
        .atanh(tf.mul(tf.sub(tf.mul(batch.images, 2), 1), INSIDE))
        .dataSync<'float32'>()
        .slice(),
    );
    const [lower, upper] = [new Float64Array(n), new Float64Array(n).fill(Infinity)];
    let constants = new Float32Array(n).fill(firstConstant);
    let best = { images: batch.images.clone(), distance: tf.fill([n], Infinity) as tf.Tensor1D };

    for (let search = 0; search < searches; search++) {
      // The last search takes the largest constant that is known to do, as the authors' code does.
      if (search === searches - 1)
        constants = constants.map((c, i) => (Number.isFinite(upper[i]!) ? upper[i]! : c));
      const found = await minimise({
        target,
        batch,
        goal,
        confidence,
        steps,
        learningRate,
        start,
        constants,
        best,
        breathe: context.breathe,
      });
      best = found.best;
      for (let i = 0; i < n; i++) {
        if (found.succeeded[i]) upper[i] = Math.min(upper[i]!, constants[i]!);
        else lower[i] = Math.max(lower[i]!, constants[i]!);
        constants[i] = Number.isFinite(upper[i]!) ? (lower[i]! + upper[i]!) / 2 : constants[i]! * 10;
      }
    }
    best.distance.dispose();
    return best.images;
  },
});

interface Best {
  images: tf.Tensor4D;
  /** Squared L2 distance of `images`; infinite where nothing was found yet. */
  distance: tf.Tensor1D;
}

/** One search: Adam on ‖x′ − x‖² + c · max(margin, −confidence) with x′ = (tanh w + 1) / 2. Takes over `best`. */
async function minimise(search: {
  target: WhiteBoxTarget;
  batch: Batch;
  goal: Goal;
  confidence: number;
  steps: number;
  learningRate: number;
  start: Float32Array;
  constants: Float32Array;
  best: Best;
  breathe: () => Promise<void>;
}): Promise<{ best: Best; succeeded: Uint8Array }> {
  const { target, batch, goal, confidence, steps, learningRate, start } = search;
  const { images } = batch;
  const w = new Parameter(images.shape, start);
  const zeros = () => new Parameter(images.shape, new Float32Array(start.length));
  const [mean, variance] = [zeros(), zeros()];
  const constants = tf.tensor1d(search.constants);
  const loss = margin(batch.labels, goal, confidence, constants);
  let best = search.best;
  let succeeded: tf.Tensor1D = tf.zeros([images.shape[0]]);
  let previous = Infinity;
  for (let t = 1; t <= steps; t++) {
    const step = tf.tidy(() => {
      const tanh = tf.tanh(w.value<tf.Tensor4D>());
      const adversarial = tf.div(tf.add(tanh, 1), 2) as tf.Tensor4D;
      const difference = tf.sub(adversarial, images);
      const distance = tf.sum(tf.square(difference), [1, 2, 3]) as tf.Tensor1D;
      const { loss: penalty, gradient } = target.gradient(adversarial, loss);
      // The penalty stops at −c · confidence, where the margin is reached.
      const wins = tf.lessEqual(penalty, tf.mul(constants, -confidence));
      const better = tf.logicalAnd(wins, tf.less(distance, best.distance));
      return {
        total: tf.sum(tf.add(distance, penalty)) as tf.Scalar,
        succeeded: tf.maximum(succeeded, tf.cast(wins, 'float32')) as tf.Tensor1D,
        images: tf.where(better.reshape([-1, 1, 1, 1]), adversarial, best.images) as tf.Tensor4D,
        distance: tf.where(better, distance, best.distance) as tf.Tensor1D,
        gradient: tf.mul(tf.add(tf.mul(difference, 2), gradient), tf.div(tf.sub(1, tf.square(tanh)), 2)),
      };
    });
    applyAdam([{ parameter: w, mean, variance, gradient: step.gradient }], t, { learningRate, ...ADAM });
    tf.dispose([best.images, best.distance, succeeded, step.gradient]);
    best = { images: step.images, distance: step.distance };
    succeeded = step.succeeded;
    const stalled =
      t % Math.max(1, Math.floor(steps / 10)) === 0 &&
      (() => {
        const total = step.total.dataSync()[0]!;
        const little = total > previous * STALLED;
        previous = total;
        return little;
      })();
    step.total.dispose();
    if (stalled) break;
    await search.breathe();
  }
  const mask = Uint8Array.from(succeeded.dataSync());
  tf.dispose([succeeded, constants]);
  for (const parameter of [w, mean, variance]) parameter.dispose();
  return { best, succeeded: mask };
}

/** c · max(margin, −confidence) with its gradient in the logits. */
const margin =
  (labels: tf.Tensor1D, goal: Goal, confidence: number, constants: tf.Tensor1D): Loss =>
  (logits) => {
    const { margin: value, direction } = marginOf(logits, labels, goal);
    const active = tf.cast(tf.greater(value, -confidence), 'float32');
    return {
      loss: tf.mul(constants, tf.maximum(value, -confidence)) as tf.Tensor1D,
      gradient: tf.mul(direction, tf.mul(constants, active).expandDims(1)) as tf.Tensor2D,
    };
  };
