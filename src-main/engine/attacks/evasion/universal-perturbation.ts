import * as tf from '@tensorflow/tfjs';
import type { Split } from '../../../contract/dataset';
import { choice, integer, number } from '../../../contract/params';
import { defineEvasion, type FitContext, type Goal, type Loss, type WhiteBoxTarget } from '../../definitions';
import { crossEntropy } from '../../losses';
import { ascent, l1 } from '../../norms';
import { inParts, selected, sizeOf, slice, toBatch } from '../../splits';
import { reaches } from '../finished';
import { inBall, radius } from '../ball';

/** Images in a step of gradient ascent. */
const BATCH = 128;
/** Share of the former direction that is kept from step to step. */
const MOMENTUM = 0.9;
/** Length of the first step in epsilons; it falls to nothing over the run. */
const FIRST_STEP = 0.2;
/** deepfool: images between two reports of progress. */
const PROGRESS_EVERY = 50;
/** Loss beyond which an image counts no more, so that a few do not outweigh all others (beta in Shafahi et al.). */
const CLIPPED_AT = 9;

/** Passes of an image in a batch that an image takes in a pass over them. */
const FIT_COST = { gradient: 1, deepfool: 400 };

type UniversalNorm = 'linf' | 'l2';

/** One perturbation for all images, found on some of them. Images in [0, 1]. */
export default defineEvasion({
  id: 'universal-perturbation',
  title: 'Universal perturbation',
  summary:
    'A single perturbation that fools the model on most images it is added to. It is found on training images and scored on others. By gradient ascent over batches, or as first published: image after image is pushed over its nearest boundary.',
  limits:
    'Far weaker than a perturbation made for each image. “deepfool” is the published method, slow since it takes one image at a time; “gradient” usually fools more.',
  formula: 'find v, ‖v‖ ≤ ε, with f(x + v) ≠ f(x) for most x',
  reference: {
    authors: 'S.-M. Moosavi-Dezfooli, A. Fawzi, O. Fawzi, P. Frossard',
    title:
      'Universal adversarial perturbations (gradient ascent: A. Shafahi and others, Universal adversarial training, AAAI 2020, arXiv:1811.11304)',
    year: 2017,
    where: 'CVPR, arXiv:1610.08401',
  },
  knowledge: 'white-box',
  requires: ['gradients'],
  params: {
    epsilon: radius(0.2),
    norm: choice({ options: ['linf', 'l2'], default: 'linf', help: 'Norm of the ball.' }),
    method: choice({
      options: ['gradient', 'deepfool'],
      default: 'gradient',
      help: 'Gradient ascent over batches of images, or DeepFool on one image after the other.',
    }),
    images: integer({
      default: 1000,
      min: 1,
      max: 1e6,
      unit: 'images',
      help: 'Training images it is fitted to: the first ones.',
    }),
    passes: integer({
      default: 20,
      min: 1,
      max: 10000,
      unit: 'passes',
      help: 'Most passes over these images.',
    }),
    delta: number({
      default: 0.05,
      min: 0,
      max: 1,
      unit: 'share',
      help: 'deepfool: share of the images that may withstand; the passes end there.',
      advanced: true,
    }),
  },
  ...inBall,
  cost: () => 0.1,
  fitCost: ({ method, images, passes }) => passes * images * FIT_COST[method],
  async fit(target, data, goal, { epsilon, norm, method, images, passes, delta }, context) {
    const some = slice(data, 0, Math.min(images, sizeOf(data)));
    const whole = toBatch(some, target.inputShape);
    const aims = Uint8Array.from(await context.aims(whole));
    tf.dispose([whole.images, whole.labels]);
    const aimed = { images: some.images, labels: aims };
    const ball = { epsilon, norm };
    const perturbation =
      method === 'gradient'
        ? await byGradient(target, aimed, goal, ball, passes, context)
        : await byDeepFool(target, aimed, goal, ball, passes, delta, context);
    const reached = await reachedShare(target, aimed, goal, perturbation, context);
    const picture = perturbation.dataSync<'float32'>().slice();
    return {
      metrics: { fittedSuccessRate: reached },
      picture,
      perturb: (_target, batch) => Promise.resolve(added(batch.images, perturbation)),
      dispose: () => perturbation.dispose(),
    };
  },
});

interface Ball {
  epsilon: number;
  norm: UniversalNorm;
}

/** The perturbation [1, height, width, channels] on each image, in [0, 1]. */
const added = (images: tf.Tensor4D, perturbation: tf.Tensor4D): tf.Tensor4D =>
  tf.tidy(() => tf.clipByValue(tf.add(images, perturbation), 0, 1) as tf.Tensor4D);

