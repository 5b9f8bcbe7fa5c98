/**
 * What the extraction attacks have in common: asking for answers, training a copy on them, and measuring it. An attack's
 * author says which images are asked about next.
 */
import * as tf from '@tensorflow/tfjs';
import type { Split } from '../../contract/dataset';
import { attack, choice, integer, number, type Applied } from '../../contract/params';
import { LabError } from '../../contract/problem';
import type { Random } from '../../contract/random';
import type { Finding, PrivacyBasis, PrivacyContext, PrivacyKnowledge, Target } from '../definitions';
import { gradientStep } from '../gradient-step';
import articleCnn from '../models/article-cnn';
import mlp from '../models/mlp';
import smallCnn from '../models/small-cnn';
import softmaxRegression from '../models/softmax-regression';
import { Network, type LayerSpec } from '../network';
import { Adam } from '../optimizers';
import { concatenated, selected, sizeOf, toBatch } from '../splits';
import { NetworkTarget } from '../target-views';
import { classesOf, logProbabilities } from './answers';

const ARCHITECTURES = {
  'small-cnn': (classes: number) => smallCnn.layers!(classes, {}),
  'article-cnn': (classes: number) => articleCnn.layers!(classes, {}),
  mlp: (classes: number) => mlp.layers!(classes, { units: 256 }),
  'softmax-regression': (classes: number) => softmaxRegression.layers!(classes, {}),
} satisfies Record<string, (classes: number) => LayerSpec[]>;

const BATCH_SIZE = 64;
/** However few the answers, a copy is trained for so many steps. */
const LEAST_STEPS = 300;
/** Queries after which the first copy is trained; each further one has twice as many. */
const FIRST = 250;
/** Test images that are attacked on the copy. */
const TRANSFERRED = 200;
/** A step of training takes as long as so many passes. */
const STEP = 3;

/** What an attack on the copy looks like; every extraction attack has it. */
export const transferParam = {
  attack: attack({
    surface: 'evasion',
    default: { id: 'pgd', params: { epsilon: 0.3, steps: 20 } },
    help: 'Evasion attack made on the stolen copy and tried on the target: what the copy is good for.',
  }),
};

export const extractionParams = {
  queries: integer({
    default: 5000,
    min: 10,
    max: 1e6,
    unit: 'queries',
    help: 'Images the target is asked about.',
  }),
  copy: choice({
    options: ['small-cnn', 'article-cnn', 'mlp', 'softmax-regression'],
    default: 'small-cnn',
    help: 'Architecture of the copy. The attacker need not know the target’s.',
  }),
  epochs: integer({
    default: 10,
    min: 1,
    max: 10_000,
    unit: 'epochs',
    help: `Training of each copy, at least ${LEAST_STEPS} steps.`,
    advanced: true,
  }),
  learningRate: number({
    default: 0.001,
    min: 0,
    exclusiveMin: true,
    max: 1,
    help: 'Of the copy’s training.',
    advanced: true,
  }),
  ...transferParam,
};

interface Params {
  queries: number;
  copy: keyof typeof ARCHITECTURES;
  epochs: number;
  learningRate: number;
  attack: Applied;
}

/** Answers that have been had: images, and what is to be learnt of them, n × classes. */
export interface Answered {
  images: Split;
  probabilities: Float32Array;
}

export interface Thief {
  /** Learns from probabilities, or from labels alone. */
  learnsFrom: 'probabilities' | 'labels';
  /** Images asked about before the answers are looked at again; without it all up to the next copy. */
  atOnce?: number;
  /** So many images to be asked about next, or fewer; `copy` is the last one, null before there is any. */
  next(count: number, known: Answered, copy: NetworkTarget | null, round: number): Promise<Float32Array>;
}

/** Queries at which a copy is trained and measured. */
export function rounds(queries: number): number[] {
  const counts: number[] = [];
  for (let count = FIRST; count < queries; count *= 2) counts.push(count);
  return [...counts, queries];
}

const epochsFor = (images: number, epochs: number): number =>
  Math.max(epochs, Math.ceil((LEAST_STEPS * BATCH_SIZE) / images));

