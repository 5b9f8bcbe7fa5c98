import * as tf from '@tensorflow/tfjs';
import { integer } from '../../../contract/params';
import { defineDetectionDefense, type FeatureTarget, type Loss } from '../../definitions';
import squeezing, { median, rounded } from '../preprocessing/feature-squeezing';

/** Feature squeezing as a detector: how much the answer changes when the image is squeezed. */
export default defineDetectionDefense({
  id: 'feature-squeezing-distance',
  title: 'Feature-squeezing distance',
  summary:
    'Asks the model about the image, about the image in few shades and about a median-filtered one, and rejects it when the answers lie far apart: perturbations tend not to outlive squeezing, digits do. An attacker who knows of it makes the three agree.',
  limits: 'Attacked adaptively with BPDA (identity for the rounding and the median).',
  reference: squeezing.reference,
  params: {
    bits: integer({
      default: 1,
      min: 1,
      max: 8,
      unit: 'bits',
      help: 'Bits a pixel is rounded to by the first squeezer.',
    }),
    window: integer({
      default: 2,
      min: 2,
      max: 7,
      unit: 'pixels',
      help: 'Side of the window the second squeezer takes the median over.',
    }),
  },
  check: (shape, params) => squeezing.check!(shape, params),
  fit(target, _train, { bits, window }) {
    const squeezers = [
      (images: tf.Tensor4D) => rounded(images, bits),
      (images: tf.Tensor4D) => median(images, window),
    ];
    const probabilities = (images: tf.Tensor4D) => tf.softmax(target.logits(images)) as tf.Tensor2D;
    const distance = (a: tf.Tensor2D, b: tf.Tensor2D) => tf.sum(tf.abs(tf.sub(a, b)), 1) as tf.Tensor1D;
    return {
      suspicion(images) {
        const own = probabilities(images);
        const [first, second] = squeezers.map((squeeze) => distance(own, probabilities(squeeze(images))));
        return tf.maximum(first!, second!);
      },
      suspicionGradient(images) {
        const [first, second] = squeezers.map((squeeze) => distanceGradient(target, images, squeeze(images)));
        const larger = tf.greaterEqual(first!.loss, second!.loss);
        return {
          loss: tf.maximum(first!.loss, second!.loss),
          gradient: tf.where(larger.reshape([-1, 1, 1, 1]), first!.gradient, second!.gradient) as tf.Tensor4D,
        };
      },
      dispose() {},
    };
  },
});

/** L1 distance of the answers to an image and to its squeezed one, and the gradient in the image, squeezing as the identity. */
function distanceGradient(
  target: FeatureTarget,
  images: tf.Tensor4D,
  squeezed: tf.Tensor4D,
): { loss: tf.Tensor1D; gradient: tf.Tensor4D } {
  const [p, q] = [images, squeezed].map((each) => tf.softmax(target.logits(each)) as tf.Tensor2D) as [
    tf.Tensor2D,
    tf.Tensor2D,
  ];
  const sign = tf.sign(tf.sub(p, q));
  // d Σ |p − q| / dz through p = softmax(z) is p (s − ⟨p, s⟩), s being the sign; through q the same with −s.
  const through =
    (side: tf.Tensor): Loss =>
    (logits) => {
      const own = tf.softmax(logits);
      const along = tf.sum(tf.mul(own, side), 1, true);
      return { loss: along.squeeze([1]), gradient: tf.mul(own, tf.sub(side, along)) as tf.Tensor2D };
    };
  return {
    loss: tf.sum(tf.mul(sign, tf.sub(p, q)), 1),
    gradient: tf.add(
      target.gradient(images, through(sign)).gradient,
      target.gradient(squeezed, through(tf.neg(sign))).gradient,
    ),
  };
}
