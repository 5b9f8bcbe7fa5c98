/**
 * Interval bound propagation: what the activations of a network can be while its input varies within a box. Boxes are
 * centres and radii; W x + b of a box has the centre W c + b and the radius |W| r (Gowal et al. 2018, arXiv:1810.12715).
 * `boxes` and `boundGradients` are for training, `robustlyRight` proves.
 */
import * as tf from '@tensorflow/tfjs';
import type { Split } from '../contract/dataset';
import type { Context } from './context';
import { biasAdd, biasGradient, relu, reluGradient } from './kernels';
import { factorGradient, kernelGradient, product, type LinearLayer, type Network } from './network';
import { inParts, sizeOf, toBatch } from './splits';

/** All points between centre − radius and centre + radius, an input a row. */
export interface Box {
  centre: tf.Tensor;
  radius: tf.Tensor;
}

const half = (lower: tf.Tensor, upper: tf.Tensor): Box => ({
  centre: tf.mul(tf.add(lower, upper), 0.5),
  radius: tf.mul(tf.sub(upper, lower), 0.5),
});
const ends = ({ centre, radius }: Box) => ({ lower: tf.sub(centre, radius), upper: tf.add(centre, radius) });
const flat = (x: tf.Tensor): tf.Tensor => x.reshape([x.shape[0]!, -1]);
const rectified = (box: Box): Box => {
  const { lower, upper } = ends(box);
  return half(relu(lower), relu(upper));
};

// ── Training ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** A layer's input, and its output before it is rectified. */
type Passed = { into: Box; out: Box };

/** The boxes on the way of the ball of `epsilon` (Linf) around the images, cut to [0, 1]. To be called within tf.tidy. */
export function boxes(network: Network, images: tf.Tensor4D, epsilon: number): Passed[] {
  let into = half(tf.maximum(tf.sub(images, epsilon), 0), tf.minimum(tf.add(images, epsilon), 1));
  return network.layers.map((layer) => {
    const out =
      layer.kind === 'flatten'
        ? { centre: flat(into.centre), radius: flat(into.radius) }
        : {
            centre: biasAdd(product(layer, into.centre, layer.kernel.value()), layer.bias.value()),
            radius: product(layer, into.radius, tf.abs(layer.kernel.value())),
          };
    const passed = { into, out };
    into = layer.kind !== 'flatten' && layer.relu ? rectified(out) : out;
    return passed;
  });
}

/**
 * Gradients of the parameters, in their order, from those of the last box, whose layer is linear. To be called within
 * tf.tidy.
 */
export function boundGradients(network: Network, passed: Passed[], last: Box): tf.Tensor[] {
  const gradients: tf.Tensor[] = [];
  let { centre, radius } = last;
  for (let i = network.layers.length - 1; i >= 0; i--) {
    const layer = network.layers[i]!;
    const { into, out } = passed[i]!;
    if (layer.kind === 'flatten') {
      [centre, radius] = [centre.reshape(into.centre.shape), radius.reshape(into.centre.shape)];
      continue;
    }
    if (layer.relu) {
      // The next layer saw (u + l) / 2 and (u − l) / 2 of l = relu(c − r) and u = relu(c + r).
      const { lower, upper } = ends(out);
      const ofLower = reluGradient(tf.sub(centre, radius), relu(lower));
      const ofUpper = reluGradient(tf.add(centre, radius), relu(upper));
      centre = tf.mul(tf.add(ofUpper, ofLower), 0.5);
      radius = tf.mul(tf.sub(ofUpper, ofLower), 0.5);
    }
    const kernel = layer.kernel.value<tf.Tensor>();
    const throughSize = tf.mul(tf.sign(kernel), kernelGradient(layer, into.radius, radius));
    gradients.unshift(tf.add(kernelGradient(layer, into.centre, centre), throughSize), biasGradient(centre));
    if (i === 0) break;
    centre = factorGradient(layer, into.centre.shape, kernel, centre);
    radius = factorGradient(layer, into.centre.shape, tf.abs(kernel), radius);
  }
  return gradients;
}

// ── Certificates ───────────────────────────────────────────────────────────────────────────────────────────────────

/*
 * Why rounding cannot make a certificate unsound. Let u = 2⁻²⁴. A sum of n products in float32, in whatever order and with
 * or without fused multiply-add, is off by at most γ Σ |wᵢ xᵢ|, γ = n u / (1 − n u) (Higham 2002, § 3.1); TensorFlow multiplies
 * and convolves on the CPU by such sums. With the bias n is the fan-in and one.
 *
 * The invariant: every activation that the float32 network computes for any float32 image of the ball lies within the box
 * computed here, as real numbers. Let A = |W| (|c| + r) + |b| over the box before a layer. The network's own sums are off by
 * γ A at most; the computed centre by γ (|W| |c| + |b|), and the radius |W| r by γ |W| r: together 2 γ A. The radius is widened
 * by 3 γ A, and γ A outweighs what is rounded in A itself, which is 3 γ times as small.
 *
 * All else is single operations (ends, halves, the widening), off by u times a magnitude of at most |c| + r each; there are
 * fewer than 8 between two calls of `widened`, which makes up for them. DUST is for numbers so small that they are flushed
 * to zero. The last layer is weighed in doubles; the rounding of the network's own logits, γ A of each, is taken off.
 */
const UNIT = 2 ** -24;
const DUST = 1e-30;

