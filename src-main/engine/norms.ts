/** Norm balls: the steepest step, the projection and a random start in each, and the exact projection of a delivery. */
import * as tf from '@tensorflow/tfjs';
import type { Norm } from '../contract/catalog';
import type { Random } from '../contract/random';

/** The norms in which gradient attacks can be run. */
export type BallNorm = 'linf' | 'l2' | 'l1';

/** Per-input L2 norm of [n, …] as [n, 1, 1, 1]; never 0, so that it can divide. */
function l2(x: tf.Tensor4D): tf.Tensor4D {
  return tf.maximum(tf.sqrt(tf.sum(tf.square(x), [1, 2, 3], true)), 1e-12) as tf.Tensor4D;
}

/** Per-input L1 norm of [n, …] as [n, 1, 1, 1]; never 0. */
export const l1 = (x: tf.Tensor4D): tf.Tensor4D =>
  tf.maximum(tf.sum(tf.abs(x), [1, 2, 3], true), 1e-12) as tf.Tensor4D;

/**
 * Step of length `length` in the direction of the gradient: its sign in Linf, itself in L2. In L1 the step is that of L2,
 * and the projection makes it sparse: the steepest step in L1 would move one pixel alone, and on MNIST steps shared
 * evenly by a hundredth of the pixels (Tramèr & Boneh 2019, arXiv:1904.13000) find a third less. To be called within
 * tf.tidy.
 */
export const ascent = (gradient: tf.Tensor4D, norm: BallNorm, length: number): tf.Tensor4D =>
  norm === 'linf' ? tf.mul(tf.sign(gradient), length) : tf.mul(gradient, tf.div(length, l2(gradient)));

/**
 * The steepest step in L1 that stays in [0, 1] and gives no pixel more than length / pixels: the pixels of largest
 * gradient that have room move that far or to their bound, until the length is spent (Croce & Hein 2021,
 * arXiv:2103.01208). `length` and `pixels` are numbers or [n, 1]. To be called within tf.tidy.
 */
export function steepestL1(
  gradient: tf.Tensor4D,
  length: number | tf.Tensor2D,
  images: tf.Tensor4D,
  pixels: number | tf.Tensor2D,
): tf.Tensor4D {
  const [n, size] = [gradient.shape[0], gradient.size / gradient.shape[0]];
  const slope = gradient.reshape([n, size]) as tf.Tensor2D;
  const most = tf.minimum(roomTowards(slope, images.reshape([n, size])), tf.div(length, pixels));
  const steepness = tf.where(tf.greater(most, 0), tf.abs(slope), 0) as tf.Tensor2D;
  const { values, indices } = tf.topk(steepness, size);
  const spent = tf.cumsum(tf.gather(most, indices, 1, 1), 1);
  // Pixels steeper than the first that no longer fits move all they may, that one gets what is left.
  const fitting = tf.lessEqual(spent, length);
  const limit = tf.max(tf.where(fitting, 0, values), 1, true);
  const left = tf.sub(length, tf.max(tf.where(fitting, spent, 0), 1, true));
  const sizes = tf.where(
    tf.greater(steepness, limit),
    most,
    tf.where(tf.equal(steepness, limit), tf.minimum(most, left), 0),
  );
  return tf.mul(tf.sign(slope), sizes).reshape(gradient.shape);
}

/** How far each pixel can go in its direction before it leaves [0, 1]. */
const roomTowards = (direction: tf.Tensor2D, images: tf.Tensor): tf.Tensor =>
  tf.where(tf.greater(direction, 0), tf.sub(1, images), images);

/**
 * A point near `images` in the ball around `clean` and in [0, 1]: in Linf and L1 the nearest of the intersection, in L2
 * the nearest of the box, drawn back into the ball. The other way round, clipping would leave a part of epsilon unspent.
 * To be called within tf.tidy.
 */
export function project(
  images: tf.Tensor4D,
  clean: tf.Tensor4D,
  norm: BallNorm,
  epsilon: number,
): tf.Tensor4D {
  if (norm === 'linf') {
    const inBall = tf.minimum(tf.maximum(images, tf.sub(clean, epsilon)), tf.add(clean, epsilon));
    return tf.clipByValue(inBall, 0, 1) as tf.Tensor4D;
  }
  if (norm === 'l1') return tf.add(clean, withinL1(tf.sub(images, clean), clean, epsilon));
  const difference = tf.sub(tf.clipByValue(images, 0, 1), clean) as tf.Tensor4D;
  const scale = tf.minimum(tf.div(epsilon, l2(difference)), 1);
  return tf.add(clean, tf.mul(difference, scale));
}