/** Nearest perturbation in the ball; a perturbation is no image, so that the range [0, 1] does not hold for it. */
function within(perturbation: tf.Tensor4D, { epsilon, norm }: Ball): tf.Tensor4D {
  if (norm === 'linf') return tf.clipByValue(perturbation, -epsilon, epsilon) as tf.Tensor4D;
  const length = tf.maximum(tf.norm(perturbation), 1e-12);
  return tf.mul(perturbation, tf.minimum(tf.div(epsilon, length), 1)) as tf.Tensor4D;
}

/** Climbs the mean clipped loss over batches, in steps along a running direction that shrink to nothing. */
async function byGradient(
  target: WhiteBoxTarget,
  data: Split,
  goal: Goal,
  ball: Ball,
  passes: number,
  context: FitContext,
): Promise<tf.Tensor4D> {
  let perturbation = tf.zeros([1, ...target.inputShape]) as tf.Tensor4D;
  let direction = tf.zerosLike(perturbation);
  const n = sizeOf(data);
  const steps = passes * Math.ceil(n / BATCH);
  let step = 0;
  for (let pass = 0; pass < passes; pass++) {
    const order = context.random('order', pass).shuffle(Uint32Array.from({ length: n }, (_, i) => i));
    for (let start = 0; start < n; start += BATCH) {
      const batch = toBatch(selected(data, order.subarray(start, start + BATCH)), target.inputShape);
      const length = FIRST_STEP * ball.epsilon * (1 - step++ / steps);
      const next = tf.tidy(() => {
        const images = added(batch.images, perturbation);
        const { gradient } = target.gradient(images, clipped(crossEntropy(batch.labels, goal)));
        const mean = tf.mean(gradient, 0, true) as tf.Tensor4D;
        const turned = tf.add(tf.mul(direction, MOMENTUM), tf.div(mean, l1(mean))) as tf.Tensor4D;
        const moved = tf.add(perturbation, ascent(turned, ball.norm, length)) as tf.Tensor4D;
        return { perturbation: within(moved, ball), direction: turned };
      });
      tf.dispose([perturbation, direction, batch.images, batch.labels]);
      ({ perturbation, direction } = next);
      context.progress(step / steps);
      await context.breathe();
    }
  }
  direction.dispose();
  return perturbation;
}

/** No gradient where the loss is beyond its bound already. */
const clipped =
  (loss: Loss): Loss =>
  (logits) => {
    const climbed = loss(logits);
    const counts = tf.cast(tf.less(climbed.loss, CLIPPED_AT), 'float32');
    return {
      loss: tf.minimum(climbed.loss, CLIPPED_AT) as tf.Tensor1D,
      gradient: tf.mul(climbed.gradient, counts.expandDims(1)) as tf.Tensor2D,
    };
  };

/** Adds, image after image that still stands, the least step that DeepFool finds from where the perturbation has it. */
async function byDeepFool(
  target: WhiteBoxTarget,
  data: Split,
  goal: Goal,
  ball: Ball,
  passes: number,
  delta: number,
  context: FitContext,
): Promise<tf.Tensor4D> {
  let perturbation = tf.zeros([1, ...target.inputShape]) as tf.Tensor4D;
  const n = sizeOf(data);
  for (let pass = 0; pass < passes; pass++) {
    if ((await reachedShare(target, data, goal, perturbation, context)) >= 1 - delta) break;
    const order = context.random('order', pass).shuffle(Uint32Array.from({ length: n }, (_, i) => i));
    for (const [at, i] of order.entries()) {
      const { images, labels } = toBatch(slice(data, i, i + 1), target.inputShape);
      const here = added(images, perturbation);
      const stands = tf.tidy(() => reaches(target.logits(here), labels, goal).dataSync()[0] === 0);
      if (stands) {
        const over = await context.attack({ id: 'deepfool' }, target, { images: here, labels }, goal);
        const next = tf.tidy(() => within(tf.add(perturbation, tf.sub(over, here)) as tf.Tensor4D, ball));
        tf.dispose([over, perturbation]);
        perturbation = next;
      }
      tf.dispose([images, labels, here]);
      if ((at + 1) % PROGRESS_EVERY === 0) context.progress((pass + (at + 1) / n) / passes);
      await context.breathe();
    }
  }
  return perturbation;
}

/** Share of images that are where the attacker wants them, once perturbed. */
async function reachedShare(
  target: WhiteBoxTarget,
  data: Split,
  goal: Goal,
  perturbation: tf.Tensor4D,
  context: FitContext,
): Promise<number> {
  let reached = 0;
  for (const [, part] of inParts(data, BATCH)) {
    const { images, labels } = toBatch(part, target.inputShape);
    reached += tf.tidy(
      () =>
        tf
          .sum(tf.cast(reaches(target.logits(added(images, perturbation)), labels, goal), 'float32'))
          .dataSync()[0]!,
    );
    tf.dispose([images, labels]);
    await context.breathe();
  }
  return reached / sizeOf(data);
}
