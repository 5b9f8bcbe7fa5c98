/** Natural corruptions: known answers, range, and the same images for every arm of a seed. */
import { describe, expect, it } from 'vitest';
import { CORRUPTIONS as TITLES } from '../../../src-main/contract/metrics';
import { stream } from '../../../src-main/contract/random';
import { corrupted, CORRUPTIONS } from '../../../src-main/engine/corruptions';

const random = () => stream(1, 'corruption');
/** Bars of grey, as large as digits are. */
const shape: [number, number, number] = [28, 28, 1];
const split = {
  labels: new Uint8Array(3),
  images: Float32Array.from({ length: 3 * 784 }, (_, i) => (Math.floor((i % 28) / 6) % 2 ? 0.8 : 0.1)),
};
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

it('every corruption has a title', () => {
  expect(Object.keys(CORRUPTIONS)).toEqual(Object.keys(TITLES));
});

describe.each(Object.entries(CORRUPTIONS))('%s', (_name, corruption) => {
  const at = (severity: number) => corrupted(split, shape, corruption, severity, (i) => stream(3, i)).images;

  it('stays in [0, 1], is the same for the same streams, and leaves the originals alone', () => {
    const before = split.images.slice();
    const images = at(5);
    expect(images.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(at(5)).toEqual(images);
    expect(split.images).toEqual(before);
  });
  it('moves images the further, the more severe it is', () => {
    const distances = [1, 2, 3, 4, 5].map((severity) =>
      mean(at(severity).map((value, i) => Math.abs(value - split.images[i]!))),
    );
    expect(distances[0]).toBeGreaterThan(0);
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
  });
});

describe('known answers', () => {
  const dot = Float32Array.from({ length: 25 }, (_, i) => (i === 12 ? 1 : 0));

  it('contrast draws values to the mean', () => {
    expect([...CORRUPTIONS.contrast!.corrupt(new Float32Array([0, 1]), [1, 2, 1], 0.5, random())]).toEqual([
      0.25, 0.75,
    ]);
  });
  it('blur keeps what is even, spreads a dot alike to all sides, and loses nothing of it', () => {
    const even = CORRUPTIONS.blur!.corrupt(new Float32Array(25).fill(0.5), [5, 5, 1], 0.2, random());
    even.forEach((value) => expect(value).toBeCloseTo(0.5, 6));
    const spread = CORRUPTIONS.blur!.corrupt(dot, [5, 5, 1], 0.1, random());
    expect(spread[11]).toBeCloseTo(spread[7]!, 6);
    expect(spread[11]).toBeGreaterThan(spread[6]!);
    expect(spread.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 3);
  });
  it('a shift keeps a dot’s light, one pixel away or between pixels', () => {
    const shifted = CORRUPTIONS.shift!.corrupt(dot, [5, 5, 1], 0.2, random());
    expect(shifted.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    const centre = [0, 1].map((axis) =>
      shifted.reduce((sum, value, i) => sum + value * (axis ? Math.floor(i / 5) : i % 5), 0),
    );
    expect(Math.hypot(centre[0]! - 2, centre[1]! - 2)).toBeCloseTo(1, 5);
  });
  it('a quarter turn moves each corner to the next, and four of them change nothing', () => {
    const image = Float32Array.from([1, 0, 0, 0.25, 0, 0, 0, 0, 0.5]);
    const turned = CORRUPTIONS.rotation!.corrupt(image, [3, 3, 1], 90, random());
    expect(
      [turned[0], turned[2], turned[6], turned[8]].map((value) => Number(value!.toFixed(6))).sort(),
    ).toEqual([0, 0, 0.5, 1]);
    const four = [1, 2, 3, 4].reduce<Float32Array>(
      (before) => CORRUPTIONS.rotation!.corrupt(before, [3, 3, 1], 90, random()),
      image,
    );
    four.forEach((value, i) => expect(value).toBeCloseTo(image[i]!, 5));
  });
});
