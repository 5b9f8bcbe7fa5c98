import * as tf from '@tensorflow/tfjs';
import type { Batch, WhiteBoxTarget } from '../definitions';

/** For each input the class of the given rank by its logits, its label left out: 0 is the likeliest other class. */
export const rankedClass = (target: WhiteBoxTarget, { images, labels }: Batch, rank: number): tf.Tensor1D =>
  tf.tidy(() => {
    const own = tf.oneHot(labels, target.classes, 1, 0, 'float32');
    const { indices } = tf.topk(tf.sub(target.logits(images), tf.mul(own, 1e30)), rank + 1);
    return tf.squeeze(tf.slice(indices, [0, rank], [-1, 1]), [1]);
  });
