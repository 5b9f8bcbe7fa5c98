import * as tf from '@tensorflow/tfjs';
import { choice, integer } from '../../../contract/params';
import {
  defineEvasion,
  type Batch,
  type EvasionContext,
  type Loss,
  type WhiteBoxTarget,
} from '../../definitions';
import { towardsClass, towardsGoal } from '../../losses';
import { lengths } from '../../norms';
import { drawnBack, reaches } from '../finished';
import { rankedClass } from '../ranked-class';

/** Steps go a little beyond the hyperplane (eta in the paper). */
const BEYOND = 1.05;
/** Most of a step that is taken from the clean image (alpha_max). */
const FROM_CLEAN = 0.1;
/** Of the way from the clean image to an adversarial one, what is gone on from (beta). */
const BACK = 0.9;
/** Halvings of the way to the clean image at the end. */
const FINAL_HALVINGS = 3;

/** Fast adaptive boundary attack: walks along the decision boundary towards the clean image. Images in [0, 1]. */
export default defineEvasion({
  id: 'fab',
  title: 'Fast adaptive boundary (FAB)',
  summary:
    'Steps onto the linearised boundary to another class, drawn towards the clean image, and back inwards whenever it is across. Finds small perturbations, one class after another; does not care how the logits are scaled.',
  limits: 'Fails where gradients are masked. From the clean image only, without the paper’s random restarts.',
  reference: {
    authors: 'F. Croce, M. Hein',
    title: 'Minimally distorted adversarial examples with a fast adaptive boundary attack',
    year: 2020,
    where: 'ICML, arXiv:1907.02044',
  },
  knowledge: 'white-box',
  requires: ['gradients'],
  params: {
    norm: choice({
      options: ['l2', 'linf'],
      default: 'l2',
      help: 'Norm in which the perturbation is to be small.',
    }),
    steps: integer({ default: 100, min: 1, max: 100000, help: 'Steps towards each class.' }),
    targetClasses: integer({
      default: 9,
      min: 1,
      max: 1000,
      unit: 'classes',
      help: 'How many other classes are tried, most likely first; without meaning for a set class.',
      advanced: true,
    }),
  },
  norm: ({ norm }) => norm,
  budget: () => Infinity,
  cost: ({ steps, targetClasses }) => 1.3 * steps * targetClasses,
  async perturb(target, batch, goal, { norm, steps, targetClasses }, context) {
    const { images, labels } = batch;
    const adversarial = (tried: tf.Tensor4D) => reaches(target.logits(tried), labels, goal);
    const ranks = goal === 'targeted' ? 1 : Math.min(targetClasses, target.classes - 1);
    let found: Found = tf.tidy(() => {
      // An input that is adversarial as it is needs no perturbation.
      const distance = tf.where(adversarial(images), 0, Infinity) as tf.Tensor1D;
      return { images: images.clone(), distance };
    });
    for (let rank = 0; rank < ranks; rank++) {
      const wanted = goal === 'targeted' ? labels.clone() : rankedClass(target, batch, rank);
      const climbed = goal === 'targeted' ? towardsGoal(labels, goal) : towardsClass(labels, wanted);
      found = await walk(target, batch, climbed, adversarial, norm, steps, found, context);
      wanted.dispose();
    }
    const nearer = tf.tidy(() => drawnBack(images, found.images, FINAL_HALVINGS, adversarial));
    tf.dispose([found.images, found.distance]);
    return nearer;
  },
});

type FabNorm = 'l2' | 'linf';

/** The nearest adversarial images so far, clean where there is none, and their distances. */
type Found = {
  images: tf.Tensor4D;
  distance: tf.Tensor1D;
};

const column = (values: tf.Tensor) => values.reshape([-1, 1, 1, 1]) as tf.Tensor4D;

