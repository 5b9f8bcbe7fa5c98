import * as tf from '@tensorflow/tfjs';
import { choice, number } from '../../../contract/params';
import type { Random } from '../../../contract/random';
import { defineEvasion, type Batch, type WhiteBoxTarget } from '../../definitions';
import { crossEntropy } from '../../losses';
import { reaches } from '../finished';
import { Standing } from '../standing';

/** Searches that go on together; an input may be in one for each class. */
const AT_ONCE = 256;

/** The ways of some inputs towards one class each, as far as they have come. */
type Searching = {
  images: tf.Tensor4D;
  /** The images after the next step. */
  next: tf.Tensor4D;
  /** Which way each pixel was changed: 1, −1, or 0 for not yet. */
  touched: tf.Tensor2D;
  labels: tf.Tensor1D;
  wanted: tf.Tensor1D;
};

/** Jacobian-based saliency map attack: changes as few pixels as it can, two at a time. Images in [0, 1]. */
export default defineEvasion({
  id: 'jsma',
  title: 'Saliency map attack (JSMA)',
  summary:
    'Changes the two pixels that together raise a class most while they lower the others, again and again until the class wins. Few pixels change, each by much.',
  limits:
    'The number of changed pixels is the result, found greedily: not the least there is. Stops where no pair of pixels raises the class, and where the share of pixels that may change is used up.',
  formula: 'S(x, t)[i] = 0 where ∂z_t/∂xᵢ < 0 or Σ_{j≠t} ∂z_j/∂xᵢ > 0, else ∂z_t/∂xᵢ · |Σ_{j≠t} ∂z_j/∂xᵢ|',
  reference: {
    authors: 'N. Papernot, P. McDaniel, S. Jha, M. Fredrikson, Z. B. Celik, A. Swami',
    title: 'The limitations of deep learning in adversarial settings',
    year: 2016,
    where: 'IEEE European Symposium on Security and Privacy, arXiv:1511.07528',
  },
  knowledge: 'white-box',
  requires: ['gradients'],
  params: {
    theta: number({
      default: 1,
      min: 0,
      exclusiveMin: true,
      max: 1,
      unit: 'pixel range',
      help: 'By how much a pixel changes in a step.',
    }),
    gamma: number({
      default: 0.145,
      min: 0,
      max: 1,
      unit: 'share of pixels',
      help: 'Most pixels that may change.',
    }),
    direction: choice({
      options: ['add', 'remove', 'both'],
      default: 'add',
      help: 'Whether pixels are brightened, darkened, or either.',
    }),
    targets: choice({
      options: ['all', 'second-best', 'random'],
      default: 'all',
      help: 'Without a class to reach: every other class at once until the first wins, the likeliest other class, or a random one.',
      advanced: true,
    }),
  },
  norm: () => 'l0',
  // The share of the pixels is held to in the attack itself, which knows how many there are.
  budget: () => Infinity,
  cost: ({ gamma, targets }) => 200 * gamma * (targets === 'all' ? 5 : 1),
  async perturb(target, batch, goal, { theta, gamma, direction, targets }, context) {
    const [n, ...shape] = batch.images.shape;
    const size = shape.reduce((a, b) => a * b, 1);
    const classes =
      goal === 'targeted'
        ? Array.from(batch.labels.dataSync<'int32'>(), (label) => [label])
        : otherClasses(target, batch, targets, (i) => context.random('target', i));
    const result = new Float32Array(n * size);
    const inputs = Math.max(1, Math.floor(AT_ONCE / classes[0]!.length));
    for (let start = 0; start < n; start += inputs) {
      const some = classes.slice(start, start + inputs);
      const owners = some.flatMap((each, i) => each.map(() => start + i));
      const standing = begin(batch, owners, some.flat(), size);
      // The search that won for an input. All of its searches have taken equally many steps: the first needs the fewest
      // pixels.
      const winners = new Map<number, number>();
      while (standing.count > 0) {
        const { reached, stuck, ...after } = tf.tidy(() => {
          const { images, touched, labels, wanted } = standing.tensors;
          const { logits, gradient } = target.gradient(images, crossEntropy(wanted, 'targeted'));
          const step = change(images, touched, gradient, theta, direction);
          // A pixel that is changed further is no further pixel, so the count is taken of what the step would leave.
          const changed = tf.sum(tf.abs(step.touched), 1);
          return {
            reached: reaches(logits, labels, goal),
            stuck: tf.logicalOr(step.stuck, tf.greater(changed, gamma * size)),
            next: step.images,
            touched: step.touched,
          };
        });
        const [won, lost] = [reached.dataSync(), stuck.dataSync()];
        tf.dispose([reached, stuck]);
        standing.rows.forEach((search, i) => {
          const owner = owners[search]!;
          if (won[i] && !winners.has(owner)) winners.set(owner, search);
        });
        standing.put(after);
        standing.finishRows(
          standing.rows.map((search, i) => Number(winners.has(owners[search]!) || lost[i])),
          'images',
        );
        if (standing.count > 0) standing.put({ images: standing.tensors.next.clone() });
        await context.breathe();
      }
      standing.finishAll('images');
      owners.forEach((owner, search) => {
        if ((winners.get(owner) ?? search) !== search) return;
        result.set(standing.result.subarray(search * size, (search + 1) * size), owner * size);
      });
    }
    return tf.tensor4d(result, batch.images.shape);
  },
});

