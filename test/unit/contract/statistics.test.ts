import { describe, expect, it } from 'vitest';
import {
  interquartileInterval,
  interquartileMean,
  mcnemar,
  meanInterval,
  shareInterval,
} from '../../../src-main/contract/statistics';

describe('statistics', () => {
  it('gives the Student-t interval of a textbook sample', () => {
    // 1, 2, 3, 4, 5: s = sqrt(2.5), t(.975, 4) = 2.7764, margin = 1.9632.
    const { mean, low, high, n } = meanInterval([1, 2, 3, 4, 5])!;
    expect([mean, n]).toEqual([3, 5]);
    expect(low).toBeCloseTo(3 - 1.9632, 3);
    expect(high).toBeCloseTo(3 + 1.9632, 3);
  });

  it('ends the interval of a share where shares end', () => {
    expect(shareInterval([0, 0, 0.06])).toMatchObject({ low: 0, high: meanInterval([0, 0, 0.06])!.high });
    expect(shareInterval([1, 0.97, 1])).toMatchObject({ low: meanInterval([1, 0.97, 1])!.low, high: 1 });
    expect(shareInterval([0.4])).toEqual({ mean: 0.4, low: null, high: null, n: 1 });
  });

  it('gives no bounds for one value and nothing for none', () => {
    expect(meanInterval([0.4])).toEqual({ mean: 0.4, low: null, high: null, n: 1 });
    expect(meanInterval([])).toBeNull();
    expect(interquartileInterval([])).toBeNull();
  });

  it('averages the middle half, its edges in part', () => {
    expect(interquartileMean([0, 1, 2, 100])).toBe(1.5);
    // Five values: a quarter is 1.25, so 1 counts .75, 2 counts 1, 3 counts .75.
    expect(interquartileMean([0, 1, 2, 3, 100])).toBeCloseTo((0.75 * 1 + 2 + 0.75 * 3) / 2.5, 12);
  });

  it('bootstraps the same interval every time, around the mean', () => {
    const values = [500, 480, 120, 500, 490, 300];
    const first = interquartileInterval(values)!;
    expect(interquartileInterval(values)).toEqual(first);
    expect(first.low!).toBeLessThan(first.mean);
    expect(first.high!).toBeGreaterThan(first.mean);
  });

  it('tests paired outcomes exactly', () => {
    // 1 against 9: 2 · (C(10,0) + C(10,1)) / 2^10 = 22 / 1024.
    expect(mcnemar(1, 9)).toBeCloseTo(22 / 1024, 10);
    expect(mcnemar(0, 0)).toBe(1);
    expect(mcnemar(4, 4)).toBe(1);
  });
});
