/** Networks as policies: what goes in, what comes out, and the quick way for a single observation. */
import * as tf from '@tensorflow/tfjs';
import type { Environment } from '../../../contract/environment';
import type { Policy } from '../../definitions';
import type { Network } from '../../network';
import { certifiedRows } from '../../rl/bounds';
import { readOut } from '../../read-out';

/** How observations become rows of a network's input: boxes as they are, state indices one-hot. */
export interface Encoding {
  observationSize: number;
  inputSize: number;
  encode(observations: Float32Array): Float32Array;
}

export function encodingFor({ observationSpace }: Environment): Encoding {
  if (observationSpace.kind === 'box') {
    const size = observationSpace.low.length;
    return { observationSize: size, inputSize: size, encode: (observations) => observations };
  }
  const { n } = observationSpace;
  return {
    observationSize: 1,
    inputSize: n,
    encode(observations) {
      const rows = new Float32Array(observations.length * n);
      observations.forEach((state, i) => {
        rows[i * n + state] = 1;
      });
      return rows;
    },
  };
}

/**
 * The policy of a network's present weights; it follows their training. `critic`: a network beside it whose one output
 * is what a state is worth.
 */
export function networkPolicy(
  network: Network,
  { observationSize, inputSize, encode }: Encoding,
  actions: number,
  capabilities: Policy['capabilities'],
  critic?: Network,
): Policy {
  const input = (observations: Float32Array): tf.Tensor2D =>
    tf.tensor2d(encode(observations), [observations.length / observationSize, inputSize]);
  return {
    observationSize,
    actions,
    capabilities,
    scores: (observations) => readOut(() => network.outputs(input(observations))),
    gradient: (observations, loss) =>
      tf.tidy(() => {
        const activations = network.forward(input(observations));
        const scores = activations.at(-1)!.dataSync<'float32'>();
        const climbed = loss(scores);
        const ofScores = tf.tensor2d(climbed.gradient, [scores.length / actions, actions]);
        const gradient = network.inputGradient(activations, ofScores).dataSync<'float32'>();
        return { scores, loss: climbed.loss, gradient };
      }),
    ...(critic && {
      judge: (observations) =>
        tf.tidy(() => {
          const activations = critic.forward(input(observations));
          const values = activations.at(-1) as tf.Tensor2D;
          const gradient = critic.inputGradient(activations, tf.onesLike(values));
          return { values: values.dataSync<'float32'>(), gradient: gradient.dataSync<'float32'>() };
        }),
    }),
    ...(observationSize === inputSize && {
      certify: (observations, ball) => certifiedRows(network, observations, ball),
    }),
  };
}

/**
 * A dense relu network on plain typed arrays: for one observation faster than TensorFlow, whose every op costs some 30 µs
 * whatever its size. Weights are copies: `refresh` after training.
 */
export class PlainNetwork {
  private layers: { kernel: Float32Array; bias: Float32Array }[] = [];

  constructor(private readonly network: Network) {
    this.refresh();
  }

  refresh(): void {
    const values = this.network.parameters.map((parameter) => parameter.toArray());
    this.layers = [];
    for (let i = 0; i < values.length; i += 2) this.layers.push({ kernel: values[i]!, bias: values[i + 1]! });
  }

  outputs(input: Float32Array): Float32Array {
    let x = input;
    this.layers.forEach(({ kernel, bias }, l) => {
      const units = bias.length;
      const y = bias.slice();
      for (let i = 0; i < x.length; i++) {
        const value = x[i]!;
        // After a relu about half of the values are zero, in a one-hot row all but one.
        if (value === 0) continue;
        const row = i * units;
        for (let j = 0; j < units; j++) y[j]! += value * kernel[row + j]!;
      }
      if (l < this.layers.length - 1) for (let j = 0; j < units; j++) if (y[j]! < 0) y[j] = 0;
      x = y;
    });
    return x;
  }
}
