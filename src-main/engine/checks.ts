/** Measurements behind the verdict's checks. */
import * as tf from '@tensorflow/tfjs';
import type { Split } from '../contract/dataset';
import type { WhiteBoxTarget } from './definitions';
import { crossEntropy } from './losses';
import { sizeOf, toBatch } from './splits';

/** Share of inputs at which the gradient of the cross-entropy in the input is zero in every pixel. */
export async function zeroGradientShare(target: WhiteBoxTarget, split: Split): Promise<number> {
  const batch = toBatch(split, target.inputShape);
  const zero = tf.tidy(() => {
    const { gradient } = target.gradient(batch.images, crossEntropy(batch.labels, 'untargeted'));
    return tf.sum(tf.cast(tf.equal(tf.max(tf.abs(gradient), [1, 2, 3]), 0), 'float32')).dataSync()[0]!;
  });
  tf.dispose([batch.images, batch.labels]);
  return zero / sizeOf(split);
}
