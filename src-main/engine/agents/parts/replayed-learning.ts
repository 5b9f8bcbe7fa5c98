/** Gradient steps of a value network on replayed experiences, as in deep Q-learning (Mnih et al. 2015). */
import * as tf from '@tensorflow/tfjs';
import type { Random } from '../../../contract/random';
import type { Context } from '../../context';
import { globalNorm } from '../../kernels';
import type { Network } from '../../network';
import type { Optimizer } from '../../optimizers';
import type { Encoding } from './network-policy';
import type { ReplayBuffer } from './replay-buffer';

/** Gradient steps between two breaths: about 30 ms. */
const UPDATES_A_BREATH = 16;

export interface ReplayedLearning {
  online: Network;
  /** Q⁻, from which the targets are taken. */
  target: Network;
  optimizer: Optimizer;
  buffer: ReplayBuffer;
  encoding: Pick<Encoding, 'inputSize' | 'encode'>;
  actions: number;
  batchSize: number;
  learningRate: number;
  /** γ. */
  discount: number;
  /** Largest norm of the gradient. */
  gradientClip: number;
  /** What is to be had from a next state, given the values Q⁻ sees in its actions; the largest of them, unless given. */
  future?(values: Float32Array, next: Float32Array): number;
}

/** `gradientSteps` steps of gradient descent on the Huber loss; returns its mean, not finite where training diverged. */
export async function learnFromReplay(
  job: ReplayedLearning,
  gradientSteps: number,
  random: Random,
  breathe: Context['breathe'],
): Promise<number> {
  const { online, target, optimizer, buffer, encoding, actions, batchSize, discount, gradientClip } = job;
  const future = job.future ?? ((values) => Math.max(...values));
  // The target network stands still meanwhile, so that the targets of all batches are computed in one pass.
  const places = buffer.draw(gradientSteps * batchSize, random);
  const nextObservations = buffer.rows(buffer.nextObservations, places);
  const targets = tf.tidy(() => {
    const next = encoding.encode(nextObservations);
    const values = target
      .outputs(tf.tensor2d(next, [places.length, encoding.inputSize]))
      .dataSync<'float32'>();
    return Float32Array.from(places, (place, i) => {
      if (buffer.terminated[place]) return buffer.rewards[place]!;
      const ahead = future(
        values.subarray(i * actions, (i + 1) * actions),
        nextObservations.subarray(i * buffer.size, (i + 1) * buffer.size),
      );
      return buffer.rewards[place]! + discount * ahead;
    });
  });
  let lossSum = 0;
  for (let update = 0; update < gradientSteps; update++) {
    const batch = places.subarray(update * batchSize, (update + 1) * batchSize);
    tf.tidy(() => {
      const rows = encoding.encode(buffer.rows(buffer.observations, batch));
      const activations = online.forward(tf.tensor2d(rows, [batchSize, encoding.inputSize]));
      const values = activations.at(-1)!.dataSync<'float32'>();
      // Huber loss: d²/2 within |d| ≤ 1, |d| − 1/2 beyond; its derivative is d clipped to [−1, 1].
      const derivative = new Float32Array(values.length);
      let loss = 0;
      batch.forEach((place, i) => {
        const at = i * actions + buffer.actions[place]!;
        const difference = values[at]! - targets[update * batchSize + i]!;
        const size = Math.abs(difference);
        loss += (size <= 1 ? 0.5 * size * size : size - 0.5) / batchSize;
        derivative[at] = Math.max(-1, Math.min(1, difference)) / batchSize;
      });
      lossSum += loss;
      const gradients = online.parameterGradients(activations, tf.tensor2d(derivative, [batchSize, actions]));
      const norm = globalNorm(gradients);
      const clipped =
        norm > gradientClip ? gradients.map((gradient) => gradient.mul(gradientClip / norm)) : gradients;
      optimizer.step(clipped, job.learningRate);
    });
    if ((update + 1) % UPDATES_A_BREATH === 0) await breathe();
  }
  return lossSum / gradientSteps;
}
