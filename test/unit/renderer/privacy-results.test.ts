/** Numbers of attacks that ask for secrets: the strongest finds most, and the accuracy stands beside. */
import { expect, test } from 'vitest';
import {
  CLEAN,
  cleanTitle,
  resultGrid,
  usualMetric,
  type ResultRow,
} from '../../../src-renderer/charts/results';

type Sums = NonNullable<ResultRow['clean']>;
const sums = (values: Record<string, number>): Sums =>
  Object.fromEntries(
    Object.entries(values).map(([name, mean]) => [name, { mean, low: null, high: null, n: 1 }]),
  );
const row = (label: string, accuracy: number, attacks: Record<string, number>[]): ResultRow => ({
  ...{ family: { label, key: label, arms: [0], color: 0 } as unknown as ResultRow['family'], seeds: [1] },
  ...{ clean: sums({ accuracy }), attacks: attacks.map(sums), verdict: undefined, failedChecks: [] },
  ...{ seen: [], board: undefined, valuesAt: () => [] },
});
const rows = [
  row('plain', 0.9, [
    { auc: 0.6, tprAt1PercentFpr: 0.01 },
    { auc: 0.6, tprAt1PercentFpr: 0.05 },
    { fidelity: 0.9 },
  ]),
  row('private', 0.5, [
    { auc: 0.5, tprAt1PercentFpr: 0.01 },
    { auc: 0.5, tprAt1PercentFpr: 0.02 },
    { fidelity: 0.9 },
  ]),
];

test('members found say more than the area, which flatters', () => {
  expect(usualMetric(['auc', 'tprAt1PercentFpr', 'baseRate'], 'classification')).toBe('tprAt1PercentFpr');
  expect(usualMetric(['reconstructionConfidence', 'independentReading'], 'classification')).toBe(
    'independentReading',
  );
});

test('the strongest attack is the one that finds most among those that seek the same', () => {
  const { numbers } = resultGrid(rows, 3, 'tprAt1PercentFpr');
  const strongest = numbers.map((cells) => cells.slice(1).map((cell) => cell?.strongest ?? null));
  expect(strongest).toEqual([
    [false, true, null],
    [false, true, null],
  ]);
});

test('what a defence costs stands beside what it gains, each best in its own direction', () => {
  const { columns, numbers } = resultGrid(rows, 3, 'tprAt1PercentFpr');
  expect(cleanTitle('tprAt1PercentFpr')).toBe('Accuracy');
  expect(cleanTitle('robustAccuracy')).toBe('Clean');
  const clean = columns.indexOf(CLEAN);
  expect(numbers.map((cells) => [cells[clean]!.sum!.mean, cells[clean]!.best])).toEqual([
    [0.9, true],
    [0.5, false],
  ]);
  expect(numbers.map((cells) => cells[2]!.best)).toEqual([false, true]);
});
