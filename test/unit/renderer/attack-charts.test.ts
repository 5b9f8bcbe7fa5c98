import { describe, expect, test } from 'vitest';
import type { AttackSteps, Transfer } from '../../../src-main/contract/fold';
import type { Family } from '../../../src-renderer/charts/families';
import { scaleOf, shade } from '../../../src-renderer/charts/heat';
import { attackDash, meanOverSeeds, queriesOption } from '../../../src-renderer/charts/queries';
import { shareAt, stepsOption } from '../../../src-renderer/charts/steps';
import { transferMatrix } from '../../../src-renderer/charts/transfer';
import { palette } from './palette';

describe('curves against queries', () => {
  const curve = (x: number[], y: number[]) => ({ x: Float32Array.from(x), y: Float32Array.from(y) });

  test('the mean holds each seed’s last value, and begins where every seed has one', () => {
    const points = meanOverSeeds([curve([1, 10, 100], [1, 0.5, 0.25]), curve([10, 1000], [1, 0])]);
    expect(points.map(({ x, y }) => [x, y.mean])).toEqual([
      [10, 0.75],
      [100, 0.625],
      [1000, 0.125],
    ]);
    expect(points[0]!.y).toMatchObject({ n: 2, low: expect.any(Number), high: expect.any(Number) });
  });

  test('an arm has its colour, an attack its stroke; the band is stacked between its ends, kept on the axis', () => {
    const lines = ['square', 'nes'].map((attack, place) => ({
      ...{ arm: 'Undefended', attack, color: 2, dash: attackDash(place) },
      points: [
        { x: 1, y: { mean: 0.9, low: 0.7, high: 1.1, n: 3 } },
        { x: 500, y: { mean: 0.2, low: 0.1, high: 0.3, n: 3 } },
      ],
    }));
    const option = queriesOption(lines, 'robustAccuracyByQueries', palette);
    const series = option.series as {
      name?: string;
      stack?: string;
      data: [number, number][];
      lineStyle: { color?: string; type?: unknown };
    }[];
    const means = series.filter(({ name }) => name);
    expect(means.map(({ lineStyle }) => lineStyle.color)).toEqual(['arm-2', 'arm-2']);
    expect(means.map(({ lineStyle }) => lineStyle.type)).toEqual(['solid', attackDash(1)]);
    expect(new Set(series.flatMap(({ stack }) => stack ?? [])).size).toBe(2);
    const [low, band] = series;
    expect(low!.data[0]![1] + band!.data[0]![1]).toBeCloseTo(100);
    expect(option.xAxis).toMatchObject({ type: 'log', min: 1, max: 500, name: 'queries an input' });
    expect(option.yAxis).toMatchObject({ name: 'Robust accuracy (%)', max: 100 });
  });

  test('with one seed there is no band', () => {
    const line = {
      ...{ arm: 'Undefended', attack: 'square', color: 0, dash: attackDash(0) },
      points: meanOverSeeds([curve([1, 10], [1, 0.5])]),
    };
    expect(queriesOption([line], 'medianDistanceByQueries', palette).series).toHaveLength(1);
  });
});

describe('the transfer matrix', () => {
  const family = (key: string, arms: number[]): Family => ({
    ...{ key, label: key, model: null, poisoning: null, defense: null, color: 0, arms },
  });
  const tried = (source: number, target: number, transferRate: number | null, attack = 0): Transfer => ({
    ...{ type: 'transfer', source, target, attack, metrics: { transferRate } },
  });
  const transfers = [
    ...[tried(0, 1, 0.5), tried(1, 0, 0.7), tried(0, 2, 0.2), tried(1, 2, null)],
    ...[tried(2, 0, 0.3), tried(2, 1, 0.1), tried(0, 2, 0.9, 1)],
  ];
  const matrix = transferMatrix(transfers, [family('a', [0, 1]), family('b', [2])], 0, 'transferRate');

  test('a mean over the source’s seeds, each over the target’s; on the diagonal other seeds', () => {
    expect(matrix.map((row) => row.map((cell) => cell?.mean ?? null))).toEqual([
      [expect.closeTo(0.6), 0.2],
      [expect.closeTo(0.2), null],
    ]);
  });

  test('seeds are counted at the source, so that pairs are no seeds', () => {
    expect(matrix[0]![0]!.n).toBe(2);
    expect(matrix[1]![0]).toMatchObject({ n: 1, low: null });
  });
});

describe('steps of one input', () => {
  const steps = {
    label: 3,
    asked: Uint32Array.of(0, 5, 20),
    loss: Float32Array.of(0.1, 0.9, 2.5),
    predicted: Uint8Array.of(3, 3, 8),
    confidence: Float32Array.of(0.9, 0.4, 0.8),
  } as AttackSteps;

  test('loss against questions, filled once the prediction is wrong', () => {
    const option = stepsOption(steps, String, palette);
    const [line] = option.series as { data: { value: number[]; itemStyle: { color: string } }[] }[];
    expect(line!.data.map(({ value }) => value[0])).toEqual([0, 5, 20]);
    expect(line!.data.map(({ itemStyle }) => itemStyle.color)).toEqual(['#fff', '#fff', 'perceived']);
    expect(option.xAxis).toMatchObject({ name: 'questions asked', max: 20 });
  });

  test('the cursor stands where the step’s questions do', () => {
    expect([0, 1, 2].map((step) => shareAt(steps, step))).toEqual([0, 0.25, 1]);
    expect(shareAt({ asked: Uint32Array.of(0) }, 0)).toBe(0);
  });
});

describe('shades', () => {
  const strength = (value: number, scale: { low: number; high: number }): number =>
    Number(/([\d.]+)%/.exec(shade(value, scale))![1]);

  test('shares span 0 to 1, other measures what is shown from zero on', () => {
    expect(scaleOf([0.4, 0.6], true)).toEqual({ low: 0, high: 1 });
    expect(scaleOf([-2, 5], false)).toEqual({ low: -2, high: 5 });
    expect(scaleOf([3, 5], false)).toEqual({ low: 0, high: 5 });
  });

  test('the larger the darker, nothing where all are equal to zero', () => {
    const scale = scaleOf([], true);
    expect(strength(0, scale)).toBe(0);
    expect(strength(0.5, scale)).toBeGreaterThan(strength(0.2, scale));
    expect(strength(2, scale)).toBe(strength(1, scale));
    expect(strength(0, scaleOf([0], false))).toBe(0);
  });
});
