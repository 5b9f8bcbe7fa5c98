/** What poisonings against one chosen test input share. */
import type * as tf from '@tensorflow/tfjs';
import type { ImageDataset } from '../../contract/dataset';
import { integer } from '../../contract/params';
import { LabError } from '../../contract/problem';
import type { PoisonContext } from '../definitions';
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
};

interface Targeted {
  rate: number;
  input: number;
  target: number;
}

/** What a targeted poisoning works on. */
export interface Plot {
  /** The samples to be altered, drawn from the target class. */
  changed: Uint32Array;
  /** These, and the test input; the caller disposes the tensors. Asked for when there is a network to use them on. */
  batches(): Record<'bases' | 'victim', { images: tf.Tensor4D; labels: tf.Tensor1D }>;
}

/** @throws LabError for an input that is not there, or is of the target class already */
export function plotted(
  { train, test, shape, classes }: ImageDataset,
  { rate, input, target }: Targeted,
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
  const changed = drawn(own, countAt(rate, train, own, 'of the target class', id), random('samples'));
  return {
    changed,
    batches: () => ({
      bases: toBatch(selected(train, changed), shape),
      victim: toBatch(selected(test, Uint32Array.of(input)), shape),
    }),
  };
}
