import * as tf from '@tensorflow/tfjs';
import { choice, derivedNumber, integer, number } from '../../../contract/params';
import { defineQueryAttack } from '../../definitions';
import { queryCap, radius } from '../ball';
import { noise } from '../../kernels';
import { deliver } from '../../norms';
import { logOdds, margins } from '../progress';

/** Images asked about at once, at least one input's. */
const AT_ONCE = 1024;

/** Projected gradient descent whose gradient is estimated from scores at antithetic Gaussian points around the image. */
export default defineQueryAttack({
  id: 'nes',
  title: 'NES',
  summary:
    'Estimates the gradient from the scores of images with a little Gaussian noise (natural evolution strategies), each noise taken with both signs, and walks along it as projected gradient descent does. Nothing but scores is asked for.',
  limits:
    'The gradient is that of the log-odds, which order images as the paper’s probability does but do not saturate. The step size stays, where the authors’ code lowers it on plateaus.',
  formula: '∇L ≈ 1/(2nσ) Σᵢ uᵢ (L(x + σuᵢ) − L(x − σuᵢ)), uᵢ ~ N(0, I)',
  reference: {
    authors: 'A. Ilyas, L. Engstrom, A. Athalye, J. Lin',
    title: 'Black-box adversarial attacks with limited queries and information',
    year: 2018,
    where: 'ICML, arXiv:1804.08598',
  },
  knowledge: 'score',
  requires: ['scores'],
  params: {
    epsilon: radius(0.3),
    norm: choice({ options: ['linf', 'l2'], default: 'linf', help: 'Norm of the ball and of a step.' }),
    queries: { ...queryCap(10_000), min: 3 },
    samples: integer({
      default: 50,
      min: 2,
      max: 1e5,
      unit: 'queries',
      help: 'Images asked about for one gradient (n in the paper), half of them mirrored.',
    }),
    stepSize: derivedNumber({
      derived: 'epsilon / 20',
      min: 0,
      unit: 'pixel range',
      help: 'Length of a step in the norm.',
    }),
    sigma: number({
      default: 0.001,
      min: 0,
      exclusiveMin: true,
      max: 10,
      unit: 'pixel range',
      help: 'Standard deviation of the noise.',
      advanced: true,
    }),
    momentum: number({
      default: 0.9,
      min: 0,
      max: 0.999,
      unit: 'share',
      help: 'Share of the former direction that is kept.',
      advanced: true,
    }),
  },
  derive: ({ epsilon }) => ({ stepSize: epsilon / 20 }),
  norm: ({ norm }) => norm,
  budget: ({ epsilon }) => epsilon,
  cost: ({ queries }) => 0.4 * queries,
  async perturb(oracle, batch, goal, { epsilon, norm, samples, stepSize, sigma, momentum }, context) {
    const [n, height, width, channels] = batch.images.shape;
    const size = height * width * channels;
    const of = (images: Float32Array, i: number) => images.subarray(i * size, (i + 1) * size);
    const clean = batch.images.dataSync<'float32'>();
    const labels = batch.labels.dataSync<'int32'>();
    const random = Array.from({ length: n }, (_, i) => context.random('input', i));
    const current = clean.slice();
    const direction = new Float32Array(n * size);

    /** What is delivered of the inputs that reached the goal. */
    const found = new Map<number, Float32Array>();
    /** Asks and gives the log-odds that are to fall; where that ends an attack, takes the first image that reached the goal. */
    const ask = async (images: Float32Array, asked: number[]): Promise<Float64Array> => {
      const scores = await oracle.scores(images, asked);
      const wanted = asked.map((row) => labels[row]!);
      margins(scores, wanted, goal).forEach((margin, i) => {
        const row = asked[i]!;
        if (context.finishEarly && margin < 0 && !found.has(row)) found.set(row, of(images, i).slice());
      });
      return logOdds(scores, wanted, goal);
    };
    const delivered = (images: Float32Array, i: number, row: number) =>
      deliver(of(clean, row), of(images, i), size, norm, epsilon);

    /** Gradients at the inputs of `group`, each from the same number of antithetic pairs, added to their directions. */
    const estimate = async (group: number[], pairs: number): Promise<void> => {
      const draws = group.map((row) => noise('normal', pairs * size, random[row]!));
      const images = new Float32Array(group.length * 2 * pairs * size);
      const asked = group.flatMap((row) => Array.from({ length: 2 * pairs }, () => row));
      asked.forEach((row, i) => {
        const pair = (i % (2 * pairs)) >> 1;
        const u = of(draws[Math.floor(i / (2 * pairs))]!, pair);
        const signed = i % 2 === 0 ? sigma : -sigma;
        const [image, centre] = [of(images, i), of(current, row)];
        for (let j = 0; j < size; j++) image[j] = centre[j]! + signed * u[j]!;
        delivered(images, i, row);
      });
      const odds = await ask(images, asked);
      group.forEach((row, g) => {
        const slope = of(direction, row);
        for (let j = 0; j < size; j++) slope[j]! *= momentum;
        for (let pair = 0; pair < pairs; pair++) {
          const at = 2 * (g * pairs + pair);
          const fall = (1 - momentum) * (odds[at + 1]! - odds[at]!);
          const u = of(draws[g]!, pair);
          for (let j = 0; j < size; j++) slope[j]! += fall * u[j]!;
        }
      });
    };

    let rows = Array.from({ length: n }, (_, i) => i);
    const drop = () => (rows = rows.filter((row) => !found.has(row)));
    for (;;) {
      rows = rows.filter((row) => oracle.left(row) >= 3);
      if (rows.length === 0) break;
      // Inputs that stand have been asked about equally often.
      const pairs = Math.min(samples, oracle.left(rows[0]!) - 1) >> 1;
      const together = Math.max(1, Math.floor(AT_ONCE / (2 * pairs)));
      for (let start = 0; start < rows.length; start += together) {
        await estimate(rows.slice(start, start + together), pairs);
        await context.breathe();
      }
      drop();
      const stepped = new Float32Array(rows.length * size);
      rows.forEach((row, i) => {
        const slope = of(direction, row);
        const length = norm === 'l2' ? Math.hypot(...slope) || 1 : 0;
        const [image, before] = [of(stepped, i), of(current, row)];
        for (let j = 0; j < size; j++) {
          const towards = norm === 'l2' ? slope[j]! / length : Math.sign(slope[j]!);
          image[j] = before[j]! + stepSize * towards;
        }
        delivered(stepped, i, row);
        before.set(image);
      });
      await ask(stepped, rows);
      drop();
    }
    found.forEach((image, row) => of(current, row).set(image));
    return tf.tensor4d(current, batch.images.shape);
  },
});
