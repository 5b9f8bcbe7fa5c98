import * as tf from '@tensorflow/tfjs';
import type { Split } from '../../../contract/dataset';
import type { ImageShape, RecoveredTrigger } from '../../../contract/events';
import { integer, number } from '../../../contract/params';
import { stamped } from '../../attacks/stamp';
import {
  defineModelFilter,
  type FeatureTarget,
  type FilterContext,
  type WhiteBoxTarget,
} from '../../definitions';
import { byClass, logitsOf } from '../../features';
import { crossEntropy } from '../../losses';
import { medianOf } from '../../scores';
import { selected, sizeOf, toBatch } from '../../splits';
import { epochsOf, examinedEpochs } from '../filter-params';

/** Images a trigger is sought on at once. */
const BATCH = 64;

/** Share of the images a trigger must send to its class before its size counts. */
const SUCCESS = 0.99;

/** Weight of the mask's size: where it begins, how it moves, and after how many steps in a row of success or failure. */
const WEIGHT = { first: 0.001, factor: 1.5, patience: 5 };

/** Share of the trigger's effect from which a sample is taken to bear it: midway between none and all of it. */
const HALF = 0.5;

/** Makes the median absolute deviation of normal values their standard deviation. */
const NORMAL = 1.4826;

/** Neural Cleanse: a class that everything reaches through a much smaller patch than any other has a backdoor. */
export default defineModelFilter({
  id: 'neural-cleanse',
  title: 'Neural Cleanse',
  summary:
    'Seeks for every class the smallest patch that sends any image to it. A class whose patch is much smaller than those of the others is the target of a backdoor, and the patch its trigger. Samples of that class whose margin, once what is beneath the patch is made the mean image, falls by at least half of what the patch gives to clean images are left out.',
  limits:
    'The paper filters inputs by the neurons of the last hidden layer that the trigger excites, which in small networks are those of its class, and also unlearns it; here the patch is taken away and its effect on the answer looked at. Finds small patches, not patterns over the whole image. Where no class stands out nothing is removed.',
  reference: {
    authors: 'B. Wang, Y. Yao, S. Shan, H. Li, B. Viswanath, H. Zheng, B. Y. Zhao',
    title: 'Neural Cleanse: identifying and mitigating backdoor attacks in neural networks',
    year: 2019,
    where: 'IEEE S&P, doi:10.1109/SP.2019.00031',
  },
  params: {
    steps: integer({
      default: 300,
      min: 1,
      max: 100000,
      unit: 'steps',
      help: 'Steps of Adam for each class.',
    }),
    learningRate: number({
      default: 0.1,
      min: 0,
      exclusiveMin: true,
      max: 10,
      help: 'Of these steps.',
      advanced: true,
    }),
    samples: integer({
      default: 500,
      min: 1,
      max: 1000000,
      unit: 'images',
      help: 'Images a trigger is sought on: validation images, or training images where there are none.',
    }),
    anomaly: number({
      default: 2,
      min: 0,
      max: 100,
      unit: 'deviations',
      help: 'Median absolute deviations below the median size from which a class counts as a target.',
    }),
    epochs: examinedEpochs,
  },
  derive: epochsOf,
  // A gradient in the input costs about 0.8 of a step, on half a usual batch; there are about ten classes.
  cost: (_basis, { steps }) => 4 * steps,
  async suspect(
    { train, validation, shape, classes },
    model,
    { steps, learningRate, samples, anomaly },
    context,
  ) {
    const images = sizeOf(validation) > 0 ? validation : train;
    const order = context.random('images').shuffle(Uint32Array.from(images.labels.keys()));
    const seen = selected(images, order.slice(0, samples));
    const found: Omit<RecoveredTrigger, 'anomaly' | 'flagged'>[] = [];
    for (let label = 0; label < classes; label++) {
      const progress = (share: number) => context.progress((label + share) / classes);
      found.push(
        await smallestPatch(model, seen, shape, label, { steps, learningRate }, { ...context, progress }),
      );
    }
    const anomalies = anomaliesOf(found.map(({ size }) => size));
    const recovered = found.map((trigger, label) => ({
      ...trigger,
      anomaly: anomalies[label]!,
      flagged: anomalies[label]! > anomaly,
    }));
    const scores = new Float32Array(sizeOf(train));
    const removed: number[] = [];
    const members = byClass(train, classes);
    for (const trigger of recovered.filter(({ flagged }) => flagged)) {
      const own = members[trigger.label]!;
      const shares = undone(model, trigger, selected(train, own), seen, meanImage(train));
      own.forEach((index, row) => {
        scores[index] = shares[row]!;
        if (shares[row]! > HALF) removed.push(index);
      });
    }
    return { removed: Uint32Array.from(removed).sort(), scores, recovered };
  },
});