/** γ of a layer's sums; one term more than fan-in and bias, for what is rounded in computing with it. */
function gamma({ kernel }: LinearLayer): number {
  const terms = kernel.shape.slice(0, -1).reduce((a, b) => a * b, 1) + 2;
  return (terms * UNIT) / (1 - terms * UNIT);
}

/** The same box, its radius larger by `share` of its largest magnitudes: what single operations may have rounded away. */
const widened = ({ centre, radius }: Box): Box => ({
  centre,
  radius: tf.add(tf.add(radius, tf.mul(tf.add(tf.abs(centre), radius), 8 * UNIT)), DUST),
});

function soundly(layer: LinearLayer, { centre, radius }: Box): Box {
  const kernel = layer.kernel.value<tf.Tensor>();
  const size = tf.abs(kernel);
  const magnitude = biasAdd(
    product(layer, tf.add(tf.abs(centre), radius), size),
    tf.abs(layer.bias.value<tf.Tensor1D>()),
  );
  return widened({
    centre: biasAdd(product(layer, centre, kernel), layer.bias.value()),
    radius: tf.add(product(layer, radius, size), tf.mul(magnitude, 3 * gamma(layer))),
  });
}

/** The box before the last layer, holding the float32 network's activations on the ball. To be called within tf.tidy. */
function penultimate(network: Network, images: tf.Tensor4D, epsilons: Float32Array): Box {
  const epsilon = tf.tensor4d(epsilons, [epsilons.length, 1, 1, 1]);
  const { lower, upper } = ends(widened({ centre: images, radius: tf.broadcastTo(epsilon, images.shape) }));
  let box = widened(half(tf.maximum(lower, 0), tf.minimum(upper, 1)));
  for (const layer of network.layers.slice(0, -1)) {
    if (layer.kind === 'flatten') box = { centre: flat(box.centre), radius: flat(box.radius) };
    else {
      box = soundly(layer, box);
      if (layer.relu) box = widened(rectified(box));
    }
  }
  return box;
}

/**
 * Which inputs the network, as it computes in float32, provably classifies right on every float32 image of [0, 1] that lies
 * within each input's `epsilons` in Linf. Weighs the last layer's rows against each other, which is tighter than comparing
 * bounds of logits.
 * @throws RangeError when the last layer is not dense and linear
 */
export function robustlyRight(
  network: Network,
  images: tf.Tensor4D,
  labels: Uint8Array,
  epsilons: Float32Array,
): boolean[] {
  const last = network.layers.at(-1)!;
  if (last.kind !== 'dense' || last.relu) {
    throw new RangeError(
      'interval certificates need a network that ends in a dense layer without activation',
    );
  }
  const [centre, radius] = tf.tidy(() => {
    const box = penultimate(network, images, epsilons);
    return [box.centre.dataSync<'float32'>(), box.radius.dataSync<'float32'>()] as const;
  });
  const [units, classes] = last.kernel.shape as [number, number];
  const kernel = last.kernel.toArray();
  const bias = last.bias.toArray();
  const rounding = gamma(last);
  return Array.from(labels, (label, row) => {
    const [c, r] = [centre, radius].map((values) => values.subarray(row * units, (row + 1) * units)) as [
      Float32Array,
      Float32Array,
    ];
    const beats = (rival: number): boolean => {
      let margin = bias[label]! - bias[rival]!;
      let magnitude = Math.abs(bias[label]!) + Math.abs(bias[rival]!);
      for (let k = 0; k < units; k++) {
        const [own, other] = [kernel[k * classes + label]!, kernel[k * classes + rival]!];
        margin += (own - other) * c[k]! - Math.abs(own - other) * r[k]!;
        magnitude += (Math.abs(own) + Math.abs(other)) * (Math.abs(c[k]!) + r[k]!);
      }
      return margin > rounding * magnitude + DUST;
    };
    return Array.from({ length: classes }, (_, rival) => rival === label || beats(rival)).every(Boolean);
  });
}

/** Inputs bounded together. */
const AT_ONCE = 250;
/** Beyond this every image can be made the same grey, and nothing can be proven. */
const MOST = 0.5;
/** Halvings of the interval in which each input's radius is sought: to 0.5 / 2¹². */
const HALVINGS = 12;

/**
 * For each input a radius (Linf) within which it is proven to be classified right, the largest that bisection finds; −1
 * where it is not right even unperturbed.
 */
export async function provenRadii(
  network: Network,
  split: Split,
  { breathe }: Pick<Context, 'breathe'>,
): Promise<Float32Array> {
  const radii = new Float32Array(sizeOf(split));
  for (const [start, part] of inParts(split, AT_ONCE)) {
    const { images, labels } = toBatch(part, network.inputShape as [number, number, number]);
    const proven = (epsilons: Float32Array) => robustlyRight(network, images, part.labels, epsilons);
    const low = Float32Array.from(proven(new Float32Array(sizeOf(part))), (right) => (right ? 0 : -1));
    const high = low.map(() => MOST);
    for (let h = 0; h < HALVINGS; h++) {
      const middle = low.map((from, i) => (Math.max(0, from) + high[i]!) / 2);
      proven(middle).forEach((right, i) => {
        if (!right) high[i] = middle[i]!;
        else if (low[i]! >= 0) low[i] = middle[i]!;
      });
      await breathe();
    }
    tf.dispose([images, labels]);
    radii.set(low, start);
  }
  return radii;
}