/** Passes of the whole theft. */
export const extractionCost = (
  { queries, epochs, attack: { params } }: Omit<Params, 'copy' | 'learningRate'>,
  { test }: PrivacyBasis,
): number =>
  rounds(queries).reduce((sum, n) => sum + STEP * n * epochsFor(n, epochs) + test, queries) +
  STEP * Number(params.steps ?? 1) * Math.min(test, TRANSFERRED);

/** Asks in rounds, trains a fresh copy in each, and draws how like the target it is. */
export async function steal(
  target: Target,
  knowledge: PrivacyKnowledge,
  params: Params,
  context: PrivacyContext,
  { learnsFrom, atOnce = Infinity, next }: Thief,
): Promise<Finding> {
  const counts = rounds(params.queries);
  const work = counts.map((n) => n * epochsFor(n, params.epochs));
  const all = work.reduce((a, b) => a + b, 0);
  let known: Answered = {
    images: { images: new Float32Array(), labels: new Uint8Array() },
    probabilities: new Float32Array(),
  };
  let copy: NetworkTarget | null = null;
  let done = 0;
  const [asked, measured]: [number[], Likenesses[]] = [[], []];
  try {
    for (const [round, count] of counts.entries()) {
      for (let left = count - sizeOf(known.images); left > 0; left -= atOnce) {
        const images = await next(Math.min(left, atOnce), known, copy, round);
        known = joined(known, await ask(target, images, learnsFrom, context));
      }
      copy?.network.dispose();
      copy = emptyCopy(target, params.copy, context.random('copy', round));
      asked.push(sizeOf(known.images));
      const epochs = epochsFor(count, params.epochs);
      for (let epoch = 0, adam = new Adam(copy.network.parameters); epoch < epochs; epoch++) {
        await learn(copy, adam, known, params.learningRate, context.random('order', round, epoch), context);
        context.progress((done += count) / all);
        if (epoch === epochs - 1) adam.dispose();
      }
      measured.push(await compared(copy, knowledge, context));
    }
    const last = measured.at(-1)!;
    return {
      metrics: { ...last, copyTransferRate: await transferred(copy!, knowledge, params.attack, context) },
      curves: [
        { series: 'fidelityByQueries', x: asked, y: measured.map(({ fidelity }) => fidelity) },
        { series: 'copyAccuracyByQueries', x: asked, y: measured.map(({ copyAccuracy }) => copyAccuracy) },
      ],
    };
  } finally {
    copy?.network.dispose();
  }
}

