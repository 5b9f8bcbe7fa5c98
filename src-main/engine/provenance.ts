/** What a poisoning did to the training set, and what a filter made of it: as the record tells it. */
import type { ImageDataset, Split } from '../contract/dataset';
import type { ImageShape, Metrics, RunEvent } from '../contract/events';
import type { ArmPlan } from '../contract/events';
import type { Experiment } from '../contract/experiment';
import type { FeatureTarget, Suspicion, Trigger } from './definitions';
import { byClass, featuresOf, lossesOf } from './features';
import { withinLabels } from './label-spread';
import { principalComponents } from './principal';
import { defenseById } from './registry';
import { selected, sizeOf } from './splits';

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/** Most values of pictures that are kept of a training set: 21,000 MNIST digits, in 16 MiB. */
export const PICTURED_VALUES = 2 ** 24;

/** Values in [0, 1] in 8 bits. */
const inBytes = (values: Float32Array): Uint8Array =>
  Uint8Array.from(values, (value) => Math.round(255 * value));

/** Whether what the arms learn from is to be looked at: something poisons it, or looks for poison. */
export const looksAtTrainingSet = ({ poisoning, defenses }: Experiment): boolean =>
  poisoning.length > 0 || defenses.some(({ id }) => defenseById(id).stage === 'filtering');

/** The training samples as they were read; null where they are too many. */
export function trainingSetOf({ train, shape }: ImageDataset): EventOf<'training-set'> | null {
  if (train.images.length > PICTURED_VALUES) return null;
  return { type: 'training-set', shape, images: inBytes(train.images), labels: train.labels.slice() };
}

/** Which samples were altered and how; what differs is looked for here, so that no poisoning has to tell it. */
export function provenanceOf(
  { index }: ArmPlan,
  clean: Split,
  poisoned: Split,
  changed: Uint32Array,
  trigger: Trigger | null,
): EventOf<'poisoned'> {
  const [before, after] = [selected(clean, changed), selected(poisoned, changed)];
  const altered = after.images.some((value, at) => value !== before.images[at]);
  return {
    type: 'poisoned',
    arm: index,
    changed,
    of: sizeOf(poisoned),
    before: before.labels,
    after: after.labels,
    ...(altered && after.images.length <= PICTURED_VALUES ? { images: inBytes(after.images) } : {}),
    ...(trigger ? { trigger: trigger.picture } : {}),
  };
}

/** Shares removed of the samples that were altered and of those that were not; a share of nothing is null. */
export function ratesOf(removed: Uint32Array, changed: Uint32Array, of: number): Metrics {
  const altered = new Set(changed);
  const hits = removed.filter((i) => altered.has(i)).length;
  return {
    truePositiveRate: altered.size > 0 ? hits / altered.size : null,
    falsePositiveRate: of > altered.size ? (removed.length - hits) / (of - altered.size) : null,
    removedSamples: removed.length / of,
  };
}

export function suspectsOf(
  { index }: ArmPlan,
  { removed, scores, recovered }: Suspicion,
  changed: Uint32Array,
  of: number,
): EventOf<'suspects'> {
  return {
    type: 'suspects',
    arm: index,
    removed,
    of,
    ...(scores ? { scores } : {}),
    metrics: ratesOf(removed, changed, of),
    ...(recovered ? { recovered } : {}),
  };
}

/** Where the training samples lie in the model's last hidden layer, among all and within their own labels. */
export function activationsOf(
  { index }: ArmPlan,
  target: FeatureTarget,
  train: Split,
): EventOf<'activations'> {
  const n = sizeOf(train);
  const features = featuresOf(target, train);
  const { projected, variances, total } = principalComponents(features, features.length / n, 2);
  const labels = byClass(train, target.classes);
  const { places, explained } = withinLabels(features, labels, n, 2, 'others');
  const along = (axis: number) => Float32Array.from(projected, (row) => row[axis] ?? 0);
  return {
    type: 'activations',
    arm: index,
    x: along(0),
    y: along(1),
    labels: train.labels.slice(),
    loss: lossesOf(target, train),
    explained: total > 0 ? variances.reduce((a, b) => a + b, 0) / total : 0,
    within: { x: places[0]!, y: places[1]!, explained },
  };
}

/** The first of the test inputs a model met because of its poisoning. */
export function triggeredOf(
  { index }: ArmPlan,
  target: number,
  shape: ImageShape,
  metrics: Metrics,
  shown: { images: Float32Array; inputs: Uint32Array; labels: Uint8Array; predicted: Uint8Array },
): EventOf<'triggered'> {
  return { type: 'triggered', arm: index, target, metrics, shape, ...shown };
}
