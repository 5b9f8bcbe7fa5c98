/** Small operations on the parts of a dataset. */
import * as tf from '@tensorflow/tfjs';
import type { ImageDataset, Split } from '../contract/dataset';
import type { Experiment } from '../contract/experiment';
import type { Batch } from './definitions';

export const sizeOf = (split: Split): number => split.labels.length;

export function concatenated(...splits: Split[]): Split {
  const images = new Float32Array(splits.reduce((sum, split) => sum + split.images.length, 0));
  const labels = new Uint8Array(splits.reduce((sum, split) => sum + split.labels.length, 0));
  let n = 0;
  let pixels = 0;
  for (const split of splits) {
    images.set(split.images, pixels);
    labels.set(split.labels, n);
    n += split.labels.length;
    pixels += split.images.length;
  }
  return { images, labels };
}

/** The samples at `indices`, in their order. */
export function selected(split: Split, indices: Uint32Array): Split {
  const size = split.images.length / split.labels.length;
  const images = new Float32Array(indices.length * size);
  indices.forEach((index, i) =>
    images.set(split.images.subarray(index * size, (index + 1) * size), i * size),
  );
  return { images, labels: Uint8Array.from(indices, (index) => split.labels[index]!) };
}

/** All samples but those at these indices. */
export function without(split: Split, indices: Iterable<number>): Split {
  const out = new Set(indices);
  return selected(
    split,
    Uint32Array.from(split.labels.keys()).filter((i) => !out.has(i)),
  );
}

/** Samples from `start` to before `end` without copying. */
export function slice({ images, labels }: Split, start: number, end: number): Split {
  const size = images.length / labels.length;
  return { images: images.subarray(start * size, end * size), labels: labels.subarray(start, end) };
}

/** A split in parts of at most `atOnce` samples, with where each begins. */
export const inParts = (split: Split, atOnce: number): [start: number, part: Split][] =>
  Array.from({ length: Math.ceil(sizeOf(split) / atOnce) }, (_, i) => [
    i * atOnce,
    slice(split, i * atOnce, Math.min(sizeOf(split), (i + 1) * atOnce)),
  ]);

/** A split as tensors; the caller disposes both. */
export function toBatch({ images, labels }: Split, shape: [number, number, number]): Batch {
  return {
    images: tf.tensor4d(images, [labels.length, ...shape]),
    labels: tf.tensor1d(Int32Array.from(labels), 'int32'),
  };
}

/** The inputs every evaluation uses: the first ones, in file order. */
export const testInputs = ({ test }: ImageDataset, { evaluation }: Experiment): Split =>
  slice(test, 0, Math.min(evaluation.samples, sizeOf(test)));

/** Inputs that fitted attacks learn from: training inputs, else the test inputs that no evaluation uses. */
export function fittingInputs({ train, test }: ImageDataset, { evaluation }: Experiment): Split {
  if (sizeOf(train) > 0) return train;
  return slice(test, Math.min(evaluation.samples, sizeOf(test)), sizeOf(test));
}
