/** Interval bounds: known answers, soundness against random points and PGD, rounding, and the gradient trained on. */
import * as tf from '@tensorflow/tfjs-node';
import { describe, expect, it } from 'vitest';
import { stream } from '../../../src-main/contract/random';
import { predict } from '../../../src-main/engine/evaluate';
import { perturb } from '../../../src-main/engine/evasion';
import { boundGradients, boxes, provenRadii, robustlyRight } from '../../../src-main/engine/interval';
import { softmaxCrossEntropy } from '../../../src-main/engine/kernels';
import { convolutional, dense, flatten, Network } from '../../../src-main/engine/network';
import { Adam } from '../../../src-main/engine/optimizers';
import { selected, sizeOf, toBatch } from '../../../src-main/engine/splits';
import { NetworkTarget } from '../../../src-main/engine/target-views';
import { contextOf, tinyDataset, tinyNetwork } from '../../fixtures/tiny';

const SHAPE: [number, number, number] = [8, 8, 1];

/** Worst logits and the gradient of their cross-entropy in the parameters. */
function worstLoss(network: Network, images: tf.Tensor4D, labels: tf.Tensor1D, epsilon: number) {
  const passed = boxes(network, images, epsilon);
  const { centre, radius } = passed.at(-1)!.out;
  const side = tf.sub(1, tf.mul(2, tf.oneHot(labels, centre.shape[1]!, 1, 0, 'float32')));
  const { loss, gradient } = softmaxCrossEntropy(tf.add(centre, tf.mul(side, radius)) as tf.Tensor2D, labels);
  const gradients = boundGradients(network, passed, { centre: gradient, radius: tf.mul(side, gradient) });
  return { loss: tf.sum(loss), gradients };
}

/** A tiny network trained on its worst case, epsilon growing to 0.1. */
function trained(): Network {
  const network = tinyNetwork();
  const optimizer = new Adam(network.parameters);
  const { images, labels } = toBatch(tinyDataset().train, SHAPE);
  for (let step = 0; step < 200; step++) {
    tf.tidy(() =>
      optimizer.step(worstLoss(network, images, labels, 0.1 * Math.min(1, step / 120)).gradients, 0.01),
    );
  }
  return network;
}

describe('interval bounds', () => {
  it('are those worked out by hand', () => {
    // One pixel x, hidden relu(2x − 1) and relu(−x + 0.5); logits h1 and h2. At x = 0.9 ± 0.1 (cut to [0.8, 1]):
    // 2x − 1 in [0.6, 1], −x + 0.5 in [−0.5, −0.3], so h2 = 0 and the margin is at least 0.6.
    const network = new Network([1, 1, 1], [flatten(), dense(2), dense(2, 'linear')], stream(1, 'w'));
    network.restore({
      '1/kernel': Float32Array.of(2, -1),
      '1/bias': Float32Array.of(-1, 0.5),
      '2/kernel': Float32Array.of(1, 0, 0, 1),
      '2/bias': Float32Array.of(0, 0),
    });
    tf.tidy(() => {
      const images = tf.tensor4d([0.9], [1, 1, 1, 1]);
      const passed = boxes(network, images, 0.1);
      const [centre, radius] = [passed[1]!.out.centre.dataSync(), passed[1]!.out.radius.dataSync()];
      [0.8, -0.4].forEach((value, k) => expect(centre[k]).toBeCloseTo(value, 6));
      [0.2, 0.1].forEach((value, k) => expect(radius[k]).toBeCloseTo(value, 6));
      const right = (epsilon: number, label: number) =>
        robustlyRight(network, images, Uint8Array.of(label), Float32Array.of(epsilon))[0];
      expect(right(0.1, 0)).toBe(true);
      expect(right(0.1, 1)).toBe(false);
      // Class 0 wins where 2x − 1 > max(0, 0.5 − x), that is above x = 0.5.
      expect(right(0.399, 0)).toBe(true);
      expect(right(0.401, 0)).toBe(false);
    });
  });

  it('hold every logit of random points of the ball', () => {
    const network = new Network(
      [6, 5, 2],
      [convolutional(3, 3, 2, 'same'), convolutional(4, 2), flatten(), dense(7), dense(3, 'linear')],
      stream(4, 'weights'),
    );
    const random = stream(5, 'points');
    tf.tidy(() => {
      const x = Float32Array.from({ length: 60 }, () => random.uniform());
      const { centre, radius } = boxes(network, tf.tensor4d(x, [1, 6, 5, 2]), 0.2).at(-1)!.out;
      const [c, r] = [centre.dataSync(), radius.dataSync()];
      const points = Float32Array.from({ length: 500 * 60 }, (_, i) =>
        Math.min(1, Math.max(0, x[i % 60]! + 0.2 * (2 * random.uniform() - 1))),
      );
      network
        .outputs(tf.tensor4d(points, [500, 6, 5, 2]))
        .dataSync()
        .forEach((value, i) => expect(Math.abs(value - c[i % 3]!)).toBeLessThanOrEqual(r[i % 3]! + 1e-6));
    });
  });

  it('are proven only where rounding cannot turn the class', () => {
    // Ten thousand terms of 1 and −1 that cancel, and a margin below what float32 may lose in such a sum.
    const terms = 10_000;
    const network = new Network(
      [100, 100, 1],
      [flatten(), dense(1, 'linear'), dense(2, 'linear')],
      stream(1, 'w'),
    );
    const proven = (margin: number) => {
      network.restore({
        '1/kernel': Float32Array.from({ length: terms }, (_, i) => (i % 2 ? 1 : -1)),
        '1/bias': Float32Array.of(margin),
        '2/kernel': Float32Array.of(1, 0),
        '2/bias': Float32Array.of(0, 0),
      });
      const images = tf.tensor4d(new Float32Array(terms).fill(0.7), [1, 100, 100, 1]);
      const [right] = robustlyRight(network, images, Uint8Array.of(0), Float32Array.of(0));
      images.dispose();
      return right;
    };
    expect(proven(0.1)).toBe(false);
    expect(proven(100)).toBe(true);
  });

  it('cannot be had of a network whose last layer is not linear', () => {
    const network = new Network([8, 8, 1], [flatten(), dense(3)], stream(1, 'w'));
    const images = tf.zeros([1, 8, 8, 1]) as tf.Tensor4D;
    expect(() => robustlyRight(network, images, Uint8Array.of(0), Float32Array.of(0))).toThrow(
      'a dense layer without activation',
    );
  });
});

