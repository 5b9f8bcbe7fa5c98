import * as tf from '@tensorflow/tfjs';
import { integer, number } from '../../../contract/params';
import type { Random } from '../../../contract/random';
import { defineQueryAttack, type Goal } from '../../definitions';

/** Resampled signs for a square that would change nothing, before it is tried all the same. */
const RESAMPLES = 10;

/** Square attack, Linf: random search with squares of plus or minus epsilon, kept where the margin shrinks. */
export default defineQueryAttack({
  id: 'square',
  title: 'Square attack',
  summary:
    'Puts a square of plus or minus epsilon at a random place and keeps it when the margin of the true class shrinks; the squares get smaller. Needs only scores, no gradients, and so is not fooled by masked ones.',
  limits: 'Linf only. Counts on many queries; with few of them it finds less than the model’s weakness.',
  reference: {
    authors: 'M. Andriushchenko, F. Croce, N. Flammarion, M. Hein',
    title: 'Square attack: a query-efficient black-box adversarial attack via random search',
    year: 2020,
    where: 'ECCV, arXiv:1912.00049',
  },
  knowledge: 'score',
  requires: ['scores'],
  params: {
    epsilon: number({
      default: 0.3,
      min: 0,
      max: 1000,
      unit: 'pixel range',
      help: 'Radius of the Linf ball.',
    }),
    queries: integer({
      default: 1000,
      min: 1,
      max: 1e7,
      unit: 'queries',
      help: 'Most queries of one input.',
    }),
    initialShare: number({
      default: 0.8,
      min: 0,
      exclusiveMin: true,
      max: 1,
      unit: 'share of pixels',
      help: 'Size of the first squares (p in the paper); 0.8 is what AutoAttack uses.',
      advanced: true,
    }),
  },
  norm: () => 'linf',
  budget: ({ epsilon }) => epsilon,
  cost: ({ queries }) => 0.4 * queries,
  async perturb(oracle, batch, goal, { epsilon, queries, initialShare }, context) {
    const [n, height, width, channels] = batch.images.shape;
    const size = height * width * channels;
    const clean = batch.images.dataSync<'float32'>().slice();
    const labels = batch.labels.dataSync<'int32'>();
    const random = Array.from({ length: n }, (_, i) => context.random('input', i));
    const best = stripes(clean, n, [height, width, channels], epsilon, random);
    const margins = new Float32Array(n).fill(Infinity);

    const margin = async (rows: number[], images: Float32Array): Promise<Float32Array> =>
      marginsOf(
        await oracle.scores(images, rows),
        rows.map((row) => labels[row]!),
        goal,
      );
    let rows = Array.from({ length: n }, (_, i) => i);
    margins.set(await margin(rows, best));
    for (let query = 1; query < queries; query++) {
      rows = rows.filter((row) => margins[row]! >= 0);
      if (rows.length === 0) break;
      const side = sideOf(shareAt(initialShare, query / queries), height, width);
      const tried = new Float32Array(rows.length * size);
      rows.forEach((row, i) => {
        const image = tried.subarray(i * size, (i + 1) * size);
        image.set(best.subarray(row * size, (row + 1) * size));
        drawSquare(
          image,
          clean.subarray(row * size, (row + 1) * size),
          [height, width, channels],
          side,
          epsilon,
          random[row]!,
        );
      });
      const found = await margin(rows, tried);
      rows.forEach((row, i) => {
        if (found[i]! >= margins[row]!) return;
        margins[row] = found[i]!;
        best.set(tried.subarray(i * size, (i + 1) * size), row * size);
      });
      await context.breathe();
    }
    return tf.tensor4d(best, batch.images.shape);
  },
});

type Shape = [height: number, width: number, channels: number];

const clipped = (value: number): number => Math.min(1, Math.max(0, value));
const sign = (random: Random): number => (random.uniform() < 0.5 ? -1 : 1);

/** The start: vertical stripes of plus or minus epsilon, to which convolutional networks are sensitive. */
function stripes(
  clean: Float32Array,
  n: number,
  [height, width, channels]: Shape,
  epsilon: number,
  random: Random[],
): Float32Array {
  const images = clean.slice();
  const row = width * channels;
  for (let i = 0; i < n; i++) {
    const signs = Array.from({ length: row }, () => sign(random[i]!));
    for (let y = 0; y < height; y++) {
      const start = (i * height + y) * row;
      signs.forEach((s, x) => (images[start + x] = clipped(clean[start + x]! + s * epsilon)));
    }
  }
  return images;
}

/** Sets a square of `image` at a random place to clean ± epsilon, one sign a channel. */
function drawSquare(
  image: Float32Array,
  clean: Float32Array,
  [height, width, channels]: Shape,
  side: number,
  epsilon: number,
  random: Random,
): void {
  const [top, left] = [random.integer(height - side + 1), random.integer(width - side + 1)];
  for (let attempt = 0, changed = false; attempt < RESAMPLES && !changed; attempt++) {
    const signs = Array.from({ length: channels }, () => sign(random));
    for (let y = top; y < top + side; y++) {
      for (let x = left; x < left + side; x++) {
        for (let c = 0; c < channels; c++) {
          const at = (y * width + x) * channels + c;
          const value = Math.fround(clipped(clean[at]! + signs[c]! * epsilon));
          changed ||= value !== image[at];
          image[at] = value;
        }
      }
    }
  }
}

/** Share of the pixels a square covers, halved at the paper's points of a 10,000-query run, scaled to this one. */
function shareAt(initial: number, progress: number): number {
  const halvings = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000].filter(
    (point) => progress * 10_000 > point,
  ).length;
  return initial / 2 ** halvings;
}

const sideOf = (share: number, height: number, width: number): number =>
  Math.min(
    Math.max(Math.round(Math.sqrt(share * height * width)), 1),
    Math.max(1, Math.min(height, width) - 1),
  );

/** How far each input is from where the attacker wants it, in scores: below 0 it is there. */
function marginsOf(scores: Float32Array, labels: number[], goal: Goal): Float32Array {
  const classes = scores.length / labels.length;
  return Float32Array.from(labels, (label, i) => {
    let rival = -Infinity;
    for (let k = 0; k < classes; k++) if (k !== label) rival = Math.max(rival, scores[i * classes + k]!);
    const margin = scores[i * classes + label]! - rival;
    return goal === 'untargeted' ? margin : -margin;
  });
}
