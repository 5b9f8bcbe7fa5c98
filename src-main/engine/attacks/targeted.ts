/** What poisonings against one chosen test input share. */
import type * as tf from '@tensorflow/tfjs';
import type { ImageDataset } from '../../contract/dataset';
import { integer } from '../../contract/params';
import { LabError } from '../../contract/problem';
import type { Eligible } from '../definitions';
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
};

/**
 * Samples of the target class, for the poisoning of this id.
 * @throws LabError for an input that is not there, or is of the target class already
 */
export const againstInput =
  (id: string) =>
  (dataset: ImageDataset, params: { rate: number; input: number; target: number }): Eligible => {
    const { input, target } = params;
    const { test } = dataset;
    const eligible = ofTarget(id)(dataset, params);
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
    return eligible;
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
