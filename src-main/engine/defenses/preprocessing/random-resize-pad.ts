import * as tf from '@tensorflow/tfjs';
import { number } from '../../../contract/params';
import { definePreprocessingDefense } from '../../definitions';

/** Random resizing and padding: every image is shrunk a little and put at a random place on a black ground. */
export default definePreprocessingDefense({
  id: 'random-resize-pad',
  title: 'Random resize and pad',
  summary:
    'Before the model sees it, each image is shrunk by a random factor and put at a random place on a black ground. An attacker who averages over draws (expectation) finds nearly as much as without it.',
  limits:
    'Broken by expectation over transformation (Athalye, Carlini, Wagner 2018). The paper enlarges; here the image is shrunk within its own size, which the model was trained on. One draw serves a whole batch of questions.',
  reference: {
    authors: 'C. Xie, J. Wang, Z. Zhang, Z. Ren, A. Yuille',
    title: 'Mitigating adversarial effects through randomization',
    year: 2018,
    where: 'ICLR, arXiv:1711.01991',
  },
  params: {
    smallest: number({
      default: 0.8,
      min: 0.1,
      max: 1,
      unit: 'share of the side',
      help: 'Shortest side an image is shrunk to.',
    }),
  },
  randomised: true,
  transform(images, { smallest }, random) {
    const [, height, width] = images.shape;
    const scale = smallest + (1 - smallest) * random.uniform();
    const [h, w] = [Math.max(1, Math.round(scale * height)), Math.max(1, Math.round(scale * width))];
    const [top, left] = [random.integer(height - h + 1), random.integer(width - w + 1)];
    const [down, across] = [interpolation(height, h, top), interpolation(width, w, left)];
    // Bilinear resizing and padding are linear in the image: y = D x Aᵀ for each channel, and back g = Dᵀ g A.
    return {
      images: tf.clipByValue(sandwich(images, down, across), 0, 1) as tf.Tensor4D,
      pullback: (gradient) => sandwich(gradient, tf.transpose(down), tf.transpose(across)),
    };
  },
});

/** size × size matrix that shrinks a line bilinearly to `length` values and puts them from `start` on. */
function interpolation(size: number, length: number, start: number): tf.Tensor2D {
  const rows = new Float32Array(size * size);
  for (let i = 0; i < length; i++) {
    // Half-pixel centres.
    const at = Math.min(size - 1, Math.max(0, ((i + 0.5) * size) / length - 0.5));
    const low = Math.floor(at);
    rows[(start + i) * size + low]! += 1 - (at - low);
    if (low + 1 < size) rows[(start + i) * size + low + 1]! += at - low;
  }
  return tf.tensor2d(rows, [size, size]);
}

/** left · x · rightᵀ for every image and channel. */
function sandwich(images: tf.Tensor4D, left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor4D {
  const [n, height, width, channels] = images.shape;
  const planes = tf.transpose(images, [0, 3, 1, 2]).reshape([n * channels * height, width]);
  const across = tf.matMul(planes as tf.Tensor2D, right, false, true).reshape([n * channels, height, width]);
  const columns = tf.transpose(across, [0, 2, 1]).reshape([n * channels * width, height]);
  const down = tf.matMul(columns as tf.Tensor2D, left, false, true).reshape([n, channels, width, height]);
  return tf.transpose(down, [0, 3, 2, 1]) as tf.Tensor4D;
}
