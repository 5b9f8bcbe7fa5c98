/** Training, validation and test part of the user's own images: how many of which, and memory for them. */
import { derivedNumber, integer } from '../contract/params';
import { LabError } from '../contract/problem';

/** Labels are bytes. */
export const MAX_CLASSES = 256;

export const partParams = {
  train: derivedNumber({
    derived: 'all of them',
    integer: true,
    min: 1,
    unit: 'images',
    help: 'Training images, from the first.',
  }),
  test: derivedNumber({
    derived: 'all of them',
    integer: true,
    min: 1,
    unit: 'images',
    help: 'Test images, from the first.',
  }),
  validation: integer({
    default: 0,
    min: 0,
    unit: 'images',
    help: 'Images from the end of the training part, for a validation curve; they are not trained on.',
    advanced: true,
  }),
};

/** The first `train` and the last `validation` of one pool, the first `test` of the other; null takes all there are. */
export function takeParts<T>(
  pools: { train: T[]; test: T[] },
  sizes: { train: number | null; test: number | null; validation: number },
): { train: T[]; validation: T[]; test: T[] } {
  const { validation } = sizes;
  const left = pools.train.length - validation;
  if (left < 0 || (validation > 0 && left < (sizes.train ?? 1))) {
    throw new LabError(
      'dataset.validation',
      `found ${validation} beside ${sizes.train ?? 'the'} training images; together at most ${pools.train.length}`,
      'Lower one of the two.',
    );
  }
  const train = sizes.train ?? left;
  const test = sizes.test ?? pools.test.length;
  if (train > left) throw tooMany('train', train, left);
  if (test > pools.test.length) throw tooMany('test', test, pools.test.length);
  return {
    train: pools.train.slice(0, train),
    validation: pools.train.slice(left),
    test: pools.test.slice(0, test),
  };
}

const tooMany = (part: 'train' | 'test', wanted: number, present: number): LabError =>
  new LabError(
    `dataset.${part}`,
    `found ${wanted}; there ${present === 1 ? 'is' : 'are'} ${present} ${part === 'train' ? 'training' : 'test'} image${present === 1 ? '' : 's'}`,
    'Lower the number, or leave it out to take all.',
  );

/** @throws LabError when there are too few classes to tell apart, or more than a label can hold */
export function assertClasses(classes: readonly string[], source: string): void {
  if (classes.length >= 2 && classes.length <= MAX_CLASSES) return;
  const found = classes.length === 1 ? `one class, “${classes[0]}”` : `${classes.length} classes`;
  throw new LabError(
    'dataset.path',
    `“${source}” holds ${found}; expected 2 to ${MAX_CLASSES}`,
    classes.length > MAX_CLASSES
      ? 'Choose some of the classes, or put several into one.'
      : 'Add images of another class.',
  );
}

/** @throws LabError when so many pixels do not fit into one block of memory */
export function pixelMemory(values: number): Float32Array {
  try {
    return new Float32Array(values);
  } catch {
    throw new LabError(
      'dataset',
      `the images need ${(values * 4e-9).toFixed(1)} GB in one piece, which this machine does not give`,
      'Take fewer with train and test, or smaller images.',
    );
  }
}
