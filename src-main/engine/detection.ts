/** Detectors beside a model: their threshold, how well they tell attacks from clean inputs, and an attacker who evades them. */
import * as tf from '@tensorflow/tfjs';
import type { ImageDataset, Split } from '../contract/dataset';
import { REJECTED, type ArmPlan, type AttackPlan } from '../contract/events';
import type { AnyParams } from '../contract/params';
import { LabError } from '../contract/problem';
import { reaches } from './attacks/finished';
import type { Context } from './context';
import type { DetectionParams, Detector, FeatureTarget, Goal, Ruling, WhiteBoxTarget } from './definitions';
import { predict } from './evaluate';
import type { Assault, ReadyAttack } from './evasion';
import { crossEntropy } from './losses';
import { ascent, deliver, project, type BallNorm } from './norms';
import { attackOf, defenseById } from './registry';
import { rocOf, type Roc } from './roc';
import { thresholdFor } from './scores';
import { inParts, sizeOf, toBatch } from './splits';
import { WatchedTarget } from './target-views';
import { readOut } from './read-out';

/** Inputs scored, or evading, together. */
const AT_ONCE = 250;

/** A detector fitted to an arm's network, its threshold set. */
export interface Guard {
  detector: Detector;
  /** Inputs that score more are rejected. */
  threshold: number;
  /** Steps of an adaptive attacker. */
  evasionSteps: number;
}

/** The arm's detector beside its network; null for arms without one. `detector` of the result is to be disposed. */
export function guardOf(
  { defense }: ArmPlan,
  network: FeatureTarget,
  { train, validation }: ImageDataset,
): Guard | null {
  const definition = defense && defenseById(defense.id);
  if (definition?.stage !== 'detection') return null;
  const params = defense!.params as AnyParams & DetectionParams;
  const detector = definition.fit(network, train, params);
  // Training inputs are where the detector was fitted; they are taken only where there is nothing else.
  const clean = suspicions(detector, network, sizeOf(validation) > 0 ? validation : train);
  return {
    detector,
    threshold: thresholdFor(clean, params.falsePositiveRate),
    evasionSteps: params.evasionSteps,
  };
}

/** Score of every image of a split. */
export function suspicions(detector: Detector, { inputShape }: WhiteBoxTarget, split: Split): Float32Array {
  const scores = new Float32Array(sizeOf(split));
  for (const [start, part] of inParts(split, AT_ONCE)) {
    const { images, labels } = toBatch(part, inputShape);
    scores.set(
      readOut(() => detector.suspicion(images)),
      start,
    );
    tf.dispose([images, labels]);
  }
  return scores;
}

/** A network beside a detector, which attackers see as if it stood alone. What it rejects gets no class. */
export class GuardedTarget extends WatchedTarget {
  readonly ruling: Ruling;

  constructor(network: WhiteBoxTarget, { detector, threshold }: Guard) {
    super(network);
    this.ruling = {
      silence: REJECTED,
      on: (images) =>
        tf.tidy(() => {
          const logits = network.logits(images);
          const scores = detector.suspicion(images).dataSync();
          const labels = logits.argMax(1).dataSync();
          return {
            labels: labels.map((label, i) => (scores[i]! > threshold ? REJECTED : label)),
            confidences: tf.max(tf.softmax(logits), 1).dataSync(),
          };
        }),
    };
  }

  /** Every question is the network's to answer. */
  protected asked(): void {}
}

/** What a detector makes of an assault on its network. */
export interface Meeting {
  /** Of the inputs that turned the network, against all clean ones; null where it was refused, `refused` says why. */
  roc: Roc | null;
  refused: string | null;
  /** Inputs that are classified right, or rejected, as perturbed. */
  withstood: boolean[];
}

export async function meet(
  { detector, threshold }: Guard,
  network: FeatureTarget,
  test: Split,
  { images, aims }: Assault,
  goal: unknown,
): Promise<Meeting> {
  const perturbed = { images, labels: test.labels };
  const [before, after] = [await predict(network, test), await predict(network, perturbed)];
  const scores = suspicions(detector, network, perturbed);
  const turned = (i: number): boolean =>
    before.labels[i] === test.labels[i] &&
    (goal === 'untargeted' ? after.labels[i] !== aims[i] : after.labels[i] === aims[i]);
  const withstood = Array.from(
    test.labels,
    (label, i) => after.labels[i] === label || scores[i]! > threshold,
  );
  try {
    const roc = rocOf(
      suspicions(detector, network, test),
      scores.filter((_, i) => turned(i)),
    );
    return { roc, refused: null, withstood };
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return { roc: null, refused: error.message, withstood };
  }
}

