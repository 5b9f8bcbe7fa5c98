/** What poisonings of a training set share: which samples, which class, and the set with them altered. */
import type { ImageDataset, Split } from '../../contract/dataset';
import { integer, number } from '../../contract/params';
import { LabError } from '../../contract/problem';
import type { Random } from '../../contract/random';
import type { Eligible } from '../definitions';
import { sizeOf } from '../splits';

export const rateParam = (rate: number) =>
  number({
    default: rate,
    min: 0,
    max: 1,
    unit: 'share',
    help: 'Share of the training set that is altered; 0 alters nothing.',
  });

export const targetParam = integer({
  default: 0,
  min: 0,
  max: 255,
  unit: 'class',
  help: 'Number of the class that inputs with the trigger are to be given.',
});

/** @throws LabError, naming the parameter, for a class that the data do not have */
export function checkClass(target: number, classes: string[], place: string): void {
  if (target >= 0 && target < classes.length) return;
  throw new LabError(
    place,
    `found ${target}, but the data have the classes 0 to ${classes.length - 1}`,
    'Give the number of one of them.',
  );
}

/** @throws LabError for data of one class, where there is nothing to be taken for something else */
export function checkSeveral(classes: string[]): void {
  if (classes.length >= 2) return;
  throw new LabError(
    'dataset',
    `has ${classes.length} class; poisoning needs another one to be taken for`,
    'Use data of at least two classes.',
  );
}

/** Indices of the samples whose label fits, rising. */
export const samplesWith = ({ labels }: Split, fits: (label: number) => boolean): Uint32Array =>
  Uint32Array.from(labels.keys()).filter((i) => fits(labels[i]!));

/**
 * As many of these samples as a rate of the training set asks for.
 * @throws LabError where there are fewer
 */
export function atRate(rate: number, train: Split, among: Uint32Array, which: string, id: string): Eligible {
  const n = sizeOf(train);
  const count = Math.round(rate * n);
  if (count <= among.length) return { among, count };
  throw new LabError(
    `poisoning.${id}.rate`,
    `found ${rate}, which is ${count} of ${n} samples; ${which} there are ${among.length}`,
    `Give at most ${(Math.floor((1000 * among.length) / n) / 1000).toFixed(3)}.`,
  );
}

const byTarget =
  (id: string, which: string, fits: (label: number, target: number) => boolean) =>
  ({ train, classes }: ImageDataset, { rate, target }: { rate: number; target: number }): Eligible => {
    checkSeveral(classes);
    checkClass(target, classes, `poisoning.${id}.target`);
    return atRate(
      rate,
      train,
      samplesWith(train, (label) => fits(label, target)),
      which,
      id,
    );
  };

/** Samples of the target class, for the poisoning of this id. */
export const ofTarget = (id: string) =>
  byTarget(id, 'of the target class', (label, target) => label === target);

/** Samples of the other classes. */
export const ofOthers = (id: string) => byTarget(id, 'of other classes', (label, target) => label !== target);

/** As many as are to be altered, drawn without replacement, rising. */
export const drawn = ({ among, count }: Eligible, random: Random): Uint32Array =>
  random.shuffle(among.slice()).slice(0, count).sort();

/** The training part with some samples' pictures (in the order of `changed`) and labels replaced. */
export function altered(
  dataset: ImageDataset,
  changed: Uint32Array,
  { images, label }: { images?: Float32Array; label?: number },
): { dataset: ImageDataset; changed: Uint32Array } {
  const { train } = dataset;
  const size = train.images.length / sizeOf(train);
  const poisoned = { images: train.images.slice(), labels: train.labels.slice() };
  changed.forEach((index, i) => {
    if (images) poisoned.images.set(images.subarray(i * size, (i + 1) * size), index * size);
    if (label !== undefined) poisoned.labels[index] = label;
  });
  return { dataset: { ...dataset, train: poisoned }, changed };
}
