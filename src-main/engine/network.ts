/**
 * A feed-forward network with its backward pass written out. Architectures are lists of layers; weights are drawn from
 * a given stream (Glorot uniform, zero biases); forward and backward run on TensorFlow's kernels.
 */
import * as tf from '@tensorflow/tfjs';
import type { Random } from '../contract/random';
import {
  biasAdd,
  biasGradient,
  conv2d,
  conv2dFilterGradient,
  conv2dBackToInput,
  conv2dInputGradient,
  imagePatches,
  matMul,
  Parameter,
  relu,
  reluGradient,
  type Padding,
} from './kernels';
import { readOut } from './read-out';

export type LayerSpec =
  | {
      layer: 'conv2d';
      filters: number;
      kernelSize: number;
      strides: number;
      padding: Padding;
      activation: 'relu' | 'linear';
    }
  | { layer: 'dense'; units: number; activation: 'relu' | 'linear' }
  | { layer: 'flatten' };

export const convolutional = (
  filters: number,
  kernelSize: number,
  strides = 1,
  padding: Padding = 'valid',
): LayerSpec => ({
  layer: 'conv2d',
  filters,
  kernelSize,
  strides,
  padding,
  activation: 'relu',
});
export const dense = (units: number, activation: 'relu' | 'linear' = 'relu'): LayerSpec => ({
  layer: 'dense',
  units,
  activation,
});
export const flatten = (): LayerSpec => ({ layer: 'flatten' });

export type Layer =
  | { kind: 'flatten' }
  | { kind: 'dense'; kernel: Parameter; bias: Parameter; relu: boolean }
  | { kind: 'conv2d'; kernel: Parameter; bias: Parameter; relu: boolean; strides: number; padding: Padding };

/** Input and the output of every layer, kept for the backward pass. */
export type Activations = tf.Tensor[];

function glorotUniform(shape: number[], random: Random): Float32Array {
  // For kernels [h, w, in, out] the receptive field counts into both fans.
  const field = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const [fanIn, fanOut] = shape.slice(-2).map((n) => n * field) as [number, number];
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  return Float32Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    () => (2 * random.uniform() - 1) * limit,
  );
}

/** Most rows of a backward pass that inputs are repeated for. */
const ROWS_AT_ONCE = 256;

const outputSize = (size: number, kernel: number, strides: number, padding: Padding): number =>
  padding === 'same' ? Math.ceil(size / strides) : Math.floor((size - kernel) / strides) + 1;

export class Network {
  /** Kernel and bias of each layer, first to last: the order of `Gradients.parameters`. */
  readonly parameters: Parameter[] = [];
  readonly layers: readonly Layer[];
  private readonly names: string[] = [];

  /**
   * @param inputShape shape of one input, without the batch: [height, width, channels] or [size]
   * @throws RangeError when a layer does not fit what it is given
   */
  constructor(
    readonly inputShape: number[],
    readonly specs: LayerSpec[],
    random: Random,
  ) {
    let shape = inputShape;
    const layers: Layer[] = [];
    this.layers = layers;
    specs.forEach((spec, i) => {
      if (spec.layer === 'flatten') {
        shape = [shape.reduce((a, b) => a * b, 1)];
        layers.push({ kind: 'flatten' });
        return;
      }
      const rank = spec.layer === 'conv2d' ? 3 : 1;
      if (shape.length !== rank)
        throw new RangeError(`layer ${i} (${spec.layer}) needs ${rank}-dimensional inputs, got [${shape}]`);
      const [kernelShape, units]: [number[], number] =
        spec.layer === 'conv2d'
          ? [[spec.kernelSize, spec.kernelSize, shape[2]!, spec.filters], spec.filters]
          : [[shape[0]!, spec.units], spec.units];
      const kernel = new Parameter(kernelShape, glorotUniform(kernelShape, random));
      const bias = new Parameter([units], new Float32Array(units));
      this.parameters.push(kernel, bias);
      this.names.push(`${i}/kernel`, `${i}/bias`);
      const common = { kernel, bias, relu: spec.activation === 'relu' };
      if (spec.layer === 'dense') {
        layers.push({ kind: 'dense', ...common });
        shape = [units];
        return;
      }
      const { strides, padding, kernelSize } = spec;
      layers.push({ kind: 'conv2d', ...common, strides, padding });
      shape = [
        outputSize(shape[0]!, kernelSize, strides, padding),
        outputSize(shape[1]!, kernelSize, strides, padding),
        units,
      ];
      if (shape.some((size) => size < 1))
        throw new RangeError(`layer ${i} (conv2d) leaves nothing of its input: output [${shape}]`);
    });
  }

