/** Losses that attacks climb, on logits. */
import * as tf from '@tensorflow/tfjs';
import type { Goal, Loss } from './definitions';
import { softmaxCrossEntropy } from './kernels';

/** Cross-entropy with the labels; for a targeted goal its negative, so that climbing always helps the attacker. */
export const crossEntropy =
  (labels: tf.Tensor1D, goal: Goal): Loss =>
  (logits) => {
    const result = softmaxCrossEntropy(logits, labels);
    return goal === 'untargeted'
      ? result
      : tf.tidy(() => ({ loss: tf.neg(result.loss), gradient: tf.neg(result.gradient) }));
  };

/**
 * Kullback–Leibler divergence of softmax(logits) from given probabilities [n, classes], KL(p ‖ q) [n], with its gradient in
 * either side's logits: in q's own, and in those that p is the softmax of. To be called within tf.tidy.
 */
export function divergence(
  probabilities: tf.Tensor2D,
  logits: tf.Tensor2D,
): { divergence: tf.Tensor1D; inLogits: tf.Tensor2D; inOrigin: tf.Tensor2D } {
  const apart = tf.sub(tf.log(tf.maximum(probabilities, 1e-30)), tf.logSoftmax(logits));
  const kl = tf.sum(tf.mul(probabilities, apart), 1, true);
  return {
    divergence: tf.squeeze(kl, [1]),
    inLogits: tf.sub(tf.softmax(logits), probabilities),
    inOrigin: tf.mul(probabilities, tf.sub(apart, kl)),
  };
}

/** Climbs away from given probabilities [n, classes]. */
export const awayFrom =
  (probabilities: tf.Tensor2D): Loss =>
  (logits) =>
    tf.tidy(() => {
      const { divergence: loss, inLogits } = divergence(probabilities, logits);
      return { loss, gradient: inLogits };
    });

/** One-hot along a new last axis, float32. To be called within tf.tidy. */
export const oneHot = (labels: tf.Tensor, classes: number): tf.Tensor2D =>
  tf.oneHot(labels as tf.Tensor1D, classes, 1, 0, 'float32') as tf.Tensor2D;

/**
 * By how much each input is still where the attacker does not want it, z_y − max of the others (targeted: max of the
 * others − z_t), and its gradient in the logits: +1 at the one that counts for it, −1 at the one against it. To be called
 * within tf.tidy.
 */
export function marginOf(
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
  goal: Goal,
): { margin: tf.Tensor1D; direction: tf.Tensor2D } {
  const classes = logits.shape[1];
  const own = oneHot(labels, classes);
  const rival = oneHot(tf.argMax(tf.sub(logits, tf.mul(own, 1e30)), 1), classes);
  const direction = goal === 'untargeted' ? tf.sub(own, rival) : tf.sub(rival, own);
  return { margin: tf.sum(tf.mul(logits, direction), 1), direction: direction as tf.Tensor2D };
}

/** Climbs along one direction in the logits [n, classes], which is its own gradient. */
export const along =
  (direction: tf.Tensor2D): Loss =>
  (logits) => ({
    loss: tf.tidy(() => tf.sum(tf.mul(logits, direction), 1) as tf.Tensor1D),
    gradient: direction,
  });

/** z_t − z_y of one other class t, so that it climbs towards that class. */
export const towardsClass =
  (labels: tf.Tensor1D, targets: tf.Tensor1D): Loss =>
  (logits) =>
    tf.tidy(() => {
      const classes = logits.shape[1];
      return along(tf.sub(oneHot(targets, classes), oneHot(labels, classes)))(logits);
    });

/** Minus the margin of `marginOf`. */
export const towardsGoal =
  (labels: tf.Tensor1D, goal: Goal): Loss =>
  (logits) =>
    tf.tidy(() => {
      const { margin, direction } = marginOf(logits, labels, goal);
      return { loss: tf.neg(margin), gradient: tf.neg(direction) };
    });

/**
 * Difference of logits ratio: minus the margin over z_π1 − z_π3, π being the order of the logits, so that neither a shift
 * nor a scale of the logits matters (Croce & Hein 2020, arXiv:2003.01690, eq. 6). With two classes there is nothing to
 * scale by, and the margin is taken as it is.
 */
export const differenceOfLogitsRatio =
  (labels: tf.Tensor1D, goal: Goal): Loss =>
  (logits) =>
    tf.tidy(() => {
      const { direction } = marginOf(logits, labels, goal);
      return ratio(logits, direction, [1, 0, -1]);
    });

/**
 * The same towards one class: −(z_y − z_t) / (z_π1 − (z_π3 + z_π4) / 2) (eq. 7), which has a gradient where the class is
 * not yet second. With three classes or fewer the margin is taken as it is.
 */
export const targetedDifferenceOfLogitsRatio =
  (labels: tf.Tensor1D, targets: tf.Tensor1D): Loss =>
  (logits) =>
    tf.tidy(() => {
      const classes = logits.shape[1];
      const direction = tf.sub(oneHot(labels, classes), oneHot(targets, classes)) as tf.Tensor2D;
      return ratio(logits, direction, [1, 0, -0.5, -0.5]);
    });

/** −(direction · z) / (weights · z sorted downwards), with its gradient; without the divisor where classes are too few. */
function ratio(
  logits: tf.Tensor2D,
  direction: tf.Tensor2D,
  weights: number[],
): { loss: tf.Tensor1D; gradient: tf.Tensor2D } {
  const classes = logits.shape[1];
  const margin = tf.sum(tf.mul(logits, direction), 1, true);
  if (classes < weights.length) return { loss: tf.neg(tf.squeeze(margin, [1])), gradient: tf.neg(direction) };
  const { indices } = tf.topk(logits, weights.length);
  const across = tf.sum(tf.mul(oneHot(indices, classes), tf.tensor3d(weights, [1, weights.length, 1])), 1);
  const scale = tf.add(tf.sum(tf.mul(logits, across), 1, true), 1e-12);
  const loss = tf.neg(tf.div(margin, scale));
  return {
    loss: tf.squeeze(loss, [1]),
    // The quotient rule, with the loss itself in it.
    gradient: tf.neg(tf.div(tf.add(direction, tf.mul(loss, across)), scale)) as tf.Tensor2D,
  };
}