const BALLS: readonly unknown[] = ['linf', 'l2', 'l1'] satisfies BallNorm[];

/** Whether an attack can be gone on with against a detector: it has a ball to stay in. */
export const canEvade = ({ norm, budget }: Pick<ReadyAttack, 'norm' | 'budget'>): boolean =>
  BALLS.includes(norm) && Number.isFinite(budget) && budget > 0;

/** Gradients of one step of `evade`: the model's, and at most four of a detector's. */
const GRADIENTS = 5;

/** Work of an adaptive attacker on one input, in the units of `attackWork`; 0 without a detector. */
export function evasionCost({ defense }: ArmPlan, attack: AttackPlan): number {
  const definition = defense && defenseById(defense.id);
  const budget = attackOf('evasion', attack.id).budget(attack.params as AnyParams);
  if (definition?.stage !== 'detection' || !canEvade({ norm: attack.norm, budget })) return 0;
  return 0.8 * GRADIENTS * Number(defense!.params.evasionSteps);
}

/**
 * An attacker who knows the detector goes on from what an attack found, within the same ball: where the model is fooled it
 * steps down the detector's score, along the part of its gradient that leaves the model's loss as it is, else up the loss
 * (selective and orthogonal projected gradient descent; Bryniarski, Hingun, Pachuca, Wang, Carlini 2022, arXiv:2106.15023).
 * Of the images that fool the model the least suspicious is returned for each input, else the attack's own.
 */
export async function evade(
  { norm, budget, params }: Pick<ReadyAttack, 'norm' | 'budget' | 'params'>,
  target: WhiteBoxTarget,
  { detector, evasionSteps }: Guard,
  split: Split,
  { images: found, aims }: Pick<Assault, 'images' | 'aims'>,
  context: Pick<Context, 'breathe'>,
  onBatch: (inputs: number) => void,
): Promise<Float32Array> {
  const goal: Goal = params.goal === 'untargeted' ? 'untargeted' : 'targeted';
  const ball = norm as BallNorm;
  const size = split.images.length / sizeOf(split);
  const result = found.slice();
  for (const [start, part] of inParts(split, AT_ONCE)) {
    const n = sizeOf(part);
    const { images: clean, labels: own } = toBatch(part, target.inputShape);
    const labels = tf.tensor1d(aims.subarray(start, start + n), 'int32');
    const begin = tf.tensor4d(found.subarray(start * size, (start + n) * size), clean.shape);
    let [images, best, lowest] = [begin.clone(), begin.clone(), tf.fill([n], Infinity) as tf.Tensor1D];
    for (let t = 0; t <= evasionSteps; t++) {
      const next = tf.tidy(() => {
        const { logits, gradient: up } = target.gradient(images, crossEntropy(labels, goal));
        const { loss: score, gradient } = detector.suspicionGradient(images);
        const fooled = reaches(logits, labels, goal);
        const better = tf.logicalAnd(fooled, tf.less(score, lowest));
        const direction = tf.where(rows(fooled), across(tf.neg(gradient), up), up) as tf.Tensor4D;
        const step = ascent(direction, ball, (2.5 * budget) / evasionSteps);
        return {
          images: project(tf.add(images, step), clean, ball, budget),
          best: tf.where(rows(better), images, best) as tf.Tensor4D,
          lowest: tf.where(better, score, lowest) as tf.Tensor1D,
        };
      });
      tf.dispose([images, best, lowest]);
      ({ images, best, lowest } = next);
      await context.breathe();
    }
    const values = best.dataSync<'float32'>().slice();
    deliver(part.images, values, size, norm, budget);
    result.set(values, start * size);
    tf.dispose([clean, own, labels, begin, images, best, lowest]);
    onBatch(n);
  }
  return result;
}

const rows = (mask: tf.Tensor): tf.Tensor => mask.reshape([-1, 1, 1, 1]);

/** The part of each input's direction that is orthogonal to another one. */
function across(direction: tf.Tensor4D, other: tf.Tensor4D): tf.Tensor4D {
  const along = (a: tf.Tensor4D, b: tf.Tensor4D) => tf.sum(tf.mul(a, b), [1, 2, 3], true);
  const share = tf.div(along(direction, other), tf.maximum(along(other, other), 1e-20));
  return tf.sub(direction, tf.mul(share, other));
}
