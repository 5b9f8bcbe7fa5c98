/** Networks as policies: what goes in, what comes out, and the quick way for a single observation. */
import * as tf from '@tensorflow/tfjs';
import type { Environment } from '../../../contract/environment';
import type { Policy } from '../../definitions';
import { softmaxCrossEntropy } from '../../kernels';
import type { Network } from '../../network';

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

/** The policy of a network's present weights; it follows their training. */
export function networkPolicy(
  network: Network,
  { observationSize, inputSize, encode }: Encoding,
  actions: number,
): Policy {
  const input = (observations: Float32Array): tf.Tensor2D =>
    tf.tensor2d(encode(observations), [observations.length / observationSize, inputSize]);
  return {
    observationSize,
    actions,
    capabilities: ['scores', 'gradients'],
    scores: (observations) => tf.tidy(() => network.outputs(input(observations)).dataSync<'float32'>()),
    crossEntropyGradient: (observations, labels) =>
      tf.tidy(() => {
        const activations = network.forward(input(observations));
        const { gradient } = softmaxCrossEntropy(
          activations.at(-1) as tf.Tensor2D,
          tf.tensor1d(labels, 'int32'),
        );
        return network.inputGradient(activations, gradient).dataSync<'float32'>();
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
