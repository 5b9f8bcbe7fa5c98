/** What poisonings against one chosen test input share. */
import * as tf from '@tensorflow/tfjs';
import type { ImageDataset, Split } from '../../contract/dataset';
import { choice, integer, type ParamsOf } from '../../contract/params';
import { LabError } from '../../contract/problem';
import type { Eligible } from '../definitions';
import { project } from '../norms';
import { selected, sizeOf, toBatch } from '../splits';
import { radius } from './ball';
import { ofTarget, rateParam, targetParam } from './training-samples';

export const targetedParams = {
  rate: rateParam(0.01),
  input: integer({
    default: 0,
    min: 0,
    max: 1000000,
    unit: 'input',
    help: 'Number of the test input that is to be given the target class.',
  }),
  target: {
    ...targetParam,
    help: 'Number of the class that the input is to be given; its samples are altered.',
  },
  epsilon: radius(0.3, 'Linf'),
  bases: choice({
    options: ['nearest', 'random'],
    default: 'nearest',
    help: 'Which samples of the target class are altered: those most like the input in their pixels, or any, as in the papers.',
  }),
  within: choice({
    options: ['blend', 'ball'],
    default: 'blend',
    help: 'What a pixel may become in the Linf ball: a value from the sample’s to the input’s, or any, as in the papers.',
  }),
};

type Params = ParamsOf<typeof targetedParams>;
/** What an altered sample is held to. */
export type Limits = Pick<Params, 'epsilon' | 'within'>;

/**
 * Samples of the target class, or only those nearest to the input, for the poisoning of this id.
 * @throws LabError for an input that is not there, or is of the target class already
 */
export const againstInput =
  (id: string) =>
  (dataset: ImageDataset, params: Omit<Params, keyof Limits>): Eligible => {
    const { input, target, bases } = params;
    const { train, test } = dataset;
    const { among, count } = ofTarget(id)(dataset, params);
    if (input >= sizeOf(test)) {
      throw new LabError(
        `poisoning.${id}.input`,
        `found ${input}, but there are ${sizeOf(test)} test inputs`,
        `Give one of 0 to ${sizeOf(test) - 1}.`,
      );
    }
    if (test.labels[input] === target) {
      throw new LabError(
        `poisoning.${id}.target`,
        `found ${target}, which is what test input ${input} is anyway`,
        'Give another class, or another input.',
      );
    }
    if (bases === 'random') return { among, count };
    const { images } = selected(test, Uint32Array.of(input));
    return { among: nearest(among, count, train, images), count };
  };

/** The samples to be altered, and the test input; the caller disposes the tensors. */
export const plotted = (
  { train, test, shape }: ImageDataset,
  changed: Uint32Array,
  input: number,
): Record<'bases' | 'victim', { images: tf.Tensor4D; labels: tf.Tensor1D }> => ({
  bases: toBatch(selected(train, changed), shape),
  victim: toBatch(selected(test, Uint32Array.of(input)), shape),
});

/** The `count` of the samples that are nearest to an image, rising. */
function nearest(samples: Uint32Array, count: number, { images }: Split, image: Float32Array): Uint32Array {
  const distance = (sample: number) =>
    image.reduce((sum, value, i) => sum + (value - images[sample * image.length + i]!) ** 2, 0);
  const apart = Array.from(samples, (sample) => ({ sample, distance: distance(sample) }));
  const first = apart.sort((a, b) => a.distance - b.distance).slice(0, count);
  return Uint32Array.from(first, ({ sample }) => sample).sort();
}

/**
 * The nearest images that altered samples may be. Held to a blend they show nothing that neither the sample nor the input
 * shows: else a model trained from scratch learns that in the input's place. To be called within tf.tidy.
 */
export function allowed(
  images: tf.Tensor4D,
  bases: tf.Tensor4D,
  input: tf.Tensor4D,
  { epsilon, within }: Limits,
): tf.Tensor4D {
  const near = project(images, bases, 'linf', epsilon);
  if (within === 'ball') return near;
  return tf.minimum(tf.maximum(near, tf.minimum(bases, input)), tf.maximum(bases, input));
}
