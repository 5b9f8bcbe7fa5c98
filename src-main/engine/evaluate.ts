/**
 * The frame around evasion attacks: it hands over batches, enforces budget and range on what comes back, measures what
 * was delivered and scores it. Attack files hold none of this.
 */
import * as tf from '@tensorflow/tfjs';
import type { Split } from '../contract/dataset';
import type { Metrics, Prediction } from '../contract/events';
import type { Applied, ParamSpecs } from '../contract/params';
import { LabError } from '../contract/problem';
import type { Context } from './context';
import type { Batch, EvasionAttack, WhiteBoxTarget } from './definitions';
import { deliver, l0Distance, l2Distance, linfDistance } from './norms';
import { attackOf } from './registry';
import { sizeOf, slice, toBatch } from './splits';
import { CountingTarget } from './targets';

/** Inputs attacked together: large enough for the kernels, small enough for the progress bar. */
export const ATTACK_BATCH = 128;

type AnyParams = Parameters<EvasionAttack<ParamSpecs>['perturb']>[3];

export interface Predictions {
  labels: Uint8Array;
  /** Softmax probability of the predicted class. */
  confidences: Float32Array;
}

/** Predicted classes and confidences of images, in batches. Throws LabError when the outputs are not finite. */
export async function predict(target: WhiteBoxTarget, split: Split): Promise<Predictions> {
  const n = sizeOf(split);
  const labels = new Uint8Array(n);
  const confidences = new Float32Array(n);
  for (let start = 0; start < n; start += 500) {
    const batch = toBatch(slice(split, start, Math.min(n, start + 500)), target.inputShape);
    const logits = await target.scores(batch.images);
    const { predicted, confidence } = tf.tidy(() => ({
      predicted: logits.argMax(1),
      confidence: tf.max(tf.softmax(logits), 1),
    }));
    labels.set(predicted.dataSync(), start);
    confidences.set(confidence.dataSync(), start);
    tf.dispose([batch.images, batch.labels, logits, predicted, confidence]);
  }
  if (confidences.some((value) => !Number.isFinite(value))) {
    throw new LabError(
      'evaluation',
      'the model gives outputs that are not finite numbers',
      'Lower the learning rate, or check the imported weights.',
    );
  }
  return { labels, confidences };
}

/** Runs an attack on a batch and enforces its budget and the range [0, 1], exactly, on what it returns. */
export async function perturb(
  applied: Applied,
  target: WhiteBoxTarget,
  batch: Batch,
  context: Context,
  finishEarly: boolean,
): Promise<Float32Array> {
  const attack = attackOf('evasion', applied.id);
  const params = applied.params as AnyParams;
  const perturbed = await attack.perturb(target, batch, 'untargeted', params, { ...context, finishEarly });
  const adversarial = perturbed.dataSync<'float32'>().slice();
  perturbed.dispose();
  const clean = batch.images.dataSync<'float32'>();
  deliver(
    clean,
    adversarial,
    clean.length / batch.images.shape[0],
    attack.norm(params),
    attack.budget(params),
  );
  return adversarial;
}

/** The same over a split; `onBatch` is told how many inputs are done. */
export async function perturbSplit(
  applied: Applied,
  target: WhiteBoxTarget,
  split: Split,
  context: Context,
  finishEarly: boolean,
  onBatch: (inputs: number) => void,
): Promise<Float32Array> {
  const n = sizeOf(split);
  const adversarial = new Float32Array(split.images.length);
  for (let start = 0; start < n; start += ATTACK_BATCH) {
    const part = slice(split, start, Math.min(n, start + ATTACK_BATCH));
    const batch = toBatch(part, target.inputShape);
    const random: Context['random'] = (...purpose) => context.random(start, ...purpose);
    const found = await perturb(applied, target, batch, { ...context, random }, finishEarly);
    tf.dispose([batch.images, batch.labels]);
    adversarial.set(found, start * (split.images.length / n));
    onBatch(sizeOf(part));
    await context.breathe();
  }
  return adversarial;
}

export interface AttackResult {
  metrics: Metrics;
  outcome: Uint8Array;
  adversarial: Float32Array;
  after: Predictions;
}

/** Median of distances, failures counting as infinite; null when the median is infinite or there is nothing. */
function medianOf(values: number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return Number.isFinite(median) ? median : null;
}

const meanOf = (values: number[]): number | null =>
  values.length ? values.reduce((a, b) => a + b, 0) / values.length : null;

/** Attacks every input of `split` and scores: accuracy, success, distances, queries and gradient calls. */
export async function evaluateAttack(
  applied: Applied,
  target: WhiteBoxTarget,
  split: Split,
  before: Predictions,
  context: Context,
  onBatch: (inputs: number) => void,
): Promise<AttackResult> {
  const counted = new CountingTarget(target);
  const adversarial = await perturbSplit(applied, counted, split, context, true, onBatch);
  const after = await predict(target, { images: adversarial, labels: split.labels });
  const n = sizeOf(split);
  const size = split.images.length / n;
  const outcome = new Uint8Array(n);
  const distances = { linf: [] as number[], l2: [] as number[], l0: [] as number[] };
  const counting = { linf: [] as number[], l2: [] as number[] };
  let [maxLinf, maxL2] = [0, 0];
  for (let i = 0; i < n; i++) {
    const right = before.labels[i] === split.labels[i];
    const standing = after.labels[i] === split.labels[i];
    outcome[i] = (right ? 1 : 0) | (standing ? 2 : 0);
    const linf = linfDistance(split.images, adversarial, i * size, size);
    const l2 = l2Distance(split.images, adversarial, i * size, size);
    maxLinf = Math.max(maxLinf, linf);
    maxL2 = Math.max(maxL2, l2);
    if (!right) continue;
    counting.linf.push(standing ? Infinity : linf);
    counting.l2.push(standing ? Infinity : l2);
    if (standing) continue;
    distances.linf.push(linf);
    distances.l2.push(l2);
    distances.l0.push(l0Distance(split.images, adversarial, i * size, size));
  }
  const count = (bits: number) => outcome.reduce((sum, value) => sum + ((value & bits) === bits ? 1 : 0), 0);
  const [right, standing, both] = [count(1), count(2), count(3)];
  return {
    metrics: {
      accuracy: standing / n,
      robustAccuracy: both / n,
      attackSuccessRate: right ? (right - both) / right : null,
      meanLinf: meanOf(distances.linf),
      meanL2: meanOf(distances.l2),
      meanL0: meanOf(distances.l0),
      medianLinf: medianOf(counting.linf),
      medianL2: medianOf(counting.l2),
      maxLinf,
      maxL2,
      queries: counted.queries / n,
      gradients: counted.gradients / n,
    },
    outcome,
    adversarial,
    after,
  };
}

export const predictionAt = ({ labels, confidences }: Predictions, i: number): Prediction => ({
  label: labels[i]!,
  confidence: confidences[i]!,
});
