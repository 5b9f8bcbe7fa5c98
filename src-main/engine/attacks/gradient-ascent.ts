/**
 * Projected gradient ascent on the cross-entropy: the one loop behind FGSM (one step), I-FGSM (steps without a random
 * start), MI-FGSM (along a running sum of gradients) and PGD (random starts).
 */
import * as tf from '@tensorflow/tfjs';
import type { Context } from '../context';
import type { Batch, EvasionContext, Goal, Loss, WhiteBoxTarget } from '../definitions';
import { crossEntropy } from '../losses';
import { ascent, l1, project, randomInBall, type BallNorm } from '../norms';
import { reaches } from './finished';
import { Standing } from './standing';

export interface Ascent {
  norm: BallNorm;
  epsilon: number;
  steps: number;
  stepSize: number;
  randomStart: boolean;
  /** Share of the former direction that is kept; 0 follows the gradient of the moment. */
  decay: number;
}

/**
 * Share of epsilon within which L2 starts are drawn. Nearly all of a ball's volume lies at its surface, and noise of full
 * length is only slowly unlearnt: on MNIST such a start finds 1 to 4 points less than this one.
 */
const L2_START = 0.3;

/** The running direction: the former one decayed, with the gradient of the moment added. To be called within tf.tidy. */
const turned = (direction: tf.Tensor4D, gradient: tf.Tensor4D, decay: number): tf.Tensor4D =>
  decay > 0 ? tf.add(tf.mul(direction, decay), tf.div(gradient, l1(gradient))) : gradient;

const step = (images: tf.Tensor4D, direction: tf.Tensor4D, norm: BallNorm, length: number): tf.Tensor4D =>
  tf.add(images, ascent(direction, norm, length));

/**
 * All steps up a loss from `start`, which it takes over: every input keeps its last iterate, in the ball around `clean`.
 * What training examples are made by.
 */
export async function climb(
  target: WhiteBoxTarget,
  start: tf.Tensor4D,
  clean: tf.Tensor4D,
  loss: Loss,
  { norm, epsilon, steps, stepSize, decay }: Omit<Ascent, 'randomStart'>,
  context: Pick<Context, 'breathe'>,
): Promise<tf.Tensor4D> {
  let [images, direction] = [start, tf.zerosLike(start)];
  for (let t = 0; t < steps; t++) {
    const next = tf.tidy(() => {
      const { gradient } = target.gradient(images, loss);
      const towards = turned(direction, gradient, decay);
      return {
        direction: towards,
        images: project(step(images, towards, norm, stepSize), clean, norm, epsilon),
      };
    });
    tf.dispose([images, direction]);
    ({ images, direction } = next);
    await context.breathe();
  }
  direction.dispose();
  return images;
}

/** What is kept of each input that still stands; types, not interfaces, so that they count as records of tensors. */
type Climbing = {
  clean: tf.Tensor4D;
  labels: tf.Tensor1D;
  images: tf.Tensor4D;
  /** The iterate of highest loss so far, and that loss. */
  best: tf.Tensor4D;
  bestLoss: tf.Tensor1D;
  direction: tf.Tensor4D;
};
type Judgement = { reached: tf.Tensor; best: tf.Tensor4D; bestLoss: tf.Tensor1D };

/**
 * One run of the ascent from the batch's images. Each input's best iterate is returned: the first that reaches the goal
 * (the input then leaves the batch, where finishing early is allowed), else the one of highest loss; without early
 * finish the last one, as in training.
 */
export async function ascend(
  target: WhiteBoxTarget,
  batch: Batch,
  goal: Goal,
  { norm, epsilon, steps, stepSize, randomStart, decay }: Ascent,
  context: EvasionContext,
): Promise<tf.Tensor4D> {
  const [n, height, width, channels] = batch.images.shape;
  const size = height * width * channels;
  const reach = norm === 'l2' ? L2_START * epsilon : epsilon;
  const start = tf.tidy(() =>
    randomStart && epsilon > 0
      ? project(
          tf.add(
            batch.images,
            tf.tensor4d(randomInBall(n, size, norm, reach, context.random('start')), batch.images.shape),
          ),
          batch.images,
          norm,
          epsilon,
        )
      : batch.images.clone(),
  );
  // A single iterate is the result whatever it reaches: nothing to choose from, and no pass to be spent on it.
  if (!context.finishEarly || (steps === 1 && !randomStart)) {
    const loss = crossEntropy(batch.labels, goal);
    return climb(target, start, batch.images, loss, { norm, epsilon, steps, stepSize, decay }, context);
  }

  const standing = new Standing<Climbing>(
    {
      clean: batch.images.clone(),
      labels: batch.labels.clone(),
      images: start,
      best: start.clone(),
      bestLoss: tf.fill([n], -Infinity),
      direction: tf.zerosLike(start),
    },
    n,
    size,
  );
  const judge = (logits: tf.Tensor2D, loss: tf.Tensor1D): Judgement => {
    const { labels, images, best, bestLoss } = standing.tensors;
    return {
      reached: reaches(logits, labels, goal),
      best: tf.where(tf.greater(loss, bestLoss).reshape([-1, 1, 1, 1]), images, best) as tf.Tensor4D,
      bestLoss: tf.maximum(loss, bestLoss),
    };
  };
  const take = ({ reached, ...better }: Judgement) => {
    standing.put(better);
    standing.finish(reached, 'images');
  };
  for (let t = 0; t < steps && standing.count > 0; t++) {
    // The start is no iterate without a random start: it is the clean input, which the attack has not touched yet.
    const judged = t > 0 || randomStart;
    const { direction, ...judgement } = tf.tidy(() => {
      const { images, labels, direction } = standing.tensors;
      const { logits, loss, gradient } = target.gradient(images, crossEntropy(labels, goal));
      return { direction: turned(direction, gradient, decay), ...(judged ? judge(logits, loss) : {}) };
    });
    standing.put({ direction });
    if (judged) take(judgement as Judgement);
    if (standing.count > 0) {
      const { images, clean, direction: towards } = standing.tensors;
      standing.put({
        images: tf.tidy(() => project(step(images, towards, norm, stepSize), clean, norm, epsilon)),
      });
    }
    await context.breathe();
  }
  if (standing.count > 0) {
    take(
      tf.tidy(() => {
        const logits = target.logits(standing.tensors.images);
        return judge(logits, crossEntropy(standing.tensors.labels, goal)(logits).loss);
      }),
    );
  }
  standing.finishAll('best');
  return tf.tensor4d(standing.result, batch.images.shape);
}