/**
 * How much of a trigger's effect is undone where it is taken away, a sample of its label a value: what the label's margin loses when what is
 * beneath the mask is made the mean image, in shares of the median that clean images of other labels gain when the trigger is put on
 * them. About 1 for samples that bear it, 0 or less for others; 0 for all where it gains nothing.
 */
export function undone(
  model: WhiteBoxTarget,
  { label, mask, pixels }: Pick<RecoveredTrigger, 'label' | 'mask' | 'pixels'>,
  own: Split,
  clean: Split,
  mean: Float32Array,
): Float32Array {
  const others = selected(
    clean,
    Uint32Array.from(clean.labels.keys()).filter((i) => clean.labels[i] !== label),
  );
  /** By how much the margin of the label grows under a stamp. */
  const gains = (split: Split, beneath: Float32Array) => {
    const margins = [split.images, stamped(split.images, { mask, pixels: beneath })].map((images) =>
      marginsOf(model, { ...split, images }, label),
    );
    return margins[1]!.map((margin, i) => margin - margins[0]![i]!);
  };
  const effect = sizeOf(others) > 0 ? medianOf([...gains(others, pixels)]) : 0;
  if (sizeOf(own) === 0 || effect <= 0) return new Float32Array(sizeOf(own));
  return gains(own, mean).map((gain) => -gain / effect);
}

/** How far the logit of a label lies above the highest other, an input a value. */
function marginsOf(model: WhiteBoxTarget, split: Split, label: number): Float32Array {
  const logits = logitsOf(model, split);
  return Float32Array.from(split.labels, (_, row) => {
    const scores = logits.subarray(row * model.classes, (row + 1) * model.classes);
    return scores[label]! - Math.max(...scores.filter((_score, other) => other !== label));
  });
}

/** How many deviations each size lies below the median; 0 for all where they do not differ. */
export function anomaliesOf(sizes: number[]): number[] {
  const middle = medianOf(sizes);
  const deviation = NORMAL * medianOf(sizes.map((size) => Math.abs(size - middle)));
  return sizes.map((size) => (deviation > 0 ? (middle - size) / deviation : 0));
}

/** Mean of the images of a split. */
function meanImage({ images, labels }: Split): Float32Array {
  const mean = new Float32Array(images.length / labels.length);
  images.forEach((value, at) => (mean[at % mean.length]! += value / labels.length));
  return mean;
}

/**
 * min over m, p of CE(f((1 − m) · x + m · p), t) + λ ‖m‖₁, m and p in [0, 1] by tanh, λ such that the patch succeeds.
 * The smallest patch that succeeded is returned, else the last.
 */
