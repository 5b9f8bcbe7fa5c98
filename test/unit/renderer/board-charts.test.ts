import { describe, expect, test } from 'vitest';
import type { BoardRow } from '../../../src-main/contract/board';
import { boardOption, roundBounds } from '../../../src-renderer/charts/board';
import { toSvg } from '../../../src-renderer/charts/figure';
import { inkedShade, scaleOf } from '../../../src-renderer/charts/heat';
import { matrixOption, matrixSize, type Matrix } from '../../../src-renderer/charts/matrix';
import { facets, robustnessOption } from '../../../src-renderer/charts/robustness';
import { MEASURES } from '../../../src-main/contract/metrics';
import { catalog } from '../../../src-main/contract/catalog-data';
import { palette } from './palette';

const point = (label: string, color: number, clean: number, worst: number, failedChecks: string[] = []) => {
  const interval = (mean: number) => ({ mean, low: mean - 0.01, high: mean + 0.01, n: 3 });
  const row: BoardRow = {
    ...{ model: null, poisoning: null, defense: null, seeds: [1, 2, 3], onFront: false, holds: true },
    ...{ robust: false, failedChecks },
    values: { cleanAccuracy: interval(clean), worstCase: interval(worst) },
  };
  return { family: { label, color }, row };
};

describe('board', () => {
  const points = [
    point('Undefended', 0, 0.99, 0),
    point('Trained', 1, 0.96, 0.7),
    point('Between', 2, 0.95, 0.3),
    point('Masked', 3, 0.98, 0.9, ['zero-gradients']),
  ];
  const option = boardOption(points, 'cleanAccuracy', 'worstCase', palette, false);
  const series = option.series as { name?: string; data: { name: string; value: number[] }[] }[];

  test('the front steps over those that nothing beats and whose numbers hold', () => {
    expect(series[0]).toMatchObject({ name: 'Pareto front', data: [[96, 70], [99, 0]] }); // prettier-ignore
  });
  test('what does not hold is hollow, marked, and says what failed', () => {
    expect(series[2]!.data.map(({ value }) => value)).toHaveLength(4);
    expect(series[2]!.data[3]).toMatchObject({
      name: expect.stringContaining('† failed: zero-gradients'),
      itemStyle: { color: palette.surface },
      label: { formatter: 'Masked †' },
    });
  });
  test('axes end round, within what shares can be', () => {
    expect(roundBounds([95, 99.5], true)).toEqual({ min: 94, max: 100, interval: 1 });
    expect(roundBounds([-4, 60], true)).toEqual({ min: 0, max: 70, interval: 10 });
    expect(roundBounds([95.5, 96.5], true)).toEqual({ min: 95.2, max: 96.8, interval: 0.2 });
    expect(roundBounds([0], true)).toEqual({ min: 0, max: 1.2, interval: 0.2 });
    expect(roundBounds([7], false).min).toBeGreaterThanOrEqual(0);
  });
  test('is drawn as a file', () => {
    const svg = toSvg(boardOption(points, 'cleanAccuracy', 'worstCase', palette, true), {
      width: 760,
      height: 460,
    });
    expect(svg).toMatch(/^<svg[\s>]/);
    for (const text of ['Trade-off board', 'Masked †', 'Clean accuracy (%)']) expect(svg).toContain(text);
  });
});

describe('matrix', () => {
  const matrix: Matrix = {
    ...{ title: 'Numbers', rows: ['a', 'b'], columns: ['PGD · ε 0.3'], rowsAre: 'arm', columnsAre: 'attack' },
    cells: [[{ text: '62.0 †', small: '60 – 64', fill: '#abcdef', told: 'a under PGD' }], [null]],
    notes: ['† a check failed: '.repeat(12)],
  };
  test('a figure holds title, heads, numbers with marks and wrapped notes', () => {
    const svg = toSvg(matrixOption(matrix, palette, 'figure'), matrixSize(matrix));
    for (const text of ['Numbers', '62.0 †', '60 – 64', 'ε 0.3', '#abcdef']) expect(svg).toContain(text);
    expect(svg.match(/a check failed/g)!.length).toBe(12);
    expect(matrixSize(matrix).height).toBeGreaterThan(matrixSize({ ...matrix, notes: [] }).height);
  });
  test('shades for files are those of the window', () => {
    expect(inkedShade(0, scaleOf([], true), palette)).toBe('#ffffff');
    // 34 % of #0072b2 in white.
    expect(inkedShade(1, scaleOf([], true), palette)).toBe('#a8cfe5');
  });
});

test('a doubtful arm is drawn hollow in the robustness chart, its clean accuracy is not', () => {
  const attacks = [0.1, 0.2].map((epsilon, index) => ({
    ...{ index, id: 'pgd', params: { epsilon }, surface: 'evasion' as const },
    ...{ knowledge: 'white-box' as const, norm: 'linf' as const },
  }));
  const interval = (mean: number) => ({ mean, low: null, high: null, n: 1 });
  const rows = [
    {
      label: 'Masked',
      color: 1,
      doubtful: true,
      clean: interval(0.98),
      attacks: [interval(0.9), interval(0.8)],
    },
  ];
  const option = robustnessOption(
    facets(attacks, catalog, 'epsilon'),
    rows,
    MEASURES['robustAccuracy']!,
    600,
    palette,
  );
  const [line] = option.series as { data: { name: string; label?: object }[] }[];
  expect(line!.data.map(({ label }) => label !== undefined)).toEqual([false, true, true]);
  expect(line!.data[1]!.name).toContain('† a check of the verdict failed');
});
