import * as tf from '@tensorflow/tfjs';
import { globalNorm } from '../../kernels';
import type { Optimizer } from '../../optimizers';

/** One step of an optimizer, the gradients shrunk to a norm of at most `clip` over all of them. Within tf.tidy. */
export function clippedStep(
  optimizer: Optimizer,
  gradients: tf.Tensor[],
  { gradientClip, learningRate }: { gradientClip: number; learningRate: number },
): void {
  const norm = globalNorm(gradients);
  optimizer.step(
    norm > gradientClip ? gradients.map((gradient) => tf.mul(gradient, gradientClip / norm)) : gradients,
    learningRate,
  );
}
