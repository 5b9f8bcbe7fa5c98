/**
 * Projected gradient ascent on the cross-entropy: the one loop behind FGSM (one step), I-FGSM (steps without a random
 * start) and PGD (random starts).
 */
import * as tf from '@tensorflow/tfjs';
import type { Batch, EvasionContext, Goal, WhiteBoxTarget } from '../definitions';
import { crossEntropy } from '../losses';
import { project, randomInBall, steepest, type BallNorm } from '../norms';
import { reaches } from './finished';

export interface Ascent {
  norm: BallNorm;
  epsilon: number;
  steps: number;
  stepSize: number;
  randomStart: boolean;
}

/** Rows of a batch still under attack: where they stand in the result, and each one's best iterate so far. */
interface Active {
  rows: Int32Array;
  clean: tf.Tensor4D;
  labels: tf.Tensor1D;
  images: tf.Tensor4D;
  best: tf.Tensor4D;
  bestLoss: tf.Tensor1D;
}

/**
 * One run of the ascent from the batch's images. Each input's best iterate is returned: the first that reaches the goal
 * (the input then leaves the batch, where finishing early is allowed), else the one of highest loss; without early
 * finish the last one, as in training.
 */
export async function ascend(
  target: WhiteBoxTarget,
  batch: Batch,
  goal: Goal,
  { norm, epsilon, steps, stepSize, randomStart }: Ascent,
  context: EvasionContext,
): Promise<tf.Tensor4D> {
  const [n, height, width, channels] = batch.images.shape;
  const size = height * width * channels;
  const start = tf.tidy(() =>
    randomStart && epsilon > 0
      ? project(
          tf.add(batch.images, tf.tensor4d(randomInBall(n, size, norm, epsilon, context.random('start')), batch.images.shape)),
          batch.images,
          norm,
          epsilon,
        )
      : batch.images.clone(),
  );
  const step = (images: tf.Tensor4D, clean: tf.Tensor4D, gradient: tf.Tensor4D) =>
    project(tf.add(images, tf.mul(steepest(gradient, norm), stepSize)), clean, norm, epsilon);

  if (!context.finishEarly) {
    let images = start;
    for (let t = 0; t < steps; t++) {
      const next = tf.tidy(() => step(images, batch.images, target.gradient(images, crossEntropy(batch.labels, goal)).gradient));
      images.dispose();
      images = next;
    }
    return images;
  }

  const result = new Float32Array(n * size);
  let active: Active | null = {
    rows: Int32Array.from({ length: n }, (_, i) => i),
    clean: batch.images.clone(),
    labels: batch.labels.clone(),
    images: start,
    best: start.clone(),
    bestLoss: tf.fill([n], -Infinity),
  };
  for (let t = 0; active && t < steps; t++) {
    const current: Active = active;
    // The start is no iterate without a random start: it is the clean input, which the attack has not touched yet.
    const judged = t > 0 || randomStart;
    const { reached, ...next } = tf.tidy(() => {
      const { logits, loss, gradient } = target.gradient(current.images, crossEntropy(current.labels, goal));
      return {
        reached: judged ? reaches(logits, current.labels, goal) : tf.zeros([current.rows.length], 'bool'),
        ...(judged ? better(current, loss) : { best: current.best.clone(), bestLoss: current.bestLoss.clone() }),
        images: step(current.images, current.clean, gradient),
      };
    });
    active = drop({ ...current, ...next }, current.images, reached, result, size);
    tf.dispose([current.images, current.best, current.bestLoss, reached]);
    await context.breathe();
  }
  if (active) {
    const last: Active = active;
    const { reached, ...next } = tf.tidy(() => {
      const logits = target.logits(last.images);
      return { reached: reaches(logits, last.labels, goal), ...better(last, crossEntropy(last.labels, goal)(logits).loss) };
    });
    const standing = drop({ ...last, ...next }, last.images, reached, result, size);
    if (standing) {
      const { rows, ...tensors } = standing;
      scatter(standing.best, rows, result, size);
      tf.dispose(tensors);
    }
    // Disposing twice what `drop` gave back unchanged does no harm.
    tf.dispose([last.images, last.best, last.bestLoss, reached]);
  }
  return tf.tensor4d(result, batch.images.shape);
}

/** The best iterates with the current ones taken into account. */
function better({ images, best, bestLoss }: Active, loss: tf.Tensor1D): { best: tf.Tensor4D; bestLoss: tf.Tensor1D } {
  const improved = tf.greater(loss, bestLoss);
  return {
    best: tf.where(improved.reshape([-1, 1, 1, 1]), images, best) as tf.Tensor4D,
    bestLoss: tf.maximum(loss, bestLoss),
  };
}

/**
 * Writes the rows that reached the goal, as they stand in `images`, into the result and drops them from the batch; null
 * when none is left. Only the mask is read back unless some finished. Takes over the tensors of `active`.
 */
function drop(active: Active, images: tf.Tensor4D, reached: tf.Tensor, result: Float32Array, size: number): Active | null {
  const mask = reached.dataSync();
  const done = Int32Array.from(active.rows.keys()).filter((i) => mask[i]);
  if (done.length === 0) return active;
  const left = Int32Array.from(active.rows.keys()).filter((i) => !mask[i]);
  tf.tidy(() => scatter(tf.gather(images, tf.tensor1d(done, 'int32')), done.map((i) => active.rows[i]!), result, size));
  const { rows, ...tensors } = active;
  const next = left.length
    ? tf.tidy(() => {
        const indices = tf.tensor1d(left, 'int32');
        const gathered = Object.entries(tensors).map(([name, tensor]) => [name, tf.gather(tensor as tf.Tensor, indices)]);
        return { ...(Object.fromEntries(gathered) as Omit<Active, 'rows'>), rows: left.map((i) => rows[i]!) };
      })
    : null;
  for (const tensor of Object.values(tensors)) if (tensor !== images) tensor.dispose();
  return next;
}

function scatter(images: tf.Tensor4D, rows: Int32Array, result: Float32Array, size: number): void {
  const values = images.dataSync<'float32'>();
  rows.forEach((row, i) => result.set(values.subarray(i * size, (i + 1) * size), row * size));
}