  /** All activations, input first, outputs last. The caller disposes them (or tidies around the call). */
  forward(input: tf.Tensor): Activations {
    const activations: Activations = [input];
    for (const layer of this.layers) {
      const x = activations.at(-1)!;
      activations.push(layer.kind === 'flatten' ? x.reshape([x.shape[0]!, -1]) : weigh(layer, x));
    }
    return activations;
  }

  /** Outputs alone, intermediate results disposed. */
  outputs(input: tf.Tensor): tf.Tensor2D {
    return tf.tidy(() => this.forward(input).at(-1) as tf.Tensor2D);
  }

  /** The same from and to plain arrays, row after row of a one-dimensional input. */
  outputsOf(rows: Float32Array): Float32Array {
    const size = this.inputShape[0]!;
    return readOut(() => this.outputs(tf.tensor2d(rows, [rows.length / size, size])));
  }

  /** Gradients of the parameters, in their order, from the gradient of the outputs. To be called within tf.tidy. */
  parameterGradients(activations: Activations, outputGradient: tf.Tensor2D): tf.Tensor[] {
    const gradients: tf.Tensor[] = [];
    this.backward(activations, outputGradient, false, (layer, x, dy) =>
      gradients.unshift(kernelGradient(layer, x, dy), biasGradient(dy)),
    );
    return gradients;
  }

  /** Both at once, for one backward pass. To be called within tf.tidy. */
  allGradients(
    activations: Activations,
    outputGradient: tf.Tensor2D,
  ): { parameters: tf.Tensor[]; input: tf.Tensor } {
    const parameters: tf.Tensor[] = [];
    const collect: Visit = (layer, x, dy) =>
      parameters.unshift(kernelGradient(layer, x, dy), biasGradient(dy));
    return { input: this.backward(activations, outputGradient, true, collect), parameters };
  }

  /**
   * Euclidean norms [n] of each input's own gradient in all parameters together, from the gradient of the outputs, without any
   * of those gradients being held (for dense layers Goodfellow 2015, arXiv:1510.01799). To be called within tf.tidy.
   */
  gradientNorms(activations: Activations, outputGradient: tf.Tensor2D): tf.Tensor1D {
    const squares: tf.Tensor1D[] = [];
    this.backward(activations, outputGradient, false, (layer, x, dy) =>
      squares.push(squaredGradients(layer, x, dy)),
    );
    return tf.sqrt(tf.addN(squares));
  }

  /**
   * Gradient of the input from the gradient of the last of the activations: the outputs, or those of a layer before where
   * later ones are left out. To be called within tf.tidy.
   */
  inputGradient(activations: Activations, outputGradient: tf.Tensor2D): tf.Tensor {
    return this.backward(activations, outputGradient, true, null);
  }

  /**
   * The same from each of several gradients of the outputs. Of few inputs all at once, as if each stood in the batch once
   * for every gradient: a pass over few rows takes no longer than it takes to call its kernels. To be called within tf.tidy.
   */
  inputGradients(activations: Activations, outputGradients: tf.Tensor2D[]): tf.Tensor[] {
    const [n, times] = [activations[0]!.shape[0]!, outputGradients.length];
    if (n * times > ROWS_AT_ONCE) return outputGradients.map((dy) => this.inputGradient(activations, dy));
    const repeated = activations.map((x) => tf.tile(x, [times, ...x.shape.slice(1).map(() => 1)]));
    return tf.split(this.inputGradient(repeated, tf.concat(outputGradients, 0)), times);
  }

