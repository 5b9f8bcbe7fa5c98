/**
 * Substitute attack (Papernot et al. 2017): the target is asked for the labels of some inputs, a substitute network is
 * trained on them, and the inputs are multiplied by going where the substitute changes most,
 *
 *     S ← S ∪ { x + λ · sgn(∂F_Õ(x)(x) / ∂x) : x ∈ S },
 *
 * Õ(x) being the target's label of x and F the substitute's outputs; then the new ones are asked about and the substitute
 * is trained on. A white-box attack on the substitute is hoped to turn the target too.
 *
 * Differences from the paper: Adam instead of gradient descent with momentum; a constant λ; a round adds at most
 * `newInputs`, drawn at random (the paper's reservoir sampling, there from the third round on).
 */
import * as tf from '@tensorflow/tfjs';
import type { Norm } from '../../../contract/catalog';
import type { Split } from '../../../contract/dataset';
import type { Entry } from '../../../contract/experiment';
import { attack, choice, integer, number, type Applied } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import type { Context } from '../../context';
import { defineQueryAttack, type Target, type WhiteBoxTarget } from '../../definitions';
import { Learner } from '../../learner';
import { along, oneHot } from '../../losses';
import articleCnn from '../../models/article-cnn';
import smallCnn from '../../models/small-cnn';
import { concatenated, inParts, selected, sizeOf, toBatch } from '../../splits';
import { ballParams, inBall } from '../ball';
import { scaledAttack } from '../scaled';
import { readOut } from '../../read-out';

const ARCHITECTURES = { 'article-cnn': articleCnn, 'small-cnn': smallCnn };

/** Inputs that the substitute's fidelity is measured on. */
const HELD_OUT = 200;
/** Images sent to the target, or through the substitute, at once. */
const AT_ONCE = 256;

export default defineQueryAttack({
  id: 'substitute',
  title: 'Substitute (transfer)',
  summary:
    'Learns a network that answers as the target does, from labels alone, and attacks that one instead. Asks nothing about the inputs it attacks: all its queries are spent beforehand, whatever is attacked later.',
  limits:
    'Finds only weaknesses that both networks share. Constant step of the augmentation; Adam instead of momentum. The queries of the fitting include those of the fidelity.',
  reference: {
    authors: 'N. Papernot, P. McDaniel, I. Goodfellow, S. Jha, Z. B. Celik, A. Swami',
    title: 'Practical black-box attacks against machine learning',
    year: 2017,
    where: 'ASIA CCS, arXiv:1602.02697',
  },
  knowledge: 'transfer',
  requires: ['decisions'],
  params: {
    ...ballParams(0.3),
    attack: attack({
      surface: 'evasion',
      default: { id: 'pgd', params: {} },
      help: 'Attack on the substitute. Its radius and norm are this attack’s; its steps are scaled alike.',
    }),
    substitute: choice({
      options: ['small-cnn', 'article-cnn'],
      default: 'small-cnn',
      help: 'Architecture of the substitute. On images below 10 × 10 only article-cnn fits.',
    }),
    seedInputs: integer({
      default: 150,
      min: 1,
      max: 1e6,
      unit: 'images',
      help: 'Inputs the fitting starts from; half of the fitting inputs, where there are not twice as many.',
    }),
    rounds: integer({
      default: 6,
      min: 0,
      max: 100,
      unit: 'rounds',
      help: 'Rounds of augmentation (ρ); each asks about new inputs.',
    }),
    newInputs: integer({
      default: 400,
      min: 1,
      max: 1e6,
      unit: 'images',
      help: 'Most inputs that a round adds (κ).',
      advanced: true,
    }),
    augmentation: number({
      default: 0.1,
      min: 0,
      max: 1,
      unit: 'pixel range',
      help: 'How far a new input lies from the one it was made of (λ).',
      advanced: true,
    }),
    epochs: integer({
      default: 10,
      min: 1,
      max: 10_000,
      unit: 'epochs',
      help: 'Training of the substitute in each round.',
      advanced: true,
    }),
    learningRate: number({
      default: 0.001,
      min: 0,
      exclusiveMin: true,
      max: 1,
      help: 'Of the substitute’s training.',
      advanced: true,
    }),
  },
  ...inBall,
  cost: ({ attack: inner }) => Number(inner.params.steps ?? 1),
  fitCost: (params) => trainings(params).reduce((sum, inputs) => sum + 2 * params.epochs * inputs, 0),
  async fit(target, data, goal, params, context) {
    const { seedInputs, rounds, newInputs, augmentation, epochs, learningRate, epsilon, norm } = params;
    const order = context.random('inputs').shuffle(Uint32Array.from({ length: sizeOf(data) }, (_, i) => i));
    const half = sizeOf(data) >> 1;
    const seeds = selected(data, order.subarray(0, Math.max(1, Math.min(seedInputs, half))));
    const heldOut = selected(data, order.subarray(sizeOf(seeds), sizeOf(seeds) + HELD_OUT));

    const learner = substituteFor(target, params.substitute, context);
    const substitute = learner.target;
    const all = epochs * trainings({ ...params, seedInputs: sizeOf(seeds) }).reduce((a, b) => a + b);
    let [known, trained] = [await labelled(target, seeds.images), 0];
    for (let round = 0; round <= rounds; round++) {
      for (let epoch = 0; epoch < epochs; epoch++) {
        await learner.epoch(known, learningRate, context.random('shuffle', round, epoch), context.breathe);
        context.progress((trained += sizeOf(known)) / all);
      }
      if (round === rounds) break;
      const places = context.random('reservoir', round).shuffle(Uint32Array.from(known.labels.keys()));
      const origins = selected(known, places.subarray(0, newInputs));
      const images = augmented(substitute, origins, augmentation);
      known = concatenated(known, await labelled(target, images));
    }

    return {
      metrics: { fidelity: await fidelity(target, substitute, heldOut.images) },
      // What turns the substitute may not turn the target: every input takes all steps.
      perturb: (_oracle, batch, { attack: attempt }) =>
        attempt(within(params.attack, norm, epsilon), substitute, batch, goal, false),
      dispose: () => learner.dispose(),
    };
  },
});