/** For each input the classes that are tried. */
function otherClasses(
  target: WhiteBoxTarget,
  { images, labels }: Batch,
  which: 'all' | 'second-best' | 'random',
  random: (input: number) => Random,
): number[][] {
  const logits = tf.tidy(() => target.logits(images).arraySync());
  return Array.from(labels.dataSync<'int32'>(), (label, i) => {
    const others = logits[i]!.map((_, k) => k).filter((k) => k !== label);
    if (which === 'all') return others;
    if (which === 'random') return [others[random(i).integer(others.length)]!];
    return [others.reduce((best, k) => (logits[i]![k]! > logits[i]![best]! ? k : best))];
  });
}

/** A search from each owner's clean image towards each wanted class. */
const begin = (batch: Batch, owners: number[], wanted: number[], size: number): Standing<Searching> =>
  new Standing(
    tf.tidy(() => {
      const rows = tf.tensor1d(owners, 'int32');
      const images = tf.gather(batch.images, rows);
      return {
        images,
        next: images.clone(),
        touched: tf.zeros<tf.Rank.R2>([owners.length, size]),
        labels: tf.gather(batch.labels, rows),
        wanted: tf.tensor1d(wanted, 'int32'),
      };
    }),
    owners.length,
    size,
  );

/**
 * Changes the pair of pixels of highest saliency by theta. Saliency is the paper's, of the class's probability F_t: a pair
 * is to raise F_t while it lowers the sum of all others, and is valued by the product of both. Probabilities add up to
 * one, so that the two are equal and opposite, and the pair is that of the two largest slopes. `gradient` is that of
 * log F_t, which orders pixels as F_t does and does not vanish where the class is still unlikely. To be called within
 * tf.tidy.
 */
function change(
  images: tf.Tensor4D,
  touched: tf.Tensor2D,
  gradient: tf.Tensor4D,
  theta: number,
  direction: 'add' | 'remove' | 'both',
): { images: tf.Tensor4D; touched: tf.Tensor2D; stuck: tf.Tensor } {
  const [n, size] = touched.shape;
  const pixels = images.reshape([n, size]);
  const slopes = gradient.reshape([n, size]);
  // A pixel at its bound is no choice, and one that was changed goes on the same way or not at all.
  const up = tf.where(tf.logicalAnd(tf.less(pixels, 1), tf.greaterEqual(touched, 0)), slopes, -Infinity);
  const down = tf.where(
    tf.logicalAnd(tf.greater(pixels, 0), tf.lessEqual(touched, 0)),
    tf.neg(slopes),
    -Infinity,
  );
  const choices = { add: [up], remove: [down], both: [up, down] }[direction];
  const { values, indices } = tf.topk(tf.concat(choices, 1), 2);
  const places = tf.sum(tf.oneHot(indices.toInt() as tf.Tensor2D, choices.length * size, 1, 0, 'float32'), 1);
  const signs = { add: [1], remove: [-1], both: [1, -1] }[direction];
  const step = tf.addN(tf.split(places, choices.length, 1).map((part, i) => tf.mul(part, signs[i]!)));
  return {
    images: tf.clipByValue(tf.add(pixels, tf.mul(step, theta)), 0, 1).reshape(images.shape),
    touched: tf.clipByValue(tf.add(touched, step), -1, 1) as tf.Tensor2D,
    stuck: tf.lessEqual(tf.sum(values, 1), 0),
  };
}
