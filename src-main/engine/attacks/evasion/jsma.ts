import * as tf from '@tensorflow/tfjs';
import { choice, number } from '../../../contract/params';
import type { Random } from '../../../contract/random';
import { defineEvasion, type Batch, type WhiteBoxTarget } from '../../definitions';
import { along, oneHot } from '../../losses';

/** Images whose saliency maps are drawn together: every input may stand in them once for each class. */
const AT_ONCE = 256;

/** Jacobian-based saliency map attack: changes as few pixels as it can, two at a time. Images in [0, 1]. */
export default defineEvasion({
  id: 'jsma',
  title: 'Saliency map attack (JSMA)',
  summary:
    'Changes the two pixels that together raise a class most while they lower the others, again and again until the class wins. Few pixels change, each by much.',
  limits:
    'The number of changed pixels is the result, found greedily: not the least there is. Gradients of the logits, as in the paper’s advice; stops where no pair of pixels both raises the class and lowers the rest.',
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
  cost: ({ gamma, targets }) => 400 * gamma * (targets === 'all' ? 5 : 1),
  async perturb(target, batch, goal, { theta, gamma, direction, targets }, context) {
    const [, ...shape] = batch.images.shape;
    const size = shape.reduce((a, b) => a * b, 1);
    const clean = batch.images.dataSync<'float32'>();
    const labels = batch.labels.dataSync<'int32'>();
    const wanted =
      goal === 'targeted'
        ? Array.from(labels, (label) => [label])
        : otherClasses(target, batch, targets, (i) => context.random('target', i));
    const result = clean.slice();
    let searches = wanted.flatMap((classes, row) =>
      classes.map((wantedClass): Search => {
        const image = clean.slice(row * size, (row + 1) * size);
        return { row, wanted: wantedClass, image, touched: new Int8Array(size), changed: 0 };
      }),
    );
    const won = (row: number, predicted: number) =>
      goal === 'targeted' ? predicted === labels[row] : predicted !== labels[row];
    while (searches.length > 0) {
      const open: Search[] = [];
      const winners = new Map<number, Search>();
      for (let from = 0; from < searches.length; from += AT_ONCE) {
        const some = searches.slice(from, from + AT_ONCE);
        const map = saliency(target, some, [some.length, ...shape] as tf.Tensor4D['shape']);
        some.forEach((search, i) => {
          const { row, image, changed } = search;
          if (won(row, map.predicted[i]!)) {
            if (changed < (winners.get(row)?.changed ?? Infinity)) winners.set(row, search);
          } else if (
            changed + 2 <= gamma * size &&
            change(search, theta, direction, at(map.own, i, size), at(map.others, i, size))
          ) {
            open.push(search);
          } else result.set(image, row * size);
        });
        await context.breathe();
      }
      // All searches of an input have taken equally many steps: the first class to win needs the fewest pixels.
      for (const [row, { image }] of winners) result.set(image, row * size);
      searches = open.filter(({ row }) => !winners.has(row));
    }
    return tf.tensor4d(result, batch.images.shape);
  },
});

/** The way of one input towards one class. */
interface Search {
  row: number;
  wanted: number;
  image: Float32Array;
  /** Which way each pixel was changed (1, −1), and how many were. */
  touched: Int8Array;
  changed: number;
}

const at = (values: Float32Array, i: number, size: number) => values.subarray(i * size, (i + 1) * size);

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

/** Gradients of the wanted logit and of the sum of all others, and the predicted classes. */
function saliency(
  target: WhiteBoxTarget,
  searches: Search[],
  shape: [number, number, number, number],
): { predicted: ArrayLike<number>; own: Float32Array; others: Float32Array } {
  return tf.tidy(() => {
    const size = shape[1] * shape[2] * shape[3];
    const values = new Float32Array(searches.length * size);
    searches.forEach(({ image }, i) => values.set(image, i * size));
    const images = tf.tensor4d(values, shape);
    const wanted = tf.tensor1d(
      searches.map(({ wanted }) => wanted),
      'int32',
    );
    const own = oneHot(wanted, target.classes);
    const raised = target.gradient(images, along(own));
    const lowered = target.gradient(images, along(tf.sub(1, own)));
    return {
      predicted: raised.logits.argMax(1).dataSync<'int32'>(),
      own: raised.gradient.dataSync<'float32'>(),
      others: lowered.gradient.dataSync<'float32'>(),
    };
  });
}

/** Changes the pair of pixels of highest saliency by theta; false where there is none. */
function change(
  search: Search,
  theta: number,
  direction: 'add' | 'remove' | 'both',
  own: Float32Array,
  others: Float32Array,
): boolean {
  const { image, touched } = search;
  const options: Option[] = [];
  const offer = (pixel: number, way: 1 | -1) => {
    const open = way > 0 ? image[pixel]! < 1 : image[pixel]! > 0;
    // A pixel that was changed goes on the same way or not at all.
    if (open && touched[pixel] !== -way)
      options.push({ pixel, way, raises: way * own[pixel]!, lowers: -way * others[pixel]! });
  };
  for (let pixel = 0; pixel < image.length; pixel++) {
    if (direction !== 'remove') offer(pixel, 1);
    if (direction !== 'add') offer(pixel, -1);
  }
  const pair = bestPair(options);
  for (const { pixel, way } of pair ?? []) {
    if (!touched[pixel]) search.changed++;
    touched[pixel] = way;
    image[pixel] = Math.min(1, Math.max(0, image[pixel]! + way * theta));
  }
  return pair !== null;
}

/** A pixel and a direction: how it raises the wanted logit, and how it lowers the sum of the others. */
export interface Option {
  pixel: number;
  way: 1 | -1;
  raises: number;
  lowers: number;
}

/**
 * The pair whose summed effects have the largest product, both being positive: the paper's saliency of a pair, exactly.
 * Whatever one of the two is, the other is beaten in both effects by no third; so both are among the options that at most
 * one other beats, which are few.
 */
export function bestPair(options: Option[]): [Option, Option] | null {
  const candidates = unbeaten(options);
  let [best, most]: [[Option, Option] | null, number] = [null, 0];
  candidates.forEach((p, i) => {
    for (let j = 0; j < i; j++) {
      const q = candidates[j]!;
      const [raises, lowers] = [p.raises + q.raises, p.lowers + q.lowers];
      if (raises > 0 && lowers > 0 && raises * lowers > most) [best, most] = [[q, p], raises * lowers];
    }
  });
  return best;
}

/** The options that at most one other beats in both effects. */
function unbeaten(options: Option[]): Option[] {
  const found: Option[] = [];
  let [first, second] = [-Infinity, -Infinity];
  for (const option of options.sort((p, q) => q.raises - p.raises)) {
    if (option.lowers <= second) continue;
    found.push(option);
    [first, second] = option.lowers > first ? [option.lowers, first] : [first, option.lowers];
  }
  return found;
}
