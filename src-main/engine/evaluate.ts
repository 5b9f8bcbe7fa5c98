/** Scoring of evasion attacks: predictions, and what an attack reached, at which distance and for how many queries. */
import * as tf from '@tensorflow/tfjs';
import type { Split } from '../contract/dataset';
import { REJECTED, type Metrics, type Prediction } from '../contract/events';
import { LabError } from '../contract/problem';
import type { Context } from './context';
import type { Target } from './definitions';
import { continueAssault, newAssault, type Assault, type ReadyAttack } from './evasion';
import { distanceIn } from './norms';
import { inParts, sizeOf, toBatch } from './splits';
import { CountingTarget } from './target-views';

export interface Predictions {
  /** Classes, or what stands for no answer (ABSTAINED, REJECTED). */
  labels: Uint8Array;
  /** Softmax probability of the predicted class, or its share of a vote; null for a target that gives labels only. */
  confidences: Float32Array | null;
}

/** Predicted classes and confidences of images, in batches. Throws LabError when the outputs are not finite. */
export async function predict(target: Target, split: Split): Promise<Predictions> {
  const n = sizeOf(split);
  const labels = new Uint8Array(n);
  const confidences = target.capabilities.includes('scores') ? new Float32Array(n) : null;
  for (const [start, part] of inParts(split, 500)) {
    const batch = toBatch(part, target.inputShape);
    if (target.ruling) {
      const ruled = target.ruling.on(batch.images);
      labels.set(ruled.labels, start);
      confidences!.set(ruled.confidences, start);
      tf.dispose([batch.images, batch.labels]);
      continue;
    }
    if (!confidences) {
      labels.set(await target.decisions(batch.images), start);
      tf.dispose([batch.images, batch.labels]);
      continue;
    }
    const logits = await target.scores(batch.images);
    const { predicted, confidence } = tf.tidy(() => ({
      predicted: logits.argMax(1),
      confidence: tf.max(tf.softmax(logits), 1),
    }));
    labels.set(predicted.dataSync(), start);
    confidences.set(confidence.dataSync(), start);
    tf.dispose([batch.images, batch.labels, logits, predicted, confidence]);
  }
  if (confidences?.some((value) => !Number.isFinite(value))) {
    throw new LabError(
      'evaluation',
      'the model gives outputs that are not finite numbers',
      'Lower the learning rate, or check the imported weights.',
    );
  }
  return { labels, confidences };
}

/** Share of inputs that get no answer; nothing for a target that always gives one. */
export function silence({ ruling }: Target, { labels }: Predictions): Metrics {
  if (!ruling) return {};
  const silent = labels.filter((label) => label === ruling.silence).length;
  return { [ruling.silence === REJECTED ? 'rejection' : 'abstention']: silent / labels.length };
}

/** Bits of an outcome: right before the attack, right after it, and (targeted goals) the aimed class reached. */
export const RIGHT_BEFORE = 1;
export const RIGHT_AFTER = 2;
export const AIM_REACHED = 4;