  private backward(
    activations: Activations,
    outputGradient: tf.Tensor,
    toInput: boolean,
    visit: Visit | null,
  ): tf.Tensor {
    let dy = outputGradient;
    for (let i = activations.length - 2; i >= 0; i--) {
      const layer = this.layers[i]!;
      const x = activations[i]!;
      if (layer.kind === 'flatten') {
        dy = dy.reshape(x.shape);
        continue;
      }
      if (layer.relu) dy = reluGradient(dy, activations[i + 1]!);
      const needed = i > 0 || toInput;
      visit?.(layer, x, dy);
      if (needed) {
        dy =
          layer.kind === 'dense'
            ? matMul(dy as tf.Tensor2D, layer.kernel.value(), false, true)
            : conv2dInputGradient(
                x.shape as tf.Tensor4D['shape'],
                layer.kernel,
                dy as tf.Tensor4D,
                layer.strides,
                layer.padding,
              );
      }
    }
    return dy;
  }

  /** Copies of the weights by name ('0/kernel', '0/bias', …). */
  weights(): Record<string, Float32Array> {
    return Object.fromEntries(this.parameters.map((parameter, i) => [this.names[i]!, parameter.toArray()]));
  }

  /** @throws RangeError when a weight is missing or has another size */
  restore(weights: Record<string, Float32Array>): void {
    this.parameters.forEach((parameter, i) => {
      const name = this.names[i]!;
      const size = parameter.shape.reduce((a, b) => a * b, 1);
      if (weights[name]?.length !== size) {
        throw new RangeError(
          `weight “${name}”: expected ${size} values, found ${weights[name]?.length ?? 'none'}`,
        );
      }
      parameter.assign(weights[name]);
    });
  }

  dispose(): void {
    for (const parameter of this.parameters) parameter.dispose();
  }
}

/** Told each layer of a backward pass, last to first: its input, and the gradient of what its kernel and bias make of that. */
type Visit = (layer: LinearLayer, x: tf.Tensor, dy: tf.Tensor) => void;

export type LinearLayer = Exclude<Layer, { kind: 'flatten' }>;

function weigh(layer: LinearLayer, x: tf.Tensor): tf.Tensor {
  const sum = biasAdd(product(layer, x, layer.kernel.value()), layer.bias.value());
  return layer.relu ? relu(sum) : sum;
}

/** What a layer's kernel, or another of its shape in its place, makes of x; bias and activation left out. */
export const product = (layer: LinearLayer, x: tf.Tensor, kernel: tf.Tensor): tf.Tensor =>
  layer.kind === 'dense'
    ? matMul(x as tf.Tensor2D, kernel as tf.Tensor2D)
    : conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, layer.strides, layer.padding);

/** Gradient of `product` in the kernel, from that of its result. */
export const kernelGradient = (layer: LinearLayer, x: tf.Tensor, dy: tf.Tensor): tf.Tensor =>
  layer.kind === 'dense'
    ? matMul(x as tf.Tensor2D, dy as tf.Tensor2D, true, false)
    : conv2dFilterGradient(
        x as tf.Tensor4D,
        layer.kernel.shape,
        dy as tf.Tensor4D,
        layer.strides,
        layer.padding,
      );

/** Gradient of `product` in x of the given shape, from that of its result, for a kernel that is not the layer's own. */
export const factorGradient = (
  layer: LinearLayer,
  shape: number[],
  kernel: tf.Tensor,
  dy: tf.Tensor,
): tf.Tensor =>
  layer.kind === 'dense'
    ? matMul(dy as tf.Tensor2D, kernel as tf.Tensor2D, false, true)
    : conv2dBackToInput(shape, kernel as tf.Tensor4D, dy as tf.Tensor4D, layer.strides, layer.padding);

/** Squared norm [n] of each input's gradient in a layer's kernel and bias. */
function squaredGradients(layer: LinearLayer, x: tf.Tensor, dy: tf.Tensor): tf.Tensor1D {
  if (layer.kind === 'dense') {
    // The gradient x ⊗ dy is never made: its norm is the product of theirs; the bias is an input of 1.
    return tf.mul(tf.add(tf.sum(tf.square(x), 1), 1), tf.sum(tf.square(dy), 1));
  }
  const [side] = layer.kernel.shape as [number];
  const [n, height, width, filters] = dy.shape as tf.Tensor4D['shape'];
  const seen = imagePatches(x as tf.Tensor4D, side, layer.strides, layer.padding).reshape([
    n,
    height * width,
    -1,
  ]);
  const own = dy.reshape([n, height * width, filters]);
  const kernels = tf.matMul(seen, own, true, false);
  return tf.add(tf.sum(tf.square(kernels), [1, 2]), tf.sum(tf.square(tf.sum(own, 1)), 1));
}
