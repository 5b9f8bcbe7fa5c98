import * as tf from '@tensorflow/tfjs';
import { integer, number } from '../../../contract/params';
import { defineEvasion, type Batch, type Goal, type Loss, type WhiteBoxTarget } from '../../definitions';
import { applyAdam, Parameter } from '../../kernels';
import { marginOf } from '../../losses';
import { Standing } from '../standing';
import { readOut } from '../../read-out';

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
/** Pixels are pulled this much inside [0, 1] before the arc tangent, which is infinite at the borders. */
const INSIDE = 0.999999;
/** An input leaves a search when a tenth of its steps did not bring its loss below this share of what it was. */
const STALLED = 0.99;
/** Its searches end when a smaller constant that does brought the squared distance not below this share. */
const NEARER = 0.99;

/** Carlini and Wagner's L2 attack: the least perturbation as an optimisation, its constant found by binary search. */
export default defineEvasion({
  id: 'carlini-wagner',
  title: 'Carlini–Wagner L2',
  summary:
    'Minimises the squared distance plus a constant times the margin by which the image is still classified right, and searches the constant for each image. Slow, and among the smallest perturbations that can be found.',
  limits:
    'The distance is the result; there is no budget. With few steps or few searches it is far weaker than it looks. An input leaves a search when its loss, and the searches when its distance, has settled to a hundredth.',
  formula: 'min ‖x′ − x‖₂² + c · max(z_y − max_{k≠y} z_k, −κ),  x′ = ½(tanh w + 1)',
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
    const start = readOut(() => tf.atanh(tf.mul(tf.sub(tf.mul(batch.images, 2), 1), INSIDE)));
    const [lower, upper] = [new Float64Array(n), new Float64Array(n).fill(Infinity)];
    let constants = new Float32Array(n).fill(firstConstant);
    let best: Best = {
      images: batch.images.dataSync<'float32'>().slice(),
      distance: new Float32Array(n).fill(Infinity),
    };

    const over = new Uint8Array(n);
    for (let search = 0; search < searches && over.includes(0); search++) {
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
        over,
        breathe: context.breathe,
      });
      for (let i = 0; i < n; i++) {
        if (over[i]) continue;
        if (found.succeeded[i] && found.best.distance[i]! > NEARER * best.distance[i]!) over[i] = 1;
        if (found.succeeded[i]) upper[i] = Math.min(upper[i]!, constants[i]!);
        else lower[i] = Math.max(lower[i]!, constants[i]!);
        constants[i] = Number.isFinite(upper[i]!) ? (lower[i]! + upper[i]!) / 2 : constants[i]! * 10;
      }
      best = found.best;
    }
    return tf.tensor4d(best.images, batch.images.shape);
  },
});

/** The nearest success of every input so far. */
interface Best {
  images: Float32Array;
  /** Squared L2 distance of each; infinite where nothing was found yet. */
  distance: Float32Array;
}

/** The inputs whose search goes on. */
type Searching = {
  images: tf.Tensor4D;
  labels: tf.Tensor1D;
  constants: tf.Tensor1D;
  nearest: tf.Tensor4D;
  distance: tf.Tensor1D;
  succeeded: tf.Tensor1D;
  /** Least loss so far. */
  least: tf.Tensor1D;
  /** Adam's variables; their values stand here only while inputs leave. */
  w: tf.Tensor4D;
  mean: tf.Tensor4D;
  variance: tf.Tensor4D;
};
const ADAMS = ['w', 'mean', 'variance'] as const;