export interface AttackResult {
  metrics: Metrics;
  outcome: Uint8Array;
  adversarial: Float32Array;
  after: Predictions;
  /** Black-box attacks: what was reached after how many queries an input. */
  byQueries: {
    series: 'robustAccuracyByQueries' | 'medianDistanceByQueries';
    x: number[];
    y: number[];
  } | null;
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

/** How metrics name a norm: `meanLinf`, `medianL2`, `maxL1` … */
export const NORMS = { linf: 'Linf', l2: 'L2', l1: 'L1', l0: 'L0' } as const;

/** Attacks every input of `split` and scores it. */
export async function evaluateAttack(
  attack: ReadyAttack,
  target: Target,
  split: Split,
  before: Predictions,
  context: Context,
  onBatch: (inputs: number) => void,
): Promise<AttackResult> {
  const assault = newAssault(split);
  const counted = new CountingTarget(target);
  await continueAssault(assault, attack, counted, split, context, true, onBatch);
  return scoreAttack(attack, assault, counted, target, split, before);
}

/** Accuracy, success, distances, queries and gradient calls of what an assault left, `counted` having met it. */
export async function scoreAttack(
  attack: ReadyAttack,
  assault: Assault,
  counted: CountingTarget,
  target: Target,
  split: Split,
  before: Predictions,
): Promise<AttackResult> {
  const adversarial = assault.images;
  const after = await predict(target, { images: adversarial, labels: split.labels });
  const n = sizeOf(split);
  const size = split.images.length / n;
  const targeted = attack.params.goal !== 'untargeted';

  const outcome = Uint8Array.from(split.labels, (label, i) => {
    const right = before.labels[i] === label ? RIGHT_BEFORE : 0;
    // An attacked input that a detector rejects does no harm; a smoothed model that abstains has failed.
    const standing = after.labels[i] === label || after.labels[i] === REJECTED ? RIGHT_AFTER : 0;
    return right | standing | (targeted && after.labels[i] === assault.aims[i] ? AIM_REACHED : 0);
  });
  const succeeded = (i: number) => (targeted ? outcome[i]! & AIM_REACHED : !(outcome[i]! & RIGHT_AFTER));
  const attacked = [...outcome.keys()].filter((i) => outcome[i]! & RIGHT_BEFORE);
  const successes = attacked.filter(succeeded);

  const distances = Object.entries(NORMS).flatMap(([norm, name]) => {
    const all = Array.from({ length: n }, (_, i) =>
      distanceIn(norm as keyof typeof NORMS, split.images, adversarial, i * size, size),
    );
    return [
      [`mean${name}`, meanOf(successes.map((i) => all[i]!))],
      [`median${name}`, medianOf(attacked.map((i) => (succeeded(i) ? all[i]! : Infinity)))],
      [`max${name}`, Math.max(...all)],
    ] as [string, number | null][];
  });
  const asksQueries = attack.definition.access === 'queries' && assault.spent.some((spent) => spent > 0);
  const share = (bits: number) => outcome.filter((value) => (value & bits) === bits).length / n;
  return {
    metrics: {
      accuracy: share(RIGHT_AFTER),
      robustAccuracy: share(RIGHT_BEFORE | RIGHT_AFTER),
      attackSuccessRate: attacked.length ? successes.length / attacked.length : null,
      ...Object.fromEntries(distances),
      queries: (asksQueries ? assault.spent.reduce((a, b) => a + b, 0) : counted.queries) / n,
      ...(asksQueries
        ? {
            medianQueries: medianOf(
              attacked.map((i) => (succeeded(i) ? assault.firstSuccess[i]! : Infinity)),
            ),
          }
        : {}),
      gradients: counted.gradients / n,
      ...silence(target, after),
    },
    outcome,
    adversarial,
    after,
    byQueries: asksQueries ? byQueries(assault, attack.budget, attacked, succeeded, n) : null,
  };
}

/** Points of a curve against queries. */
const POINTS = 60;

/**
 * Within a budget: robust accuracy left after q queries an input. Without: median distance of the closest success after q
 * queries, from where there is one. An input whose first success did not outlast delivery counts as standing.
 */
function byQueries(
  { spent, firstSuccess, improvements }: Assault,
  budget: number,
  attacked: number[],
  succeeded: (i: number) => unknown,
  n: number,
): AttackResult['byQueries'] {
  const most = spent.reduce((a, b) => Math.max(a, b), 1);
  const x = [...new Set(Array.from({ length: POINTS }, (_, i) => Math.round(most ** (i / (POINTS - 1)))))];
  if (Number.isFinite(budget)) {
    const standing = (q: number) =>
      attacked.filter((i) => !succeeded(i) || firstSuccess[i] === 0 || firstSuccess[i]! > q).length / n;
    return { series: 'robustAccuracyByQueries', x, y: x.map(standing) };
  }
  const median = (q: number) =>
    medianOf(
      attacked.map(
        (i) => improvements[i]!.filter(({ queries }) => queries <= q).at(-1)?.distance ?? Infinity,
      ),
    );
  const points = x.flatMap((q) => {
    const distance = median(q);
    return distance === null ? [] : [{ q, distance }];
  });
  return {
    series: 'medianDistanceByQueries',
    x: points.map(({ q }) => q),
    y: points.map(({ distance }) => distance),
  };
}

export const predictionAt = ({ labels, confidences }: Predictions, i: number): Prediction => ({
  label: labels[i]!,
  confidence: confidences ? confidences[i]! : null,
});
