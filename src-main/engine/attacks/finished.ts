/** Inputs that reached the attacker's goal, and work on those that did not. */
import * as tf from '@tensorflow/tfjs';
import type { Batch, Goal, WhiteBoxTarget } from '../definitions';
import { readOut } from '../read-out';

/** Mask [n] of inputs whose predicted class is as the attacker wants it. */
export function reaches(logits: tf.Tensor2D, labels: tf.Tensor1D, goal: Goal): tf.Tensor {
  const predicted = logits.argMax(1);
  return goal === 'untargeted' ? tf.notEqual(predicted, labels) : tf.equal(predicted, labels);
}

/**
 * Runs `attempt` on the clean images of those inputs of `found` that still stand and puts what it gives in their place.
 * Takes over `found`; returns it when nothing stands.
 */
export async function onStanding(
  target: WhiteBoxTarget,
  batch: Batch,
  found: tf.Tensor4D,
  goal: Goal,
  attempt: (standing: Batch) => Promise<tf.Tensor4D>,
): Promise<tf.Tensor4D> {
  const mask = readOut<'bool'>(() => reaches(target.logits(found), batch.labels, goal));
  const rows = Int32Array.from(mask.keys()).filter((i) => !mask[i]);
  if (rows.length === 0) return found;
  const standing = tf.tidy(() => {
    const indices = tf.tensor1d(rows, 'int32');
    return { images: tf.gather(batch.images, indices), labels: tf.gather(batch.labels, indices) };
  });
  const tried = await attempt(standing);
  const merged = tf.tidy(() => {
    const indices = tf.tensor2d(rows, [rows.length, 1], 'int32');
    return tf.tensorScatterUpdate(found, indices, tried) as tf.Tensor4D;
  });
  tf.dispose([standing.images, standing.labels, tried, found]);
  return merged;
}

/**
 * Each image drawn back towards its clean one by bisection, as long as it stays adversarial; one that is not stays where
 * it is. To be called within tf.tidy.
 */
export function drawnBack(
  clean: tf.Tensor4D,
  images: tf.Tensor4D,
  halvings: number,
  adversarial: (images: tf.Tensor4D) => tf.Tensor,
): tf.Tensor4D {
  let [inside, outside] = [clean, images];
  for (let k = 0; k < halvings; k++) {
    const middle = tf.div(tf.add(inside, outside), 2) as tf.Tensor4D;
    const across = adversarial(middle).reshape([-1, 1, 1, 1]);
    inside = tf.where(across, inside, middle) as tf.Tensor4D;
    outside = tf.where(across, middle, outside) as tf.Tensor4D;
  }
  return outside;
}