/**
 * The difference nearest to the given one with L1 norm at most epsilon and clean + difference in [0, 1]. Every pixel
 * shrinks by the same λ and stops at 0 and at the box: |δ| → min(max(|δ| − λ, 0), room). The sum of that falls piecewise
 * linearly in λ with corners at |δ| and |δ| − room, so that λ is found by sorting them (Duchi et al. 2008 for the ball;
 * Croce & Hein 2021, arXiv:2103.01208, with the box).
 */
function withinL1(difference: tf.Tensor4D, clean: tf.Tensor4D, epsilon: number): tf.Tensor4D {
  const [n, size] = [difference.shape[0], difference.size / difference.shape[0]];
  const flat = difference.reshape([n, size]) as tf.Tensor2D;
  const length = tf.abs(flat);
  const room = roomTowards(flat, clean.reshape([n, size]));
  const { values, indices } = tf.topk(tf.concat([length, tf.sub(length, room)], 1), 2 * size);
  // From one corner down to the next a pixel joins those that grow, or reaches its bound.
  const turn = tf.sub(tf.mul(tf.cast(tf.less(indices, size), 'float32'), 2), 1);
  const growing = tf.cumsum(turn, 1);
  const weighted = tf.cumsum(tf.mul(turn, values), 1);
  const sums = tf.sub(weighted, tf.mul(growing, values));
  // λ lies on the piece that begins at the last corner whose sum is still within epsilon.
  const piece = tf.sub(tf.sum(tf.lessEqual(sums, epsilon), 1, true), 1).toInt();
  const at = (series: tf.Tensor) => tf.gather(series, piece, 1, 1);
  const lambda = tf.maximum(tf.div(tf.sub(at(weighted), epsilon), tf.maximum(at(growing), 1)), 0);
  const within = tf.minimum(tf.relu(tf.sub(length, lambda)), room);
  return tf.mul(tf.sign(flat), within).reshape(difference.shape);
}

/** Uniform in the ball; n × size values, clean images not added. */
export function randomInBall(
  n: number,
  size: number,
  norm: BallNorm,
  epsilon: number,
  random: Random,
): Float32Array {
  const noise = new Float32Array(n * size);
  if (norm === 'linf') return noise.map(() => (2 * random.uniform() - 1) * epsilon);
  for (let i = 0; i < n; i++) {
    const row = noise.subarray(i * size, (i + 1) * size);
    if (norm === 'l1') {
      // Spacings of exponentials are uniform on the simplex; one more than there are pixels fills the inside.
      const spacings = Float64Array.from({ length: size + 1 }, () => -Math.log(1 - random.uniform()));
      const scale = epsilon / spacings.reduce((a, b) => a + b, 0);
      for (let j = 0; j < size; j++) row[j] = (random.uniform() < 0.5 ? -scale : scale) * spacings[j]!;
      continue;
    }
    for (let j = 0; j < size; j++) row[j] = random.normal();
    // A uniform direction at a radius whose size-th power is uniform is uniform in the ball.
    const radius = (epsilon * random.uniform() ** (1 / size)) / Math.hypot(...row);
    for (let j = 0; j < size; j++) row[j]! *= radius;
  }
  return noise;
}

/** Length of each difference of images, [n]. To be called within tf.tidy. */
export const lengths = (difference: tf.Tensor, norm: 'l2' | 'linf'): tf.Tensor1D =>
  norm === 'l2'
    ? (tf.sqrt(tf.sum(tf.square(difference), [1, 2, 3])) as tf.Tensor1D)
    : (tf.max(tf.abs(difference), [1, 2, 3]) as tf.Tensor1D);

const bits = new DataView(new ArrayBuffer(4));

/** The float32 next to `value` in the direction of `towards`. */
function nextFloat(value: number, towards: number): number {
  if (value === 0) return towards > 0 ? 1.401298464324817e-45 : -1.401298464324817e-45;
  bits.setFloat32(0, value);
  bits.setInt32(0, bits.getInt32(0) + (value > 0 === towards > value ? 1 : -1));
  return bits.getFloat32(0);
}