/** `steps` steps from the clean images to the boundary that `climbed` is 0 on. Takes over `found`. */
async function walk(
  target: WhiteBoxTarget,
  { images: clean }: Batch,
  climbed: Loss,
  adversarial: (images: tf.Tensor4D) => tf.Tensor,
  norm: FabNorm,
  steps: number,
  found: Found,
  context: EvasionContext,
): Promise<Found> {
  let images = clean.clone();
  for (let t = 0; t < steps; t++) {
    const next = tf.tidy(() => {
      const { loss, gradient } = target.gradient(images, climbed);
      const atClean = tf.add(loss, tf.sum(tf.mul(gradient, tf.sub(clean, images)), [1, 2, 3])) as tf.Tensor1D;
      const here = ontoHyperplane(images, loss, gradient, norm);
      const fromClean = ontoHyperplane(clean, atClean, gradient, norm);
      const [length, cleanLength] = [lengths(here, norm), lengths(fromClean, norm)];
      const share = column(
        tf.minimum(tf.div(length, tf.maximum(tf.add(length, cleanLength), 1e-12)), FROM_CLEAN),
      );
      const ahead = tf.mul(tf.sub(1, share), tf.add(images, tf.mul(here, BEYOND)));
      const drawn = tf.mul(share, tf.add(clean, tf.mul(fromClean, BEYOND)));
      const moved = tf.clipByValue(tf.add(ahead, drawn), 0, 1) as tf.Tensor4D;
      const across = adversarial(moved);
      const distance = lengths(tf.sub(moved, clean), norm);
      const better = tf.logicalAnd(across, tf.less(distance, found.distance));
      const inwards = tf.add(clean, tf.mul(tf.sub(moved, clean), BACK));
      return {
        images: tf.where(column(across), inwards, moved) as tf.Tensor4D,
        best: tf.where(column(better), moved, found.images) as tf.Tensor4D,
        distance: tf.where(better, distance, found.distance) as tf.Tensor1D,
      };
    });
    tf.dispose([images, found.images, found.distance]);
    images = next.images;
    found = { images: next.best, distance: next.distance };
    await context.breathe();
  }
  images.dispose();
  return found;
}

/**
 * The least change in [0, 1] that brings value + w · change to 0, or as near as the box allows: every pixel moves at its
 * speed (1 in Linf, |w| in L2) until it meets its bound, and all stop together. What is reached grows piecewise linearly
 * with corners where a pixel meets its bound. To be called within tf.tidy.
 */
export function ontoHyperplane(
  images: tf.Tensor4D,
  value: tf.Tensor1D,
  gradient: tf.Tensor4D,
  norm: FabNorm,
): tf.Tensor4D {
  const [n, size] = [images.shape[0], images.size / images.shape[0]];
  const w = gradient.reshape([n, size]);
  const x = images.reshape([n, size]);
  const towards = tf.mul(tf.sign(w), tf.neg(tf.sign(value)).expandDims(1));
  const steep = tf.abs(w);
  const speed = norm === 'linf' ? tf.onesLike(steep) : steep;
  const room = tf.where(tf.greater(towards, 0), tf.sub(1, x), x);
  const { values, indices } = tf.topk(tf.neg(tf.div(room, tf.maximum(speed, 1e-12))), size);
  const inOrder = (series: tf.Tensor) => tf.gather(series, indices, 1, 1);
  const rate = tf.mul(steep, speed);
  // Before each corner and after the last: time, what stopped pixels gave, and the rate of those still moving.
  const fromStart = (series: tf.Tensor) =>
    tf.pad(series as tf.Tensor2D, [
      [0, 0],
      [1, 0],
    ]);
  const time = fromStart(tf.neg(values));
  const stopped = fromStart(tf.cumsum(inOrder(tf.mul(steep, room)), 1));
  // Summed from the end: what a difference of sums leaves of 0 would count for much at corners that are never met.
  const moving = tf.pad(tf.cumsum(inOrder(rate), 1, false, true) as tf.Tensor2D, [
    [0, 0],
    [0, 1],
  ]);
  const wanted = tf.abs(value).expandDims(1);
  const reached = tf.add(stopped, tf.mul(time, moving));
  const piece = tf.maximum(tf.sub(tf.sum(tf.lessEqual(reached, wanted), 1, true), 1), 0).toInt();
  const at = (series: tf.Tensor) => tf.gather(series, piece, 1, 1);
  const rest = tf.div(tf.sub(wanted, at(stopped)), tf.maximum(at(moving), 1e-12));
  const duration = tf.maximum(rest, at(time));
  return tf.mul(towards, tf.minimum(tf.mul(speed, duration), room)).reshape(images.shape);
}
