import * as tf from '@tensorflow/tfjs';
import { integer } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import { definePreprocessingDefense } from '../../definitions';

const BLOCK = 8;

/** Luminance quantisation at quality 50 (ITU-T T.81, table K.1), row by row. */
const LUMINANCE = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22,
  29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103,
  121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

/** JPEG compression: what the quantised cosine transform of 8 × 8 blocks throws away. */
export default definePreprocessingDefense({
  id: 'jpeg',
  title: 'JPEG compression',
  summary:
    'Compresses and restores every image, which throws fine patterns away, perturbations among them. Holds against attackers who do not know of it, and not against those who attack through it.',
  limits:
    'The lossy part of JPEG alone, every channel with the luminance table and without subsampling. Attacked through it with BPDA (identity for the rounding).',
  reference: {
    authors: 'G. K. Dziugaite, Z. Ghahramani, D. M. Roy',
    title: 'A study of the effect of JPG compression on adversarial images',
    year: 2016,
    where: 'arXiv:1608.00853',
  },
  params: {
    quality: integer({
      default: 50,
      min: 1,
      max: 100,
      help: 'Quality factor, as the usual encoders count it.',
    }),
  },
  randomised: false,
  check([height, width]) {
    if (Math.min(height, width) >= BLOCK / 2) return;
    throw new LabError(
      'defenses.jpeg',
      `images of ${height} × ${width} do not fill half a block of ${BLOCK} × ${BLOCK} pixels`,
      'Use another preprocessing for images this small.',
    );
  },
  transform: (images, { quality }) => ({
    images: compressed(images, quality),
    pullback: (gradient) => gradient,
  }),
});

/** Row k holds the k-th cosine of the orthonormal discrete cosine transform. */
const cosines = (): tf.Tensor2D =>
  tf.tensor2d(
    Array.from({ length: BLOCK * BLOCK }, (_, i) => {
      const [k, x] = [Math.floor(i / BLOCK), i % BLOCK];
      return Math.sqrt((k === 0 ? 1 : 2) / BLOCK) * Math.cos(((2 * x + 1) * k * Math.PI) / (2 * BLOCK));
    }),
    [BLOCK, BLOCK],
  );

/** The table at a quality, scaled as the Independent JPEG Group's encoder does. */
function tableAt(quality: number): tf.Tensor2D {
  const scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  const values = LUMINANCE.map((entry) => Math.min(255, Math.max(1, Math.floor((entry * scale + 50) / 100))));
  return tf.tensor2d(values, [BLOCK, BLOCK]);
}

function compressed(images: tf.Tensor4D, quality: number): tf.Tensor4D {
  const [n, height, width, channels] = images.shape;
  const [rows, columns] = [Math.ceil(height / BLOCK), Math.ceil(width / BLOCK)];
  const padded = tf.mirrorPad(
    images,
    [
      [0, 0],
      [0, rows * BLOCK - height],
      [0, columns * BLOCK - width],
      [0, 0],
    ],
    'symmetric',
  );
  const blocks = tf
    .transpose(padded.reshape([n, rows, BLOCK, columns, BLOCK, channels]), [0, 1, 3, 5, 2, 4])
    .reshape([-1, BLOCK, BLOCK]);
  const bytes = tf.sub(tf.round(tf.mul(blocks, 255)), 128) as tf.Tensor3D;
  const basis = cosines();
  const table = tableAt(quality);
  // Encoders have coefficients in eighths; without that, what float32 leaves of a half would fall to either side.
  const coefficients = tf.div(tf.round(tf.mul(onBothSides(bytes, basis), 8)), 8);
  const quantised = tf.mul(awayFromZero(tf.div(coefficients, table)), table) as tf.Tensor3D;
  const restored = tf.div(tf.round(tf.add(onBothSides(quantised, tf.transpose(basis)), 128)), 255);
  const whole = tf
    .transpose(
      tf.clipByValue(restored, 0, 1).reshape([n, rows, columns, channels, BLOCK, BLOCK]),
      [0, 1, 4, 2, 5, 3],
    )
    .reshape([n, rows * BLOCK, columns * BLOCK, channels]);
  return tf.slice(whole, [0, 0, 0, 0], [n, height, width, channels]) as tf.Tensor4D;
}

/**
 * Nearest whole numbers, halves away from zero as encoders have it; `tf.round` takes the even one. Halves are common: the
 * mean of a plain block is a whole number of levels.
 */
const awayFromZero = (values: tf.Tensor): tf.Tensor =>
  tf.mul(tf.sign(values), tf.floor(tf.add(tf.abs(values), 0.5)));

/** basis · block · basisᵀ for every block. */
function onBothSides(blocks: tf.Tensor3D, basis: tf.Tensor2D): tf.Tensor3D {
  const [n] = blocks.shape;
  const across = tf.matMul(blocks.reshape([n * BLOCK, BLOCK]) as tf.Tensor2D, basis, false, true);
  const turned = tf.transpose(across.reshape([n, BLOCK, BLOCK]), [0, 2, 1]).reshape([n * BLOCK, BLOCK]);
  const down = tf.matMul(turned as tf.Tensor2D, basis, false, true).reshape([n, BLOCK, BLOCK]);
  return tf.transpose(down, [0, 2, 1]) as tf.Tensor3D;
}