/** Inputs that each training of the substitute has: those of the one before, and as many new ones at most. */
function trainings({
  seedInputs,
  rounds,
  newInputs,
}: {
  seedInputs: number;
  rounds: number;
  newInputs: number;
}): number[] {
  const sizes = [seedInputs];
  for (let round = 0; round < rounds; round++) sizes.push(sizes[round]! + Math.min(sizes[round]!, newInputs));
  return sizes;
}

/** Throws LabError for an architecture that the target's inputs are too small for. */
function substituteFor(target: Target, id: keyof typeof ARCHITECTURES, context: Context): Learner {
  try {
    const layers = ARCHITECTURES[id].layers!(target.classes, {});
    return new Learner(target.inputShape, target.classes, layers, context.random('weights'));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new LabError(
      'substitute',
      `${id} does not fit images of [${target.inputShape}]: ${error.message}`,
      `Choose another architecture: ${Object.keys(ARCHITECTURES).join(', ')}.`,
    );
  }
}

/** The images with the classes the target gives them. */
async function labelled(target: Target, images: Float32Array): Promise<Split> {
  const size = target.inputShape.reduce((a, b) => a * b);
  const answered: Split = { images, labels: new Uint8Array(images.length / size) };
  for (const [start, part] of inParts(answered, AT_ONCE)) {
    const batch = toBatch(part, target.inputShape);
    answered.labels.set(await target.decisions(batch.images), start);
    tf.dispose([batch.images, batch.labels]);
  }
  return answered;
}

/** x + λ · sgn(∂F_label(x) / ∂x), clipped to [0, 1]. */
export function augmented(substitute: WhiteBoxTarget, origins: Split, lambda: number): Float32Array {
  const images = new Float32Array(origins.images.length);
  const size = images.length / sizeOf(origins);
  for (const [start, part] of inParts(origins, AT_ONCE)) {
    const moved = readOut(() => {
      const { images: from, labels } = toBatch(part, substitute.inputShape);
      const { gradient } = substitute.gradient(from, along(oneHot(labels, substitute.classes)));
      return tf.clipByValue(tf.add(from, tf.mul(tf.sign(gradient), lambda)), 0, 1);
    });
    images.set(moved, start * size);
  }
  return images;
}

/** Share of the images to which both give the same class; null without images. */
async function fidelity(target: Target, substitute: Target, images: Float32Array): Promise<number | null> {
  if (images.length === 0) return null;
  const [theirs, own] = [await labelled(target, images), await labelled(substitute, images)];
  return theirs.labels.filter((label, i) => label === own.labels[i]).length / sizeOf(theirs);
}

/** The inner attack held to this ball, its steps keeping their share of the radius. */
function within(inner: Applied, norm: Norm, epsilon: number): Entry {
  const { epsilon: own } = inner.params;
  const { id, params } = typeof own === 'number' && own > 0 ? scaledAttack(inner, epsilon / own) : inner;
  return { id, ...params, ...('norm' in params ? { norm } : {}) };
}
