/** Norm balls: the steepest step, the projection and a random start in each, and the exact projection of a delivery. */
import * as tf from '@tensorflow/tfjs';
import type { Norm } from '../contract/catalog';
import type { Random } from '../contract/random';

/** The norms in which gradient attacks can be run. */
export type BallNorm = 'linf' | 'l2';

/** Per-input L2 norm of [n, …] as [n, 1, 1, 1]; never 0, so that it can divide. */
function l2(x: tf.Tensor4D): tf.Tensor4D {
  return tf.maximum(tf.sqrt(tf.sum(tf.square(x), [1, 2, 3], true)), 1e-12) as tf.Tensor4D;
}

/** Per-input L1 norm of [n, …] as [n, 1, 1, 1]; never 0. */
export const l1 = (x: tf.Tensor4D): tf.Tensor4D =>
  tf.maximum(tf.sum(tf.abs(x), [1, 2, 3], true), 1e-12) as tf.Tensor4D;

/** Direction of unit norm in which the inner product with the gradient is largest. To be called within tf.tidy. */
export const steepest = (gradient: tf.Tensor4D, norm: BallNorm): tf.Tensor4D =>
  norm === 'linf' ? tf.sign(gradient) : (tf.div(gradient, l2(gradient)) as tf.Tensor4D);

/** Nearest point to `images` in the ball around `clean` and in [0, 1]. To be called within tf.tidy. */
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
  const difference = tf.sub(images, clean) as tf.Tensor4D;
  const scale = tf.minimum(tf.div(epsilon, l2(difference)), 1);
  return tf.clipByValue(tf.add(clean, tf.mul(difference, scale)), 0, 1) as tf.Tensor4D;
}

/** Uniform in the Linf ball, or uniform in the L2 ball; [n, …shape] values, clean images not added. */
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
    for (let j = 0; j < size; j++) row[j] = random.normal();
    // A uniform direction at a radius whose size-th power is uniform is uniform in the ball.
    const radius = (epsilon * random.uniform() ** (1 / size)) / Math.hypot(...row);
    for (let j = 0; j < size; j++) row[j]! *= radius;
  }
  return noise;
}

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
 * doubles, where float32 projections overshoot by their last bit. NaN becomes the clean value. Infinite epsilon: range only.
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
  if (norm !== 'l2' || !Number.isFinite(epsilon)) return;
  for (let start = 0; start < adversarial.length; start += size) {
    // Each try shrinks twice as much: a shrinkage below the last bit of a pixel would be rounded away for ever.
    for (let shrink = 1e-7; l2Distance(clean, adversarial, start, size) > epsilon; shrink *= 2) {
      const scale = (epsilon / l2Distance(clean, adversarial, start, size)) * Math.max(0, 1 - shrink);
      for (let j = start; j < start + size; j++)
        adversarial[j] = clean[j]! + (adversarial[j]! - clean[j]!) * scale;
    }
  }
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