/**
 * What is delivered: `adversarial`, in place, made to lie in [0, 1] and within `epsilon` of `clean` by arithmetic in
 * doubles, where float32 projections overshoot by their last bit. In L0 epsilon is a number of values, and the largest
 * changes are kept. NaN becomes the clean value. Infinite epsilon: range only.
 */
export function deliver(
  clean: Float32Array,
  adversarial: Float32Array,
  size: number,
  norm: Norm | null,
  epsilon: number,
): void {
  for (let i = 0; i < adversarial.length; i++) {
    const value = adversarial[i]!;
    adversarial[i] = Number.isNaN(value) ? clean[i]! : Math.min(1, Math.max(0, value));
    if (norm !== 'linf') continue;
    const low = clean[i]! - epsilon;
    const high = clean[i]! + epsilon;
    if (adversarial[i]! > high) adversarial[i] = high;
    else if (adversarial[i]! < low) adversarial[i] = low;
    // Rounding to float32 may have stepped over the edge again.
    while (Math.abs(adversarial[i]! - clean[i]!) > epsilon)
      adversarial[i] = nextFloat(adversarial[i]!, clean[i]!);
  }
  if (norm === 'linf' || norm === null || !Number.isFinite(epsilon)) return;
  for (let start = 0; start < adversarial.length; start += size) {
    if (norm === 'l0') keepLargest(clean, adversarial, start, size, Math.floor(epsilon));
    else shrink(clean, adversarial, start, size, norm === 'l2' ? l2Distance : l1Distance, epsilon);
  }
}

/** Scales an input's difference down until its distance is within epsilon. */
function shrink(
  clean: Float32Array,
  adversarial: Float32Array,
  start: number,
  size: number,
  distance: typeof l2Distance,
  epsilon: number,
): void {
  // Each try shrinks twice as much: a shrinkage below the last bit of a pixel would be rounded away for ever.
  for (let less = 1e-7; distance(clean, adversarial, start, size) > epsilon; less *= 2) {
    const scale = (epsilon / distance(clean, adversarial, start, size)) * Math.max(0, 1 - less);
    for (let j = start; j < start + size; j++)
      adversarial[j] = clean[j]! + (adversarial[j]! - clean[j]!) * scale;
  }
}

/** Takes all but the `count` largest changes of an input back. */
function keepLargest(
  clean: Float32Array,
  adversarial: Float32Array,
  start: number,
  size: number,
  count: number,
): void {
  if (l0Distance(clean, adversarial, start, size) <= count) return;
  const change = (j: number) => Math.abs(adversarial[j]! - clean[j]!);
  const order = Array.from({ length: size }, (_, j) => start + j).sort((p, q) => change(q) - change(p));
  for (const j of order.slice(count)) adversarial[j] = clean[j]!;
}

export function l1Distance(a: Float32Array, b: Float32Array, start: number, size: number): number {
  let sum = 0;
  for (let j = start; j < start + size; j++) sum += Math.abs(a[j]! - b[j]!);
  return sum;
}

export function l2Distance(a: Float32Array, b: Float32Array, start: number, size: number): number {
  let sum = 0;
  for (let j = start; j < start + size; j++) sum += (a[j]! - b[j]!) ** 2;
  return Math.sqrt(sum);
}

export function linfDistance(a: Float32Array, b: Float32Array, start: number, size: number): number {
  let largest = 0;
  for (let j = start; j < start + size; j++) largest = Math.max(largest, Math.abs(a[j]! - b[j]!));
  return largest;
}

export function l0Distance(a: Float32Array, b: Float32Array, start: number, size: number): number {
  let changed = 0;
  for (let j = start; j < start + size; j++) if (a[j] !== b[j]) changed++;
  return changed;
}

const DISTANCES = { linf: linfDistance, l2: l2Distance, l1: l1Distance, l0: l0Distance };

/** Distance in the given norm between `size` values from `start`, in doubles. */
export const distanceIn = (
  norm: Norm,
  a: Float32Array,
  b: Float32Array,
  start: number,
  size: number,
): number => DISTANCES[norm](a, b, start, size);