/**
 * One search: Adam on ‖x′ − x‖² + c · max(margin, −confidence) with x′ = (tanh w + 1) / 2. An input whose loss has
 * stalled leaves.
 */
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
  /** Inputs that are not searched any more. */
  over: Uint8Array;
  breathe: () => Promise<void>;
}): Promise<{ best: Best; succeeded: Uint8Array }> {
  const { target, batch, goal, confidence, steps, learningRate, start } = search;
  const { shape } = batch.images;
  const [n] = shape;
  const standing = new Standing<Searching>(
    {
      images: batch.images.clone(),
      labels: batch.labels.clone(),
      constants: tf.tensor1d(search.constants),
      nearest: tf.tensor4d(search.best.images, shape),
      distance: tf.tensor1d(search.best.distance),
      succeeded: tf.zeros([n]),
      least: tf.fill([n], Infinity),
      w: tf.tensor4d(start, shape),
      mean: tf.zeros(shape),
      variance: tf.zeros(shape),
    },
    n,
    start.length / n,
  );
  standing.finishRows(search.over, 'nearest');
  const distance = search.best.distance.slice();
  const succeeded = new Uint8Array(n);
  const note = () => {
    const [reached, wins] = [standing.tensors.distance.dataSync(), standing.tensors.succeeded.dataSync()];
    standing.rows.forEach((row, i) => {
      distance[row] = reached[i]!;
      succeeded[row] = wins[i]!;
    });
  };
  const variables = () =>
    Object.fromEntries(
      ADAMS.map((name) => {
        const tensor = standing.tensors[name];
        return [name, new Parameter(tensor.shape, tensor.dataSync<'float32'>())];
      }),
    ) as Record<(typeof ADAMS)[number], Parameter>;
  let adam = variables();
  const previous = new Float32Array(n).fill(Infinity);
  for (let t = 1; t <= steps && standing.count > 0; t++) {
    const { gradient, ...found } = tf.tidy(() =>
      step(target, standing.tensors, adam.w.value(), goal, confidence),
    );
    applyAdam([{ parameter: adam.w, mean: adam.mean, variance: adam.variance, gradient }], t, {
      learningRate,
      ...ADAM,
    });
    gradient.dispose();
    standing.put(found);
    if (t % Math.max(1, Math.floor(steps / 10)) === 0) {
      const least = standing.tensors.least.dataSync<'float32'>();
      const stalled = standing.rows.map((row, i) => Number(least[i]! > previous[row]! * STALLED));
      standing.rows.forEach((row, i) => (previous[row] = least[i]!));
      if (stalled.includes(1)) {
        note();
        standing.put(
          tf.tidy(() => ({
            w: adam.w.value<tf.Tensor4D>().clone(),
            mean: adam.mean.value<tf.Tensor4D>().clone(),
            variance: adam.variance.value<tf.Tensor4D>().clone(),
          })),
        );
        for (const name of ADAMS) adam[name].dispose();
        standing.finishRows(stalled, 'nearest');
        adam = variables();
      }
    }
    await search.breathe();
  }
  note();
  for (const name of ADAMS) adam[name].dispose();
  standing.finishAll('nearest');
  return { best: { images: standing.result, distance }, succeeded };
}

/** The gradient in w, and what the step's images bring. */
function step(
  target: WhiteBoxTarget,
  { images, labels, constants, nearest, distance: smallest, succeeded, least }: Searching,
  w: tf.Tensor4D,
  goal: Goal,
  confidence: number,
): Pick<Searching, 'nearest' | 'distance' | 'succeeded' | 'least'> & { gradient: tf.Tensor4D } {
  const tanh = tf.tanh(w);
  const adversarial: tf.Tensor4D = tf.div(tf.add(tanh, 1), 2);
  const difference = tf.sub(adversarial, images);
  const distance: tf.Tensor1D = tf.sum(tf.square(difference), [1, 2, 3]);
  const { loss: penalty, gradient } = target.gradient(
    adversarial,
    margin(labels, goal, confidence, constants),
  );
  // The penalty stops at −c · confidence, where the margin is reached.
  const wins = tf.lessEqual(penalty, tf.mul(constants, -confidence));
  const better = tf.logicalAnd(wins, tf.less(distance, smallest));
  return {
    nearest: tf.where(better.reshape([-1, 1, 1, 1]), adversarial, nearest),
    distance: tf.where(better, distance, smallest),
    succeeded: tf.maximum(succeeded, tf.cast(wins, 'float32')),
    least: tf.minimum(least, tf.add(distance, penalty)),
    gradient: tf.mul(tf.add(tf.mul(difference, 2), gradient), tf.div(tf.sub(1, tf.square(tanh)), 2)),
  };
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
