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
