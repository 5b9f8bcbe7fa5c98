import { describe, expect, test } from 'vitest';
import { catalog } from '../../../src-main/contract/catalog-data';
import type { AttackPlan, Plan } from '../../../src-main/contract/events';
import type { Trajectory } from '../../../src-main/contract/fold';
import { MEASURES, SERIES } from '../../../src-main/contract/metrics';
import { curvesOption, meanCurve, thin } from '../../../src-renderer/charts/curves';
import { attackLabel, families } from '../../../src-renderer/charts/families';
import { dimensions, observationsOption, stripsHeight } from '../../../src-renderer/charts/observations';
import { facets, layout, robustnessOption, roundedUp } from '../../../src-renderer/charts/robustness';
import { palette } from './palette';

const attack = (index: number, id: string, params: AttackPlan['params']): AttackPlan => ({
  index,
  id,
  params,
  surface: 'evasion',
  knowledge: 'white-box',
  norm: 'linf',
});

describe('arm families', () => {
  const defended = (id: string, params: AttackPlan['params']) => ({ id, params });
  const plan: Plan = {
    task: 'classification',
    attacks: [],
    work: 1,
    arms: [
      null,
      defended('noise-augmentation', { epsilon: 0.1 }),
      defended('noise-augmentation', { epsilon: 0.3 }),
    ]
      .flatMap((defense) => [1, 2].map((seed) => ({ model: null, poisoning: null, defense, seed })))
      .map((arm, index) => ({ index, ...arm })),
  };

  test('arms that differ in the seed alone are one family; namesakes are told apart by what differs', () => {
    expect(families(plan, catalog).map(({ label, arms, color }) => [label, arms, color])).toEqual([
      ['Undefended', [0, 1], 0],
      ['Noise augmentation · ε 0.1', [2, 3], 1],
      ['Noise augmentation · ε 0.3', [4, 5], 2],
    ]);
  });

  test('the model is named only where there are several', () => {
    const of = (...ids: string[]): string[] =>
      families(
        {
          ...plan,
          arms: ids.map((id, index) => ({
            ...{ index, model: { id, params: {} }, poisoning: null, defense: null, seed: 1 },
          })),
        },
        catalog,
      ).map(({ label }) => label);
    expect(of('small-cnn')).toEqual(['Undefended']);
    expect(of('small-cnn', 'article-cnn')).toEqual(['Small CNN: Undefended', 'Article CNN: Undefended']);
  });
});

describe('attacks', () => {
  const derived = [
    attack(0, 'pgd', { epsilon: 0.1, steps: 10, stepSize: 0.025 }),
    attack(1, 'pgd', { epsilon: 0.2, steps: 10, stepSize: 0.05 }),
    attack(2, 'fgsm', { epsilon: 0.1 }),
  ];

  test('labels tell ε and what differs, not what follows from ε', () => {
    expect(derived.map((one) => attackLabel(catalog, one, derived, 'epsilon'))).toEqual([
      'PGD · ε 0.1',
      'PGD · ε 0.2',
      'FGSM · ε 0.1',
    ]);
  });

  test('several values of ε make a curve from clean on, single attacks share bars', () => {
    expect(facets(derived, catalog, 'epsilon')).toMatchObject([
      { title: 'PGD', attacks: [null, 0, 1], x: { name: 'ε', unit: 'pixel range', values: [0, 0.1, 0.2] } },
      { title: '', attacks: [2], x: null, labels: ['FGSM · ε 0.1'] },
    ]);
  });

  test('another number of steps is another curve; bars alone begin with clean', () => {
    const two = [10, 40].flatMap((steps, i) =>
      [0.1, 0.2].map((epsilon, j) => attack(2 * i + j, 'pgd', { epsilon, steps })),
    );
    expect(facets(two, catalog, 'epsilon').map(({ title }) => title)).toEqual([
      'PGD · steps 10',
      'PGD · steps 40',
    ]);
    expect(facets([attack(0, 'fgsm', { epsilon: 0.1 })], catalog, 'epsilon')).toMatchObject([
      { attacks: [null, 0], labels: ['clean', 'FGSM · ε 0.1'] },
    ]);
  });

  test('on grids the budget is the cells', () => {
    const cells = [1, 2].map((value, i) => attack(i, 'random-observation', { epsilon: 0.1, cells: value }));
    expect(facets(cells, catalog, 'cells')[0]).toMatchObject({ x: { name: 'cells', values: [0, 1, 2] } });
  });
});

