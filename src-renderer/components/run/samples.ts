/** Training samples of an arm as they can be looked at: 8-bit pictures of the record, with what a poisoning made of them. */
import type { ArmState, RunState } from '../../../src-main/contract/fold';
import type { ImageShape } from '../../../src-main/contract/events';
import { picture } from './pixels';

export type Bytes = Uint8ClampedArray<ArrayBuffer>;

const shown = (images: Uint8Array, at: number, shape: ImageShape): Bytes => {
  const size = shape[0] * shape[1] * shape[2];
  return picture(
    Float32Array.from(images.subarray(at * size, (at + 1) * size), (value) => value / 255),
    shape,
  );
};

/** The sample as it was read; null where the record holds no pictures. */
export const beforePicture = ({ trainingSet }: RunState, sample: number): Bytes | null =>
  trainingSet ? shown(trainingSet.images, sample, trainingSet.shape) : null;

/** The sample as the arm learnt from it. */
export function afterPicture(state: RunState, { poisoned }: ArmState, sample: number): Bytes | null {
  const row = poisoned?.changed.indexOf(sample) ?? -1;
  const images = poisoned?.images;
  if (row < 0 || !images || !state.trainingSet) return beforePicture(state, sample);
  return shown(images, row, state.trainingSet.shape);
}

/** Rising numbers as the lines of a filter by hand: runs of them as 40-57. */
export function asLines(samples: readonly number[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i < samples.length;) {
    let end = i;
    while (samples[end + 1] === samples[end]! + 1) end++;
    lines.push(end > i ? `${samples[i]}-${samples[end]}` : String(samples[i]));
    i = end + 1;
  }
  return lines;
}
