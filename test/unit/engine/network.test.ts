import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { stream } from '../../../src-main/contract/random';
import {
  applyAdam,
  conv2d,
  conv2dInputGradient,
  Parameter,
  softmaxCrossEntropy,
} from '../../../src-main/engine/kernels';
import { Adam } from '../../../src-main/engine/optimizers';
import { convolutional, dense, Network } from '../../../src-main/engine/network';
import { tinyNetwork } from '../../fixtures/tiny';

/** The tiny network once more as a chain of TensorFlow.js ops, for the tape. */
function onTape(x: tf.Tensor4D, kernels: tf.Tensor[]): tf.Tensor2D {
  const conv = tf.relu(tf.add(tf.conv2d(x, kernels[0] as tf.Tensor4D, 2, 'valid'), kernels[1]!));
  const hidden = tf.relu(tf.add(tf.matMul(conv.reshape([x.shape[0], -1]), kernels[2]!), kernels[3]!));
  return tf.add(tf.matMul(hidden, kernels[4]!), kernels[5]!) as tf.Tensor2D;
}

describe('network', () => {
  it('gives the outputs and gradients of the tape', () => {
    const network = tinyNetwork();
    const random = stream(5, 'x');
    const x = tf.tensor4d(
      Float32Array.from({ length: 4 * 64 }, () => random.uniform()),
      [4, 8, 8, 1],
    );
    const labels = tf.tensor1d([0, 1, 2, 0], 'int32');
    const loss = (logits: tf.Tensor2D) =>
      tf.sum(tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(labels, 3)), 1))) as tf.Scalar;
    const kernels = network.parameters.map((parameter) => tf.tensor(parameter.toArray(), parameter.shape));
    const expected = tf.grads((...args: tf.Tensor[]) => loss(onTape(args[0] as tf.Tensor4D, args.slice(1))))([
      x,
      ...kernels,
    ]);

    const activations = network.forward(x);
    const { gradient } = softmaxCrossEntropy(activations.at(-1) as tf.Tensor2D, labels);
    const ours = [
      network.inputGradient(activations, gradient),
      ...network.parameterGradients(activations, gradient),
    ];
    const { input, parameters } = network.allGradients(activations, gradient);
    for (const found of [ours, [input, ...parameters]]) {
      found.forEach((tensor, i) => {
        const [a, b] = [tensor.dataSync(), expected[i]!.dataSync()];
        expect(tensor.shape).toEqual(expected[i]!.shape);
        a.forEach((value, j) => expect(value).toBeCloseTo(b[j]!, 5));
      });
    }
  });

  it.each([
    // [height, width, channels], filters, side, strides; the first four by blocks, with and without a rest.
    [[28, 28, 1], 5, 3, 1],
    [[28, 28, 1], 4, 4, 2],
    [[27, 30, 1], 3, 5, 2],
    [[9, 11, 1], 4, 3, 3],
    [[8, 8, 3], 4, 3, 1],
    [[13, 12, 3], 2, 5, 4],
    [[7, 7, 20], 3, 3, 1],
  ] as const)(
    'gives the input gradient of the tape for images of %j, %i filters of %i, stride %i',
    (shape, filters, side, strides) => {
      const random = stream(6, 'convolution', ...shape, side);
      const drawn = (dimensions: number[]) =>
        tf.tensor4d(
          Float32Array.from({ length: dimensions.reduce((a, b) => a * b) }, () => random.normal()),
          dimensions as tf.Tensor4D['shape'],
        );
      const [x, kernel] = [drawn([2, ...shape]), drawn([side, side, shape[2], filters])];
      const dy = drawn(conv2d(x, kernel, strides, 'valid').shape);
      const expected = tf.grad((image: tf.Tensor) =>
        tf.sum(tf.mul(tf.conv2d(image as tf.Tensor4D, kernel, strides, 'valid'), dy)),
      )(x);
      const filter = new Parameter(kernel.shape, kernel.dataSync<'float32'>());
      const gradient = () => conv2dInputGradient(x.shape, filter, dy, strides, 'valid');
      expect(gradient().shape).toEqual(x.shape);
      const [found, wanted] = [gradient().dataSync(), expected.dataSync()];
      found.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 4));
      // What is kept of the filter goes with its value.
      filter.assign(kernel.dataSync<'float32'>().map((value) => 2 * value));
      gradient()
        .dataSync()
        .forEach((value, i) => expect(value).toBeCloseTo(2 * wanted[i]!, 4));
      filter.dispose();
    },
  );

  it('restores the weights it gave away, and refuses others', () => {
    const [a, b] = [tinyNetwork(1), tinyNetwork(2)];
    expect(a.weights()['0/kernel']).not.toEqual(b.weights()['0/kernel']);
    b.restore(a.weights());
    expect(b.weights()).toEqual(a.weights());
    expect(() => b.restore({})).toThrow('weight “0/kernel”: expected 36 values, found none');
  });

  it('refuses layers that do not fit', () => {
    expect(() => new Network([8, 8, 1], [dense(3)], stream(1, 'w'))).toThrow(
      'layer 0 (dense) needs 1-dimensional inputs',
    );
    expect(() => new Network([2, 2, 1], [convolutional(1, 3)], stream(1, 'w'))).toThrow(
      'leaves nothing of its input',
    );
  });

  it('leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    const network = tinyNetwork();
    const optimizer = new Adam(network.parameters);
    tf.tidy(() => {
      const activations = network.forward(tf.zeros([2, 8, 8, 1]));
      const { gradient } = softmaxCrossEntropy(
        activations.at(-1) as tf.Tensor2D,
        tf.tensor1d([0, 1], 'int32'),
      );
      optimizer.step(network.parameterGradients(activations, gradient), 0.01);
    });
    network.outputs(tf.tidy(() => tf.zeros([1, 8, 8, 1]))).dispose();
    optimizer.dispose();
    network.dispose();
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(1);
  });
});

describe('Adam', () => {
  it('takes the steps of the paper, by hand', () => {
    const [value, mean, variance] = [[1], [0], [0]].map((v) => new Parameter([1], Float32Array.from(v))) as [
      Parameter,
      Parameter,
      Parameter,
    ];
    const settings = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    let [m, v, expected] = [0, 0, 1];
    for (const [i, gradient] of [0.5, -0.2, 0.1].entries()) {
      applyAdam([{ parameter: value, mean, variance, gradient: tf.tensor1d([gradient]) }], i + 1, settings);
      m = 0.9 * m + 0.1 * gradient;
      v = 0.999 * v + 0.001 * gradient ** 2;
      expected -= (0.1 * (m / (1 - 0.9 ** (i + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-8);
      expect(value.toArray()[0]).toBeCloseTo(expected, 5);
    }
  });

  it('goes on from its state as if nothing had happened', () => {
    const run = (interrupted: boolean) => {
      const parameter = new Parameter([2], Float32Array.of(1, -1));
      let optimizer = new Adam([parameter]);
      for (let i = 0; i < 6; i++) {
        if (interrupted && i === 3) {
          const state = optimizer.state();
          optimizer = new Adam([parameter]);
          optimizer.restore(state);
        }
        optimizer.step([tf.tensor1d([0.3 * i, 0.1 - i])], 0.05);
      }
      return parameter.toArray();
    };
    expect(run(true)).toEqual(run(false));
  });
});
