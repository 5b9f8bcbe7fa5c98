/**
 * Interval bounds of a dense relu network over a ball around its inputs (Gowal et al. 2018, arXiv:1810.12715): every
 * layer's output lies within centre ± radius. The last layer is bounded as differences of two outputs, which is tighter
 * than a bound of either. The bounds have gradients in the weights, so that they can be trained on.
 */
import * as tf from '@tensorflow/tfjs';
import { biasAdd, biasGradient, matMul, relu, reluGradient } from '../kernels';
import type { Network } from '../network';
import type { Ball } from './ball';

/** Outputs [n, units] of a layer before its relu. */
interface Interval {
  centre: tf.Tensor2D;
  radius: tf.Tensor2D;
}

export interface MarginBounds {
  /** For each output k: upper bounds [n, outputs] of output a − output k over the ball; 0 at a = k. */
  margins: tf.Tensor2D[];
  /** Gradients of the network's parameters, in their order, from those of the margins (null: none). */
  parameterGradients(gradients: (tf.Tensor2D | null)[]): tf.Tensor[];
}

export const isDense = ({ specs }: Network): boolean => specs.every(({ layer }) => layer === 'dense');

/**
 * To be called within tf.tidy.
 * @param inputs [n, size]
 * @param common outputs at the front that all the others share, such as a dueling network's value of the state
 */