describe('robustness', () => {
  const plan = [
    attack(0, 'fgsm', { epsilon: 0.1 }),
    attack(1, 'fgsm', { epsilon: 0.2 }),
    attack(2, 'random-noise', { epsilon: 0.1 }),
  ];
  const interval = (mean: number, spread = 0.02) => ({ mean, low: mean - spread, high: mean + spread, n: 3 });

  test('curves and bars side by side on one scale, ends of intervals kept on the axis', () => {
    const rows = [
      {
        label: 'Undefended',
        color: 0,
        clean: interval(0.99),
        attacks: [interval(0.5), undefined, interval(0.9)],
      },
    ];
    const option = robustnessOption(
      facets(plan, catalog, 'epsilon'),
      rows,
      MEASURES['robustAccuracy']!,
      600,
      palette,
    );
    const series = option.series as { type: string; data: { value: number[] }[] }[];
    expect(series.map(({ type }) => type)).toEqual(['line', 'custom', 'custom']);
    expect(series[0]!.data.map(({ value }) => value)).toEqual([
      [0, 99],
      [0.1, 50],
    ]);
    expect(series[1]!.data[0]!.value[3]).toBe(100);
    expect((option.yAxis as { min: number; max: number }[]).map(({ min, max }) => [min, max])).toEqual([
      [0, 100],
      [0, 100],
    ]);
  });

  test('returns share a rounded scale that holds every interval', () => {
    const rows = [
      {
        label: 'Undefended',
        color: 0,
        clean: interval(237, 5),
        attacks: [interval(-3, 1), undefined, undefined],
      },
    ];
    const option = robustnessOption(
      facets(plan, catalog, 'epsilon'),
      rows,
      MEASURES['return']!,
      600,
      palette,
    );
    expect(option.yAxis).toMatchObject([
      { min: -4, max: 300 },
      { min: -4, max: 300 },
    ]);
    expect([0, 0.72, 3, 237, 500].map(roundedUp)).toEqual([0, 0.8, 3, 300, 500]);
  });

  test('names of bars stand aslant where they would be broken', () => {
    const labelsAt = (width: number) => {
      const all = facets(
        [0.1, 0.2, 0.3].map((_, i) => attack(i, `attack-${i}`, {})),
        catalog,
        'epsilon',
      );
      const option = robustnessOption(all, [], MEASURES['robustAccuracy']!, width, palette);
      return (option.xAxis as { axisLabel: { rotate?: number } }[])[0]!.axisLabel.rotate;
    };
    expect(labelsAt(600)).toBeUndefined();
    expect(labelsAt(280)).toBeGreaterThan(0);
  });

  test('facets fill the width without overlap', () => {
    const places = layout(facets(plan, catalog, 'epsilon'), 600);
    expect(places[1]!.left).toBeGreaterThan(places[0]!.left + places[0]!.width);
    expect(places[1]!.left + places[1]!.width).toBeCloseTo(588);
  });
});

