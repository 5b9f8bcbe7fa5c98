import * as tf from '@tensorflow/tfjs';
import type { Batch, Descent, TrainingLoss } from './definitions';
import { softmaxCrossEntropy } from './kernels';
import type { Network } from './network';
import type { Optimizer } from './optimizers';

/** Where a step differs from plain training. */
export interface Altered {
  /** What the network is shown in place of the batch's images: as many rows, or more where `loss` compares several. */
  images?: tf.Tensor4D;
  loss?: TrainingLoss;
  /** In place of both: the gradients of a loss that is not of the logits alone. */
  descend?(network: Network, batch: Batch): Descent;
  /** Whether the gradient in the images is wanted too: the caller disposes it. */
  inputGradient?: boolean;
}

/**
 * One step down the mean loss of a batch, the cross-entropy unless another is given; the loss and accuracy it was taken
 * at, the accuracy over the first rows of what the network was shown, one an input of the batch.
 */
export function gradientStep(
  network: Network,
  optimizer: Optimizer,
  batch: Batch,
  learningRate: number,
  { images = batch.images, loss: lossOf, descend, inputGradient = false }: Altered = {},
): { loss: number; accuracy: number; inputGradient?: tf.Tensor4D } {
  const { labels } = batch;
  const n = labels.shape[0];
  let input: tf.Tensor | undefined;
  const result = tf.tidy(() => {
    if (descend) {
      const { gradients, ...reached } = descend(network, batch);
      optimizer.step(gradients, learningRate);
      return reached;
    }
    const activations = network.forward(images);
    const logits = activations.at(-1) as tf.Tensor2D;
    const { loss, gradient } = lossOf ? lossOf(logits, batch) : softmaxCrossEntropy(logits, labels);
    const judged = logits.shape[0] === n ? logits : logits.slice([0, 0], [n, -1]);
    const reached = {
      loss: tf.mean(loss).dataSync()[0]!,
      accuracy: accuracyOf(judged as tf.Tensor2D, labels),
    };
    const mean: tf.Tensor2D = tf.mul(gradient, 1 / n);
    if (!inputGradient) {
      optimizer.step(network.parameterGradients(activations, mean), learningRate);
      return reached;
    }
    const gradients = network.allGradients(activations, mean);
    input = tf.keep(gradients.input);
    optimizer.step(gradients.parameters, learningRate);
    return reached;
  });
  return input ? { ...result, inputGradient: input as tf.Tensor4D } : result;
}

/** Share of a batch whose label has the largest logit. To be called within tf.tidy. */
export const accuracyOf = (logits: tf.Tensor2D, labels: tf.Tensor1D): number =>
  tf.mean(tf.cast(tf.equal(logits.argMax(1), labels), 'float32')).dataSync()[0]!;