export function marginBounds(network: Network, inputs: tf.Tensor2D, ball: Ball, common = 0): MarginBounds {
  const count = network.parameters.length / 2;
  const kernel = (layer: number): tf.Tensor2D => network.parameters[2 * layer]!.value<tf.Tensor2D>();
  const bias = (layer: number): tf.Tensor1D => network.parameters[2 * layer + 1]!.value<tf.Tensor1D>();
  const scale = tf.tensor2d(ball.units, [ball.size, 1]);
  const n = inputs.shape[0];

  /** Radius [1, outputs] of weights [size, outputs] applied to the ball. */
  const spread = (weights: tf.Tensor2D): tf.Tensor2D => {
    const scaled = tf.mul(weights, scale);
    const length = ball.norm === 'linf' ? tf.sum(tf.abs(scaled), 0, true) : tf.norm(scaled, 2, 0, true);
    return tf.mul(length, ball.epsilon) as tf.Tensor2D;
  };
  /** Gradient of the weights from that of `spread`'s radius, [1, outputs]. */
  const spreadGradient = (weights: tf.Tensor2D, radius: tf.Tensor2D): tf.Tensor2D => {
    if (ball.norm === 'linf')
      return tf.mul(tf.mul(tf.sign(weights), scale), tf.mul(radius, ball.epsilon)) as tf.Tensor2D;
    const scaled = tf.mul(weights, scale);
    const length = tf.maximum(tf.norm(scaled, 2, 0, true), 1e-12);
    return tf.mul(tf.div(tf.mul(scaled, scale), length), tf.mul(radius, ball.epsilon)) as tf.Tensor2D;
  };

  // What enters layer l: the ball for the first one, an interval after each relu.
  const entering: (Interval | null)[] = [null];
  const relus: { low: tf.Tensor2D; high: tf.Tensor2D }[] = [];
  const apply = (layer: number, weights: tf.Tensor2D, offset: tf.Tensor1D): Interval => {
    const from = entering[layer];
    if (!from) {
      const radius = tf.tile(spread(weights), [n, 1]);
      return { centre: biasAdd(matMul(inputs, weights), offset), radius };
    }
    return {
      centre: biasAdd(matMul(from.centre, weights), offset),
      radius: matMul(from.radius, tf.abs(weights)),
    };
  };
  for (let layer = 0; layer < count - 1; layer++) {
    const { centre, radius } = apply(layer, kernel(layer), bias(layer));
    const low = relu(tf.sub(centre, radius) as tf.Tensor2D);
    const high = relu(tf.add(centre, radius) as tf.Tensor2D);
    relus.push({ low, high });
    entering.push({
      centre: tf.mul(tf.add(low, high), 0.5) as tf.Tensor2D,
      radius: tf.mul(tf.sub(high, low), 0.5) as tf.Tensor2D,
    });
  }

  const last = count - 1;
  const units = kernel(last).shape[1];
  const outputs = units - common;
  // Column a of weights · difference(k) is that of output a − that of output k.
  const differences = Array.from({ length: outputs }, (_, k) =>
    tf.tensor2d(
      Array.from({ length: units * outputs }, (_, at) => {
        const [row, a] = [Math.floor(at / outputs) - common, at % outputs];
        return (row === a ? 1 : 0) - (row === k ? 1 : 0);
      }),
      [units, outputs],
    ),
  );
  const lastOf = differences.map((difference) => ({
    weights: matMul(kernel(last), difference),
    offset: matMul(bias(last).reshape([1, units]) as tf.Tensor2D, difference).reshape([
      outputs,
    ]) as tf.Tensor1D,
  }));
  const margins = lastOf.map(({ weights, offset }) => {
    const { centre, radius } = apply(last, weights, offset);
    return tf.add(centre, radius) as tf.Tensor2D;
  });

  /** Gradient of a layer's weights from those of its outputs' centre and radius. */
  const weightGradient = (layer: number, weights: tf.Tensor2D, { centre, radius }: Interval): tf.Tensor2D => {
    const from = entering[layer];
    if (!from)
      return tf.add(
        matMul(inputs, centre, true),
        spreadGradient(weights, tf.sum(radius, 0, true)),
      ) as tf.Tensor2D;
    return tf.add(
      matMul(from.centre, centre, true),
      tf.mul(tf.sign(weights), matMul(from.radius, radius, true)),
    ) as tf.Tensor2D;
  };

  return {
    margins,
    parameterGradients(gradients) {
      const of = network.parameters.map(({ shape }) => tf.zeros(shape));
      const add = (at: number, gradient: tf.Tensor): void => {
        of[at] = tf.add(of[at]!, gradient);
      };
      let centre: tf.Tensor2D = tf.zeros([n, kernel(last).shape[0]]);
      let radius = centre;
      gradients.forEach((gradient, k) => {
        if (!gradient) return;
        const { weights } = lastOf[k]!;
        const transposed = differences[k]!;
        const ofWeights = weightGradient(last, weights, { centre: gradient, radius: gradient });
        add(2 * last, matMul(ofWeights, transposed, false, true));
        const ofOffset = biasGradient(gradient).reshape([1, outputs]) as tf.Tensor2D;
        add(2 * last + 1, matMul(ofOffset, transposed, false, true).reshape([units]));
        centre = tf.add(centre, matMul(gradient, weights, false, true)) as tf.Tensor2D;
        radius = tf.add(radius, matMul(gradient, tf.abs(weights), false, true)) as tf.Tensor2D;
      });
      for (let layer = last - 1; layer >= 0; layer--) {
        const { low, high } = relus[layer]!;
        const ofLow = reluGradient(tf.mul(tf.sub(centre, radius), 0.5) as tf.Tensor2D, low);
        const ofHigh = reluGradient(tf.mul(tf.add(centre, radius), 0.5) as tf.Tensor2D, high);
        const output = {
          centre: tf.add(ofLow, ofHigh) as tf.Tensor2D,
          radius: tf.sub(ofHigh, ofLow) as tf.Tensor2D,
        };
        add(2 * layer, weightGradient(layer, kernel(layer), output));
        add(2 * layer + 1, biasGradient(output.centre));
        if (layer > 0) {
          centre = matMul(output.centre, kernel(layer), false, true);
          radius = matMul(output.radius, tf.abs(kernel(layer)), false, true);
        }
      }
      return of;
    },
  };
}

/** Rounding of float32 layers, relative to the largest score: what a certified margin must exceed. */
const ROUNDING = 2e-5;

/**
 * Sound for each row of inputs: 1 where no input of the ball around it changes the first arg-max of the outputs.
 * @param inputs n × size
 */
export function certifiedRows(network: Network, inputs: Float32Array, ball: Ball): Uint8Array {
  return tf.tidy(() => {
    const x = tf.tensor2d(inputs, [inputs.length / ball.size, ball.size]);
    const scores = network.outputs(x).dataSync<'float32'>();
    const margins = marginBounds(network, x, ball.scaled(1 + ROUNDING)).margins.map((bound) =>
      bound.dataSync<'float32'>(),
    );
    const actions = margins.length;
    return Uint8Array.from({ length: inputs.length / ball.size }, (_, i) => {
      const ofRow = scores.subarray(i * actions, (i + 1) * actions);
      const chosen = ofRow.indexOf(Math.max(...ofRow));
      const slack = ROUNDING * (1 + Math.max(...ofRow.map(Math.abs)));
      return ofRow.every((_, a) => a === chosen || margins[chosen]![i * actions + a]! < -slack) ? 1 : 0;
    });
  });
}
