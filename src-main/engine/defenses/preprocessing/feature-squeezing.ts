import * as tf from '@tensorflow/tfjs';
import { integer } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import { definePreprocessingDefense } from '../../definitions';

/** Feature squeezing: fewer shades and a median filter leave less room for small perturbations. */
export default definePreprocessingDefense({
  id: 'feature-squeezing',
  title: 'Feature squeezing',
  summary:
    'Rounds every pixel to few shades, then takes the median over a small window, so that small perturbations vanish before the model sees them. An attacker who passes the gradient straight through finds others.',
  limits:
    'A masked gradient, no robustness: attacked through it with BPDA (identity for the rounding and the median).',
  formula: 'x ↦ round(x · (2ᵇ − 1)) / (2ᵇ − 1), then a median filter',
  reference: {
    authors: 'W. Xu, D. Evans, Y. Qi',
    title: 'Feature squeezing: detecting adversarial examples in deep neural networks',
    year: 2018,
    where: 'NDSS, arXiv:1704.01155',
  },
  params: {
    bits: integer({ default: 1, min: 1, max: 8, unit: 'bits', help: 'Bits a pixel is rounded to.' }),
    window: integer({
      default: 2,
      min: 1,
      max: 7,
      unit: 'pixels',
      help: 'Side of the window the median is taken over; 1 takes none.',
    }),
  },
  randomised: false,
  check([height, width], { window }) {
    if (window <= Math.min(height, width)) return;
    throw new LabError(
      'defenses.window',
      `a window of ${window} pixels is larger than the images, ${height} × ${width}`,
      'Choose a smaller one.',
    );
  },
  transform(images, { bits, window }) {
    return { images: median(rounded(images, bits), window), pullback: (gradient) => gradient };
  },
});

/** Every pixel at the nearest of 2^bits shades. To be called within tf.tidy. */
export function rounded(images: tf.Tensor4D, bits: number): tf.Tensor4D {
  const shades = 2 ** bits - 1;
  return tf.div(tf.round(tf.mul(images, shades)), shades);
}

/** Median over a window of `side` × `side` pixels, whose borders repeat the edge; of an even number the lower one. To be called within tf.tidy. */
export function median(images: tf.Tensor4D, side: number): tf.Tensor4D {
  if (side === 1) return images;
  const [, height, width] = images.shape;
  const before = Math.floor(side / 2);
  const after = side - 1 - before;
  const padded = tf.mirrorPad(
    images,
    [
      [0, 0],
      [before, after],
      [before, after],
      [0, 0],
    ],
    'symmetric',
  );
  const shifted = Array.from({ length: side * side }, (_, i) =>
    tf.slice(padded, [0, Math.floor(i / side), i % side, 0], [-1, height, width, -1]),
  );
  const { values } = tf.topk(tf.stack(shifted, 4), Math.floor(shifted.length / 2) + 1);
  return tf
    .slice(values, [0, 0, 0, 0, Math.floor(shifted.length / 2)], [-1, -1, -1, -1, 1])
    .squeeze([4]) as tf.Tensor4D;
}
