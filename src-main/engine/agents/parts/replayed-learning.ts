/** Gradient steps of a value network on replayed experiences, as in deep Q-learning (Mnih et al. 2015). */
import * as tf from '@tensorflow/tfjs';
import type { Random } from '../../../contract/random';
import type { Context } from '../../context';
import type { Network } from '../../network';
import type { Optimizer } from '../../optimizers';
import { greedyActions } from '../../rl/greedy';
import { rowsOf } from '../../rl/worlds';
import { clippedStep } from './clipped-step';
import { conservativeGradient } from './conservative';
import { plainHeads, type Heads } from './heads';
import type { Encoding } from './network-policy';
import type { ReplayBuffer } from './replay-buffer';
import { readOut } from '../../read-out';

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
  /** How outputs become values; plain unless given. */
  heads?: Heads;
  /**
   * Double Q-learning (van Hasselt et al. 2016): the next action is chosen by the network as it is and valued by Q⁻,
   * since the largest of noisy values is too large.
   */
  double?: boolean;
  /** A further gradient of the parameters, of a penalty on a batch of observations; called within tf.tidy. */
  penalty?(observations: Float32Array, values: Float32Array): tf.Tensor[];
  /** Share of what follows that is valued by the worst action, by Q⁻; 0 unless given. */
  pessimism?: number;
  /** α: how firmly values are held to the recorded actions, by the penalty of `conservative.ts`; 0 unless given. */
  conservatism?: number;
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
  const { online, target, optimizer, buffer, encoding, actions, batchSize, discount } = job;
  const heads = job.heads ?? plainHeads(actions);
  const pessimism = job.pessimism ?? 0;
  const conservatism = job.conservatism ?? 0;
  const future = job.future ?? ((values) => Math.max(...values));
  const input = (rows: Float32Array): tf.Tensor2D => {
    const encoded = encoding.encode(rows);
    return tf.tensor2d(encoded, [encoded.length / encoding.inputSize, encoding.inputSize]);
  };
  const valuesOf = (network: Network, rows: Float32Array): Float32Array =>
    heads.values(readOut(() => network.outputs(input(rows))));

  // The target network stands still meanwhile, so that it sees the next observations of all batches in one pass.
  const places = buffer.draw(gradientSteps * batchSize, random);
  const nextObservations = rowsOf(buffer.nextObservations, places, buffer.size);
  const nextValues = valuesOf(target, nextObservations);
  let lossSum = 0;
  for (let update = 0; update < gradientSteps; update++) {
    const first = update * batchSize;
    const batch = places.subarray(first, first + batchSize);
    const nextOf = (i: number): Float32Array =>
      nextObservations.subarray((first + i) * buffer.size, (first + i + 1) * buffer.size);
    const chosen = job.double
      ? greedyActions(
          valuesOf(online, nextObservations.subarray(first * buffer.size, (first + batchSize) * buffer.size)),
          actions,
        )
      : null;
    const ahead = (i: number): number => {
      const values = nextValues.subarray((first + i) * actions, (first + i + 1) * actions);
      const own = chosen ? values[chosen[i]!]! : future(values, nextOf(i));
      return pessimism > 0 ? (1 - pessimism) * own + pessimism * Math.min(...values) : own;
    };
    tf.tidy(() => {
      const rows = rowsOf(buffer.observations, batch, buffer.size);
      const activations = online.forward(input(rows));
      const values = heads.values(activations.at(-1)!.dataSync<'float32'>());
      // Huber loss: d²/2 within |d| ≤ 1, |d| − 1/2 beyond; its derivative is d clipped to [−1, 1].
      const derivative = new Float32Array(values.length);
      let loss = 0;
      batch.forEach((place, i) => {
        const at = i * actions + buffer.actions[place]!;
        const later = buffer.terminated[place] ? 0 : discount * ahead(i);
        const difference = values[at]! - Math.fround(buffer.rewards[place]! + later);
        const size = Math.abs(difference);
        loss += (size <= 1 ? 0.5 * size * size : size - 0.5) / batchSize;
        derivative[at] = Math.max(-1, Math.min(1, difference)) / batchSize;
      });
      if (conservatism > 0) {
        const recorded = Int32Array.from(batch, (place) => buffer.actions[place]!);
        const pull = conservativeGradient(conservatism, values, recorded, actions);
        pull.forEach((slope, i) => (derivative[i]! += slope));
      }
      lossSum += loss;
      const gradients = online.parameterGradients(
        activations,
        tf.tensor2d(heads.gradient(derivative), [batchSize, heads.units]),
      );
      const penalty = job.penalty?.(rows, values);
      clippedStep(
        optimizer,
        penalty ? gradients.map((gradient, i) => tf.add(gradient, penalty[i]!)) : gradients,
        job,
      );
    });
    if ((update + 1) % UPDATES_A_BREATH === 0) await breathe();
  }
  return lossSum / gradientSteps;
}
