/** What is proven beside what attacks left, and the ROC of detectors: from events to lines, summary and table. */
import { describe, expect, test } from 'vitest';
import { resultTable } from '../../../src-main/cli/table';
import { certifiedAccuracy, certifiedRadii } from '../../../src-main/contract/certified';
import type { ArmPlan, AttackPlan, RunEvent } from '../../../src-main/contract/events';
import { fold, initialState, type RunState } from '../../../src-main/contract/fold';
import { summarize } from '../../../src-main/contract/summary';
import { curveRows } from '../../../src-main/sessions/exporters/tables';
import { certifiedLines, certifiedOption } from '../../../src-renderer/charts/certified';
import type { Family } from '../../../src-renderer/charts/families';
import { rocLines, rocOption } from '../../../src-renderer/charts/roc';
import { palette } from './palette';

const arms = [1, 2].map((seed, index): ArmPlan => ({
  ...{ index, seed, model: null, poisoning: null },
  defense: { id: 'interval-bound-training', params: {} },
}));
const attacks = [0.1, 0.2].map((epsilon, index): AttackPlan => ({
  ...{ index, id: 'pgd', params: { epsilon }, surface: 'evasion', knowledge: 'white-box', norm: 'linf' },
}));
const floats = (...values: number[]) => Float32Array.from(values);

function recorded(): RunState {
  const events: RunEvent[] = [
    { type: 'run-started', plan: { task: 'classification', arms, attacks, work: 1 } },
    ...arms.flatMap(({ index: arm }): RunEvent[] => [
      { type: 'evaluation', arm, attack: null, metrics: { accuracy: 0.75 } },
      {
        ...{ type: 'certified', arm, method: 'interval-bounds', norm: 'linf', abstained: 0, seconds: 1 },
        // Of four inputs one is wrong; the second seed proves more of one.
        radius: floats(-1, 0, 0.1, arm === 0 ? 0.25 : 0.5),
        ...{ x: floats(0, 0.5), y: floats(0.75, 0) },
      },
      ...attacks.flatMap(({ index: attack }): RunEvent[] => [
        {
          ...{ type: 'evaluation', arm, attack },
          metrics: {
            ...{ accuracy: 0.5, robustAccuracy: 0.5 - 0.25 * attack, obliviousAuc: 0.9, auc: 0.3 },
            ...{ obliviousTprAt5PercentFpr: 0.8, tprAt5PercentFpr: 0.1 },
          },
        },
        {
          ...{ type: 'attack-curve', arm, attack, series: 'obliviousRoc' },
          ...{ x: floats(0, 0.5, 1), y: floats(0.5, 1, 1) },
        },
        {
          ...{ type: 'attack-curve', arm, attack, series: 'adaptiveRoc' },
          ...{ x: floats(0, 1), y: floats(0, 1) },
        },
      ]),
    ]),
  ];
  return events.reduce((state, event, i) => fold(state, { sequence: i + 1, at: i, event }), initialState());
}
const state = recorded();
const family: Family = {
  ...{ key: 'ibt', label: 'IBT', model: null, poisoning: null, defense: arms[0]!.defense },
  ...{ arms: [0, 1], color: 3 },
};

describe('certified accuracy', () => {
  test('is the share proven at a radius, mean over seeds', () => {
    expect(certifiedRadii(state, 'linf', 3)).toEqual([0, 0.25, 0.5]);
    expect(certifiedRadii(state, 'l2', 3)).toEqual([]);
    const at = (radius: number) => certifiedAccuracy(state.arms, 'linf', radius)!.mean;
    expect([0, 0.05, 0.25, 0.3, 0.6].map(at)).toEqual([0.75, 0.5, 0.25, 0.125, 0]);
    expect(certifiedAccuracy(state.arms, 'l2', 0)).toBeNull();
  });

  test('is drawn solid, what the strongest attack of each budget left dashed and marked', () => {
    const [proven, left] = certifiedLines(state, [family], 'linf');
    expect(proven).toMatchObject({ name: 'IBT, proven', color: 3, dash: 'solid' });
    expect(left!.points.map(({ x, y }) => [x, y.mean])).toEqual([
      [0, 0.75],
      [0.1, 0.5],
      [0.2, 0.25],
    ]);
    const option = certifiedOption([proven!, left!], 'linf', palette);
    expect(option.xAxis).toMatchObject({ name: 'L∞ radius (pixel range)', max: 0.5 });
    expect(option.yAxis).toMatchObject({ min: 0, max: 100 });
    expect(certifiedLines(state, [family], 'l2')).toEqual([]);
  });

  test('stands in summary, table and CSV', () => {
    const summary = summarize(state);
    const { certified } = summary.summary[0]!;
    expect(certified).toMatchObject({ method: 'interval-bounds', norm: 'linf' });
    expect(certified!.accuracy.map(({ radius, mean }) => [radius, mean])).toContainEqual([0.5, 0.125]);
    const table = resultTable('classification', summary);
    expect(table).toMatch(/certified accuracy at linf radius +interval-bound-training/);
    expect(table).toContain('0.90 → 0.30; 0.80 → 0.10');
    const series = curveRows(state).map((row) => [row['series'], row['xUnit']]);
    expect(series).toContainEqual(['certifiedAccuracy', 'linf radius']);
    expect(series).toContainEqual(['adaptiveRoc', 'false alarms']);
  });
});

test('a ROC has a line for each attacker, in per cent', () => {
  const lines = rocLines(state, [family], 1);
  expect(lines.map(({ name, dash }) => [name, dash])).toEqual([
    ['IBT, oblivious attacker', [3, 3]],
    ['IBT, adaptive attacker', 'solid'],
  ]);
  expect(lines[0]!.points.map(({ x, y }) => [x, y.mean])).toEqual([
    [0, 0.5],
    [50, 1],
    [100, 1],
  ]);
  expect(rocOption(lines, palette).xAxis).toMatchObject({ name: 'clean inputs rejected (%)', max: 100 });
});