async function smallestPatch(
  model: FeatureTarget,
  split: Split,
  shape: ImageShape,
  label: number,
  { steps, learningRate }: { steps: number; learningRate: number },
  context: FilterContext,
): Promise<Omit<RecoveredTrigger, 'anomaly' | 'flagged'>> {
  const [height, width, channels] = shape;
  const places = height * width;
  const stream = context.random('start', label);
  const values = Float64Array.from({ length: places * (1 + channels) }, () => 2 * stream.uniform() - 1);
  const adam = steepest(values.length, learningRate);
  const unit = (value: number) => (Math.tanh(value) + 1) / 2;
  const patch = () => {
    const squashed = Float32Array.from(values, unit);
    const mask = Float32Array.from(
      { length: places * channels },
      (_, at) => squashed[Math.floor(at / channels)]!,
    );
    const size = squashed.subarray(0, places).reduce((a, b) => a + b, 0);
    return { label, shape, mask, pixels: squashed.slice(places), size };
  };
  let best: ReturnType<typeof patch> | null = null;
  let weight = WEIGHT.first;
  let [successes, failures] = [0, 0];
  for (let step = 0; step < steps; step++) {
    const now = patch();
    const rows = Uint32Array.from(
      { length: Math.min(BATCH, sizeOf(split)) },
      (_, i) => (step * BATCH + i) % sizeOf(split),
    );
    const batch = toBatch(selected(split, rows), shape);
    const { inMask, inPixels, reached } = tf.tidy(() => {
      const [mask, pixels] = [now.mask, now.pixels].map((of) => tf.tensor4d(of, [1, ...shape])) as [
        tf.Tensor4D,
        tf.Tensor4D,
      ];
      const images = tf.add(batch.images, tf.mul(mask, tf.sub(pixels, batch.images))) as tf.Tensor4D;
      const wanted = tf.fill([rows.length], label, 'int32') as tf.Tensor1D;
      const { logits, gradient } = model.gradient(images, crossEntropy(wanted, 'targeted'));
      // What is climbed is minus the cross-entropy.
      const down = tf.mul(gradient, -1 / rows.length);
      return {
        inMask: tf.sum(tf.mul(down, tf.sub(pixels, batch.images)), [0, 3]).dataSync<'float32'>(),
        inPixels: tf.sum(tf.mul(down, mask), 0).dataSync<'float32'>(),
        reached: tf.mean(tf.cast(tf.equal(logits.argMax(1), wanted), 'float32')).dataSync()[0]!,
      };
    });
    tf.dispose([batch.images, batch.labels]);
    if (reached >= SUCCESS && (!best || now.size < best.size)) best = now;
    if (reached >= SUCCESS) [successes, failures] = [successes + 1, 0];
    else [successes, failures] = [0, failures + 1];
    if (successes >= WEIGHT.patience) [weight, successes] = [weight * WEIGHT.factor, 0];
    if (failures >= WEIGHT.patience) [weight, failures] = [weight / WEIGHT.factor ** 1.5, 0];
    const slopes = Float64Array.from(values, (value, at) => {
      const slope = at < places ? inMask[at]! + weight : inPixels[at - places]!;
      return (slope * (1 - Math.tanh(value) ** 2)) / 2;
    });
    adam(values, slopes);
    context.progress((step + 1) / steps);
    await context.breathe();
  }
  return best ?? patch();
}

/** Adam (Kingma & Ba 2015) with the paper's betas .5 and .9, on plain numbers, in place. */
function steepest(length: number, learningRate: number) {
  const [beta1, beta2] = [0.5, 0.9];
  const [means, squares] = [new Float64Array(length), new Float64Array(length)];
  let t = 0;
  return (values: Float64Array, slopes: Float64Array): void => {
    t++;
    for (let k = 0; k < length; k++) {
      means[k] = beta1 * means[k]! + (1 - beta1) * slopes[k]!;
      squares[k] = beta2 * squares[k]! + (1 - beta2) * slopes[k]! ** 2;
      const spread = Math.sqrt(squares[k]! / (1 - beta2 ** t)) + 1e-8;
      values[k]! -= (learningRate * means[k]!) / (1 - beta1 ** t) / spread;
    }
  };
}