describe('curves', () => {
  test('the mean at shared points, over the seeds that have come so far', () => {
    const mean = meanCurve([
      { x: [1, 2, 3], y: [1, 2, 3] },
      { x: [1, 2], y: [3, 4] },
      { x: [], y: [] },
    ]);
    expect(mean).toEqual({ x: [1, 2, 3], y: [2, 3, 3] });
  });

  test('curves with points of their own are averaged in between', () => {
    const mean = meanCurve([
      { x: [0, 100], y: [0, 100] },
      { x: [0, 50, 100], y: [0, 50, 100] },
    ]);
    mean.x.forEach((x, i) => expect(Math.abs(mean.y[i]! - x)).toBeLessThan(1.01));
  });

  test('long curves are thinned by means of neighbours', () => {
    const long = {
      x: Array.from({ length: 10_000 }, (_, i) => i),
      y: Array.from({ length: 10_000 }, (_, i) => i % 2),
    };
    const short = thin(long, 100);
    expect(short.x).toHaveLength(100);
    expect(short.y.every((value) => value === 0.5)).toBe(true);
  });

  test('a thin line a seed and a strong mean, in the family’s colour, with units', () => {
    const curves = [
      { x: [1, 2], y: [0.5, 0.6] },
      { x: [1, 2], y: [0.7, 0.8] },
    ];
    const option = curvesOption([{ label: 'Undefended', color: 1, curves }], SERIES['accuracy']!, palette);
    const series = option.series as {
      name?: string;
      data: number[][];
      lineStyle: { color: string; width: number };
    }[];
    expect(series.map(({ name, lineStyle }) => [name, lineStyle.color, lineStyle.width])).toEqual([
      [undefined, 'arm-1', 1],
      [undefined, 'arm-1', 1],
      ['Undefended', 'arm-1', 2],
    ]);
    expect(series[2]!.data).toEqual([
      [1, 60],
      [2, expect.closeTo(70)],
    ]);
    expect(option.xAxis).toMatchObject({ name: 'epochs' });
    expect(option.yAxis).toMatchObject({ name: 'Training accuracy (%)' });
    expect(option.animation).toBe(false);
    expect(option.tooltip).toMatchObject({ renderMode: 'richText' });
  });
});

describe('observations', () => {
  test('a strip for each named value', () => {
    expect(dimensions(Float32Array.of(1, 2, 3, 4), ['x (m)', 'v (m/s)'], 2)).toEqual([
      { name: 'x (m)', values: [1, 3] },
      { name: 'v (m/s)', values: [2, 4] },
    ]);
  });

  const names = (of: Trajectory) =>
    (observationsOption(of, palette, 200).series as { name?: string }[]).map(({ name }) => name ?? 'band');

  test('true over perceived, where there is a perceived one', () => {
    // As sessions were recorded before thoughts were.
    const trajectory = {
      attack: 0,
      observationNames: ['state'],
      observations: Float32Array.of(1, 2),
      perceived: Float32Array.of(1.5, 2.5),
      actions: Uint8Array.of(0, 1),
    } as Trajectory;
    expect(names(trajectory)).toEqual(['state perceived', 'state true']);
    expect(names({ ...trajectory, attack: null })).toEqual(['state true']);
  });

  test('the budget around the truth, the margin of the rightful action, and lanes of marks', () => {
    const trajectory = {
      attack: 0,
      observationNames: ['x (m)', 'v (m/s)'],
      observations: Float32Array.of(1, 2, 3, 4),
      perceived: Float32Array.of(1.1, 2.1, 3.1, 4.1),
      reach: [0.1, 0.2],
      actionNames: ['left', 'right'],
      scores: Float32Array.of(5, 4, 5, 4),
      perceivedScores: Float32Array.of(4, 6, 5, 4),
      distances: Float32Array.of(0.1, 0.1),
      certified: Uint8Array.of(0, 1),
      actions: Uint8Array.of(1, 0),
    } as unknown as Trajectory;
    expect(names(trajectory)).toEqual([
      ...['band', 'x (m) perceived', 'x (m) true'],
      ...['band', 'v (m/s) perceived', 'v (m/s) true'],
      ...['nothing', 'margin perceived', 'margin true'],
      ...['flipped', 'certified'],
    ]);
    const { series, grid } = observationsOption(trajectory, palette, 200) as {
      series: { data: number[][] }[];
      grid: { top: number; height: number }[];
    };
    expect(series[3]!.data).toEqual([
      [0, expect.closeTo(1.8), expect.closeTo(2.2)],
      [1, expect.closeTo(3.8), expect.closeTo(4.2)],
    ]);
    expect(series[7]!.data).toEqual([
      [0, -2],
      [1, 1],
    ]);
    expect(series.slice(9).map(({ data }) => data)).toEqual([[[0, 1, 0]], [[1, 2, 1]]]);
    // Strips and lanes stand one under the other.
    grid.slice(1).forEach(({ top }, i) => expect(top).toBeGreaterThanOrEqual(grid[i]!.top + grid[i]!.height));
    expect(stripsHeight(trajectory, 2000)).toBeLessThan(600);
    expect(stripsHeight(trajectory, 10)).toBeGreaterThan(100);
  });
});