/** Throws LabError for an architecture that the target's inputs are too small for. */
function emptyCopy(target: Target, id: Params['copy'], random: Random): NetworkTarget {
  try {
    const network = new Network(target.inputShape, ARCHITECTURES[id](target.classes), random);
    return new NetworkTarget(network, target.classes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new LabError(
      'attacks.copy',
      `${id} does not fit images of [${target.inputShape}]: ${error.message}`,
      `Choose another architecture: ${Object.keys(ARCHITECTURES).join(', ')}.`,
    );
  }
}

async function ask(
  target: Target,
  images: Float32Array,
  learnsFrom: Thief['learnsFrom'],
  context: PrivacyContext,
): Promise<Answered> {
  const n = images.length / target.inputShape.reduce((a, b) => a * b);
  const asked: Split = { images, labels: new Uint8Array(n) };
  if (learnsFrom === 'labels') {
    asked.labels.set(await classesOf(target, asked, context));
    const probabilities = new Float32Array(n * target.classes);
    asked.labels.forEach((label, i) => (probabilities[i * target.classes + label] = 1));
    return { images: asked, probabilities };
  }
  const probabilities = (await logProbabilities(target, asked, context)).map(Math.exp);
  for (let i = 0; i < n; i++) {
    const row = probabilities.subarray(i * target.classes, (i + 1) * target.classes);
    asked.labels[i] = row.indexOf(Math.max(...row));
  }
  return { images: asked, probabilities };
}

const joined = (a: Answered, b: Answered): Answered => ({
  images: concatenated(a.images, b.images),
  probabilities: Float32Array.from([...a.probabilities, ...b.probabilities]),
});

/** One pass over the answers: cross-entropy with what was answered. */
async function learn(
  copy: NetworkTarget,
  adam: Adam,
  { images, probabilities }: Answered,
  learningRate: number,
  random: Random,
  { breathe }: PrivacyContext,
): Promise<void> {
  const { classes } = copy;
  const order = random.shuffle(Uint32Array.from(images.labels.keys()));
  for (let start = 0; start < order.length; start += BATCH_SIZE) {
    const places = order.subarray(start, start + BATCH_SIZE);
    const batch = toBatch(selected(images, places), copy.inputShape);
    const wanted = new Float32Array(places.length * classes);
    places.forEach((place, i) =>
      wanted.set(probabilities.subarray(place * classes, (place + 1) * classes), i * classes),
    );
    const answers = tf.tensor2d(wanted, [places.length, classes]);
    gradientStep(copy.network, adam, batch, learningRate, {
      loss: (logits) => ({
        loss: tf.neg(tf.sum(tf.mul(answers, tf.logSoftmax(logits)), 1)),
        gradient: tf.sub(tf.softmax(logits), answers),
      }),
    });
    tf.dispose([batch.images, batch.labels, answers]);
    await breathe();
  }
}

/** How like the target a copy is. */
export interface Likenesses {
  [metric: string]: number;
  fidelity: number;
  copyAccuracy: number;
}

export async function compared(
  copy: Target,
  { test, answers }: PrivacyKnowledge,
  context: PrivacyContext,
): Promise<Likenesses> {
  const own = await classesOf(copy, test, context);
  const share = (truth: Uint8Array) => own.filter((label, i) => label === truth[i]).length / own.length;
  return { fidelity: share(answers), copyAccuracy: share(test.labels) };
}

/** Of the first test images both have right, the share that an attack on the copy turns for the target; null where there are none. */
export async function transferred(
  copy: NetworkTarget,
  { test, answers, answersTo }: PrivacyKnowledge,
  { id, params }: Applied,
  context: PrivacyContext,
): Promise<number | null> {
  const own = await classesOf(copy, test, context);
  const both = [...test.labels.keys()].filter(
    (i) => own[i] === test.labels[i] && answers[i] === test.labels[i],
  );
  const right = selected(test, Uint32Array.from(both.slice(0, TRANSFERRED)));
  if (sizeOf(right) === 0) return null;
  const batch = toBatch(right, copy.inputShape);
  const moved = await context.attack({ id, ...params }, copy, batch, 'untargeted', false);
  const images = moved.dataSync<'float32'>();
  tf.dispose([batch.images, batch.labels, moved]);
  const after = await answersTo({ images, labels: right.labels });
  return after.filter((label, i) => label !== right.labels[i]).length / sizeOf(right);
}

/**
 * The attacker's own images in a random order, without end: when all were taken they come again, shifted by up to two pixels.
 * @throws LabError where it has none
 */
export function ownImages(
  { own }: PrivacyKnowledge,
  shape: Target['inputShape'],
  random: Random,
): (count: number) => Float32Array {
  const n = sizeOf(own);
  if (n === 0) {
    throw new LabError(
      'attacks',
      'the attacker has no images of its own to ask about',
      'Raise dataset.validation, whose images are the attacker’s, or lower evaluation.samples: the test images after those are its too.',
    );
  }
  const size = own.images.length / n;
  const order = random.shuffle(Uint32Array.from({ length: n }, (_, i) => i));
  let taken = 0;
  return (count) => {
    const images = new Float32Array(count * size);
    for (let i = 0; i < count; i++, taken++) {
      const place = order[taken % n]!;
      const image = own.images.subarray(place * size, (place + 1) * size);
      images.set(taken < n ? image : shifted(image, shape, random), i * size);
    }
    return images;
  };
}

/** An image moved by up to two pixels each way, black coming in. */
function shifted(
  image: Float32Array,
  [height, width, channels]: Target['inputShape'],
  random: Random,
): Float32Array {
  const [down, across] = [random.integer(5) - 2, random.integer(5) - 2];
  const result = new Float32Array(image.length);
  for (let y = Math.max(0, down); y < Math.min(height, height + down); y++) {
    for (let x = Math.max(0, across); x < Math.min(width, width + across); x++) {
      const from = ((y - down) * width + x - across) * channels;
      result.set(image.subarray(from, from + channels), (y * width + x) * channels);
    }
  }
  return result;
}
