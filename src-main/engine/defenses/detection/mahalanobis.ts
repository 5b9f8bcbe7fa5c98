import * as tf from '@tensorflow/tfjs';
import type { Split } from '../../../contract/dataset';
import { number } from '../../../contract/params';
import { defineDetectionDefense, type FeatureTarget } from '../../definitions';
import { inverse } from '../../cholesky';
import { featuresOf } from '../../features';
import { sizeOf } from '../../splits';
import { readOut } from '../../read-out';

/** Mahalanobis distance of the last hidden activations to the nearest class. */
export default defineDetectionDefense({
  id: 'mahalanobis',
  title: 'Mahalanobis distance',
  summary:
    'Fits a Gaussian to the last hidden activations of every class, all with one covariance, and rejects inputs that lie far from all of them. Finds inputs that do not look like data; an attacker who knows of it steers the activations back to a class.',
  limits:
    'The last hidden layer alone, without the paper’s input perturbation and its regression over layers, which is fitted to attacks. Fitted to the clean training inputs, whatever was poisoned.',
  reference: {
    authors: 'K. Lee, K. Lee, H. Lee, J. Shin',
    title: 'A simple unified framework for detecting out-of-distribution samples and adversarial attacks',
    year: 2018,
    where: 'NeurIPS, arXiv:1807.03888',
  },
  params: {
    shrinkage: number({
      default: 0.001,
      min: 0,
      exclusiveMin: true,
      max: 1,
      unit: 'share of the mean variance',
      help: 'Added to the diagonal of the covariance, since some units never fire.',
      advanced: true,
    }),
  },
  fit(target, train, { shrinkage }) {
    const { means, precision } = gaussians(target, train, shrinkage);
    /** Distances to the nearest class [n], and their gradients in the features: 2 Σ⁻¹ (f − μ). */
    const nearest = (features: tf.Tensor2D) => {
      const [n, units] = features.shape;
      const apart = tf.sub(features.reshape([n, 1, units]), means) as tf.Tensor3D;
      const turned = tf.matMul(apart.reshape([-1, units]) as tf.Tensor2D, precision).reshape(apart.shape);
      const distances = tf.sum(tf.mul(apart, turned), 2) as tf.Tensor2D;
      const own = tf.oneHot(tf.argMin(distances, 1), distances.shape[1], 1, 0, 'float32');
      return {
        loss: tf.min(distances, 1) as tf.Tensor1D,
        gradient: tf.mul(tf.sum(tf.mul(turned, own.reshape([n, -1, 1])), 1), 2) as tf.Tensor2D,
      };
    };
    return {
      suspicion: (images) => nearest(target.features(images)).loss,
      suspicionGradient: (images) => target.featureGradient(images, nearest),
      dispose: () => tf.dispose([means, precision]),
    };
  },
});

/** Means of the classes [1, classes, units] and the inverse of their common covariance [units, units], both kept. */
function gaussians(
  target: FeatureTarget,
  train: Split,
  shrinkage: number,
): { means: tf.Tensor3D; precision: tf.Tensor2D } {
  const features = featuresOf(target, train);
  const units = features.length / sizeOf(train);
  const { classes } = target;
  const sums = new Float64Array(classes * units);
  const sizes = new Float64Array(classes);
  train.labels.forEach((label, i) => {
    sizes[label]!++;
    for (let k = 0; k < units; k++) sums[label * units + k]! += features[i * units + k]!;
  });
  const means = sums.map((sum, at) => sum / Math.max(1, sizes[Math.floor(at / units)]!));
  const centred = readOut(() => {
    const all = Float32Array.from(features, (value, at) => {
      const label = train.labels[Math.floor(at / units)]!;
      return value - means[label * units + (at % units)]!;
    });
    const x = tf.tensor2d(all, [sizeOf(train), units]);
    return tf.matMul(x, x, true, false);
  });
  const covariance = Float64Array.from(centred, (sum) => sum / sizeOf(train));
  let trace = 0;
  for (let k = 0; k < units; k++) trace += covariance[k * units + k]!;
  // A class without an example has no mean, and a network whose units are all dead no spread.
  const ridge = shrinkage * (trace > 0 ? trace / units : 1);
  for (let k = 0; k < units; k++) covariance[k * units + k]! += ridge;
  const known = Array.from({ length: classes }, (_, label) => label).filter((label) => sizes[label]! > 0);
  const rows = known.flatMap((label) => [...means.subarray(label * units, (label + 1) * units)]);
  return {
    means: tf.tensor3d(rows, [1, known.length, units]),
    precision: tf.tensor2d(Float32Array.from(inverse(covariance, units)), [units, units]),
  };
}