describe('the gradient of the worst case', () => {
  it('is that of the tape', () => {
    const network = tinyNetwork(3);
    const { images, labels } = toBatch(tinyDataset().train, SHAPE);
    tf.tidy(() => {
      /** Bounds of the tiny network by TensorFlow.js ops. */
      const onTape = (weights: tf.Tensor[]): tf.Scalar => {
        let lower: tf.Tensor = tf.maximum(tf.sub(images, 0.05), 0);
        let upper: tf.Tensor = tf.minimum(tf.add(images, 0.05), 1);
        [0, 1, 2].forEach((layer) => {
          const [kernel, bias] = weights.slice(2 * layer, 2 * layer + 2) as [tf.Tensor, tf.Tensor];
          const by = (x: tf.Tensor, k: tf.Tensor): tf.Tensor =>
            layer === 0
              ? tf.conv2d(x as tf.Tensor4D, k as tf.Tensor4D, 2, 'valid').reshape([x.shape[0]!, -1])
              : tf.matMul(x, k);
          const spread = layer === 0 ? tf.tile(bias, [9]) : bias;
          const [up, down] = [tf.relu(kernel), tf.neg(tf.relu(tf.neg(kernel)))];
          const low = tf.add(tf.add(by(lower, up), by(upper, down)), spread);
          const high = tf.add(tf.add(by(upper, up), by(lower, down)), spread);
          [lower, upper] = layer < 2 ? [tf.relu(low), tf.relu(high)] : [low, high];
        });
        const own = tf.oneHot(labels, 3);
        const worst = tf.add(tf.mul(lower, own), tf.mul(upper, tf.sub(1, own)));
        return tf.neg(tf.sum(tf.mul(tf.logSoftmax(worst as tf.Tensor2D), own)));
      };
      const weights = network.parameters.map((each) => tf.tensor(each.toArray(), each.shape));
      const expected = tf.grads((...all: tf.Tensor[]) => onTape(all))(weights);
      const { loss, gradients } = worstLoss(network, images, labels, 0.05);
      expect(loss.dataSync()[0]).toBeCloseTo(onTape(weights).dataSync()[0]!, 3);
      gradients.forEach((ours, p) => {
        const theirs = expected[p]!.dataSync();
        ours.dataSync().forEach((value, i) => expect(value, `${p}, ${i}`).toBeCloseTo(theirs[i]!, 2));
      });
    });
  });

  it('at epsilon 0 is that of the cross-entropy', () => {
    const network = tinyNetwork(2);
    const { images, labels } = toBatch(tinyDataset().train, SHAPE);
    tf.tidy(() => {
      const activations = network.forward(images);
      const { gradient } = softmaxCrossEntropy(activations.at(-1) as tf.Tensor2D, labels);
      const plain = network.parameterGradients(activations, gradient);
      worstLoss(network, images, labels, 0).gradients.forEach((ours, p) => {
        const expected = plain[p]!.dataSync();
        ours.dataSync().forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 3));
      });
    });
  });
});

describe('certificates of a network trained for them', () => {
  it('hold against 1,000 random points and PGD on every input', async () => {
    const network = trained();
    const target = new NetworkTarget(network, 3);
    const { test } = tinyDataset();
    // Parameters keep what was read of them.
    await predict(target, test);
    const before = tf.memory().numTensors;
    const radii = await provenRadii(network, test, contextOf(1));
    expect(tf.memory().numTensors).toBe(before);
    const proven = Uint32Array.from(radii.keys()).filter((i) => radii[i]! > 0);
    expect(proven.length).toBeGreaterThan(40);
    expect(Math.max(...radii)).toBeGreaterThan(0.1);
    let violations = 0;
    for (const i of proven) {
      const one = selected(test, Uint32Array.of(i));
      const label = one.labels[0]!;
      const random = stream(i, 'points');
      // Half of the points at corners of the ball, where bounds are reached if anywhere.
      const points = Float32Array.from({ length: 1000 * 64 }, (_, k) => {
        const draw = 2 * random.uniform() - 1;
        const by = radii[i]! * (k < 500 * 64 ? Math.sign(draw) : draw);
        return Math.min(1, Math.max(0, Math.fround(one.images[k % 64]! + by * (1 - 1e-6))));
      });
      const labels = new Uint8Array(1000).fill(label);
      const { labels: found } = await predict(target, { images: points, labels });
      const batch = toBatch(one, SHAPE);
      const params = { epsilon: radii[i]!, norm: 'linf', steps: 20, stepSize: radii[i]! / 8 };
      const applied = {
        id: 'pgd',
        params: { ...params, randomStart: true, restarts: 1, goal: 'untargeted' },
      };
      const images = await perturb(applied, target, batch, contextOf(i));
      tf.dispose([batch.images, batch.labels]);
      const attacked = await predict(target, { images, labels: one.labels });
      violations += found.filter((each) => each !== label).length + Number(attacked.labels[0] !== label);
    }
    expect(violations).toBe(0);
    expect(sizeOf(test)).toBe(48);
  });
});
