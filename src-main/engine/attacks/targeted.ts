/** What poisonings against one chosen test input share. */
import * as tf from '@tensorflow/tfjs';
import type { ImageDataset, Split } from '../../contract/dataset';
import { choice, integer, type ParamsOf } from '../../contract/params';
import { LabError } from '../../contract/problem';
import type { PoisonContext } from '../definitions';
import { project } from '../norms';
import { selected, sizeOf, toBatch } from '../splits';
import { radius } from './ball';
import {
  checkClass,
  checkSeveral,
  countAt,
  drawn,
  rateParam,
  samplesWith,
  targetParam,
} from './training-samples';

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

/** What a targeted poisoning works on. */
export interface Plot {
  /** The samples of the target class to be altered, rising. */
  changed: Uint32Array;
  /** These, and the test input; the caller disposes the tensors. Asked for when there is a network to use them on. */
  batches(): Record<'bases' | 'victim', { images: tf.Tensor4D; labels: tf.Tensor1D }>;
}

/** @throws LabError for an input that is not there, or is of the target class already */
export function plotted(
  { train, test, shape, classes }: ImageDataset,
  { rate, input, target, bases }: Omit<Params, keyof Limits>,
  id: string,
  { random }: Pick<PoisonContext, 'random'>,
): Plot {
  checkSeveral(classes);
  checkClass(target, classes, `poisoning.${id}.target`);
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
  const own = samplesWith(train, (label) => label === target);
  const count = countAt(rate, train, own, 'of the target class', id);
  const victim = selected(test, Uint32Array.of(input));
  const changed =
    bases === 'random' ? drawn(own, count, random('samples')) : nearest(own, count, train, victim.images);
  return {
    changed,
    batches: () => ({
      bases: toBatch(selected(train, changed), shape),
      victim: toBatch(victim, shape),
    }),
  };
}

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
