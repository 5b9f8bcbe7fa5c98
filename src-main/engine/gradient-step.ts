import * as tf from '@tensorflow/tfjs';
import type { Batch } from './definitions';
import { softmaxCrossEntropy } from './kernels';
import type { Network } from './network';
import type { Optimizer } from './optimizers';

/** One step down the mean cross-entropy of a batch; the loss and accuracy it was taken at. */
export function gradientStep(
  network: Network,
  optimizer: Optimizer,
  { images, labels }: Batch,
  learningRate: number,
): { loss: number; accuracy: number } {
  return tf.tidy(() => {
    const activations = network.forward(images);
    const logits = activations.at(-1) as tf.Tensor2D;
    const { loss, gradient } = softmaxCrossEntropy(logits, labels);
    const result = {
      loss: tf.mean(loss).dataSync()[0]!,
      accuracy: tf.mean(tf.cast(tf.equal(logits.argMax(1), labels), 'float32')).dataSync()[0]!,
    };
    optimizer.step(
      network.parameterGradients(activations, tf.mul(gradient, 1 / images.shape[0])),
      learningRate,
    );
    return result;
  });
}
