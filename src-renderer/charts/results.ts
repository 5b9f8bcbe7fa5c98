/** The results of a run by arm family and attack: what the table in the window, the exported matrix and the report show. */
import { boardOf, samplesOf, type BoardRow } from '../../src-main/contract/board';
import type { Task } from '../../src-main/contract/catalog';
import type { Plan } from '../../src-main/contract/events';
import type { RunState } from '../../src-main/contract/fold';
import {
  familyKey,
  summarize,
  type MarkedInterval,
  type MetricIntervals,
} from '../../src-main/contract/summary';
import { failedChecks, type Verdict } from '../../src-main/contract/verdict';
import { decimalsOf, fixed, measureOf, withUnit } from '../format';
import type { Palette } from '../theme/inks';
import type { Family } from './families';
import { inkedShade, scaleOf, type Scale } from './heat';
import { MARK } from './mark';
import type { Matrix } from './matrix';

/** Stands for no attack among the columns. */
export const CLEAN = -1;

/** One arm family's row of results; `attacks` by index of plan.attacks, undefined where not evaluated yet. */
export interface ResultRow {
  family: Family;
  seeds: number[];
  clean: MetricIntervals | undefined;
  attacks: (MetricIntervals | undefined)[];
  verdict: Verdict | undefined;
  /** Ids of the checks that failed: its numbers under attack are marked. */
  failedChecks: string[];
  /** By attack: whether the defence was trained against it. */
  seen: boolean[];
  /** What stands of it on the trade-off board. */
  board: BoardRow | undefined;
  /** A metric of each seed under an attack, or CLEAN; null is a median that lies among the failures. */
  valuesAt(column: number, name: string): { seed: number; value: number | null }[];
}

const keyOf = (id: string, params: unknown): string => JSON.stringify([id, params]);

export function resultRows(state: RunState, plan: Plan, families: readonly Family[]): ResultRow[] {
  const { summary } = summarize(state);
  const board = boardOf(summary, samplesOf(state));
  return families.map((family) => {
    const place = summary.findIndex((row) => familyKey(row) === family.key);
    const found = summary[place];
    const byAttack = new Map(found?.attacks.map((attack) => [keyOf(attack.id, attack.params), attack]));
    const evaluated = plan.attacks.map(({ id, params }) => byAttack.get(keyOf(id, params)));
    return {
      family,
      seeds: family.arms.map((arm) => state.arms[arm]!.plan.seed),
      clean: found?.clean,
      attacks: evaluated.map((attack) => attack?.metrics),
      verdict: found?.verdict,
      failedChecks: found ? failedChecks(found.verdict) : [],
      seen: evaluated.map((attack) => attack?.seen === true),
      board: board.rows[place],
      valuesAt: (column, name) =>
        family.arms.flatMap((index) => {
          const arm = state.arms[index]!;
          const metrics = (column === CLEAN ? arm.clean : arm.attacks[column])?.metrics;
          const value = metrics?.[name];
          return value === undefined ? [] : [{ seed: arm.plan.seed, value }];
        }),
    };
  });
}

/** Of several the one that says most: of what a model gives away the one that does not flatter. */
const PREFERRED = ['robustAccuracy', 'return', 'tprAt1PercentFpr', 'fidelity', 'independentReading'];
/** Metrics of attacks while which are shown the accuracy stands under “clean”. */
const BESIDE_ACCURACY = new Set([
  'robustAccuracy',
  'auc',
  'tprAt1PercentFpr',
  'tprAtTenthPercentFpr',
  'balancedAccuracy',
  'membershipAdvantage',
  'fidelity',
  'copyAccuracy',
  'copyTransferRate',
  'independentReading',
]);

/** What is written over the column without an attack: what a defence costs, where another number is what it gains. */
export const cleanTitle = (metric: string): string =>
  metric !== 'robustAccuracy' && nameAt(CLEAN, metric) === 'accuracy' ? 'Accuracy' : 'Clean';

/** Metrics that some row has, in the order they were met. */
export const metricsOf = (rows: readonly ResultRow[]): string[] => [
  ...new Set(
    rows.flatMap(({ attacks, clean }) => [...attacks, clean].flatMap((sums) => Object.keys(sums ?? {}))),
  ),
];

export const usualMetric = (metrics: readonly string[], task: Task | undefined): string =>
  PREFERRED.find((name) => metrics.includes(name)) ??
  metrics[0] ??
  (task === 'reinforcement-learning' ? 'return' : 'robustAccuracy');

/** The metric that stands in a column. */
export const nameAt = (column: number, metric: string): string =>
  column === CLEAN && BESIDE_ACCURACY.has(metric) ? 'accuracy' : metric;

export interface ResultNumber {
  sum: MarkedInterval | undefined;
  /** A median that lies among the failures in some seed. */
  infinite: boolean;
  /** The best of its column. */
  best: boolean;
  /** Of the attack that leaves the arm least, whatever metric is shown. */
  strongest: boolean;
  doubtful: boolean;
  /** By seed; null is a median that lies among the failures. */
  values: { seed: number; value: number | null }[];
  /** Against one who does not know of the defence in front of the model. */
  oblivious: MarkedInterval | undefined;
}

export interface ResultGrid {
  metric: string;
  /** CLEAN, then the attacks by index. */
  columns: number[];
  rows: readonly ResultRow[];
  /** By row and column; null where nothing was evaluated. */
  numbers: (ResultNumber | null)[][];
  means: number[];
  /** Of one precision over the whole table, so that numbers stand under each other. */
  decimals: number;
  scale: Scale;
}

const sumAt = (row: ResultRow, column: number, metric: string): MarkedInterval | undefined =>
  (column === CLEAN ? row.clean : row.attacks[column])?.[nameAt(column, metric)];

/** What an attack is judged by: of those that seek different things none is the strongest. */
const aimOf = (sums: MetricIntervals | undefined): string | undefined =>
  PREFERRED.find((name) => sums?.[name]);

function isStrongest({ attacks }: ResultRow, column: number): boolean {
  const aim = aimOf(attacks[column]);
  if (!aim) return false;
  const left = attacks.flatMap((sums) => (aimOf(sums) === aim ? sums![aim]!.mean : []));
  const [least, most] = [Math.min(...left), Math.max(...left)];
  // Where all leave the same none is the strongest.
  return least < most && attacks[column]![aim]!.mean === (measureOf(aim).better === 'lower' ? most : least);
}

/** @param attacks how many there are */
export function resultGrid(rows: readonly ResultRow[], attacks: number, metric: string): ResultGrid {
  const measure = measureOf(metric);
  const columns = [CLEAN, ...Array.from({ length: attacks }, (_, i) => i)];
  const means = rows.flatMap((row) => columns.flatMap((column) => sumAt(row, column, metric)?.mean ?? []));
  /** Per column the best mean over arms; no best where all are equal or the metric has no direction. */
  const best = columns.map((column) => {
    const over = rows.flatMap((row) => sumAt(row, column, metric)?.mean ?? []);
    const { better } = measureOf(nameAt(column, metric));
    if (over.length < 2 || better === 'neither') return null;
    const top = better === 'higher' ? Math.max(...over) : Math.min(...over);
    return over.every((mean) => mean === top) ? null : top;
  });
  return {
    metric,
    columns,
    rows,
    means,
    decimals: decimalsOf(measure.unit, Math.max(0, ...means.map(Math.abs))),
    scale: scaleOf(means, measure.unit === 'share'),
    numbers: rows.map((row) =>
      columns.map((column, place) => {
        const values = row.valuesAt(column, nameAt(column, metric));
        const sum = sumAt(row, column, metric);
        const infinite = metric.startsWith('median') && values.some(({ value }) => value === null);
        if (!sum && !infinite) return null;
        return {
          sum,
          infinite,
          values,
          best: sum !== undefined && best[place] === sum.mean,
          strongest: isStrongest(row, column),
          doubtful: row.failedChecks.length > 0 && (sum?.failedChecks !== undefined || infinite),
          oblivious:
            metric === 'robustAccuracy' && column !== CLEAN
              ? row.attacks[column]?.obliviousRobustAccuracy
              : undefined,
        };
      }),
    ),
  };
}

/** Attacks given with several values, under one head. */
export function attackHeads(
  labels: readonly string[],
): { name: string; columns: { index: number; label: string }[] }[] {
  const groups: ReturnType<typeof attackHeads> = [];
  labels.forEach((label, index) => {
    const [name = label, ...rest] = label.split(' · ');
    if (groups.at(-1)?.name !== name) groups.push({ name, columns: [] });
    groups.at(-1)!.columns.push({ index, label: rest.join(' · ') });
  });
  return groups;
}

/** How a number of the grid is written. */
export const shownIn = ({ metric, decimals }: ResultGrid, value: number): string =>
  fixed(value, measureOf(metric).unit, decimals);

export const meanText = (grid: ResultGrid, { sum, infinite }: ResultNumber): string =>
  infinite ? '∞' : shownIn(grid, sum!.mean);

/** The interval; empty with one seed. */
export const spreadText = (grid: ResultGrid, { sum, infinite }: ResultNumber): string =>
  sum && sum.n > 1 && !infinite && sum.low !== null && sum.high !== null
    ? `${shownIn(grid, sum.low)} – ${shownIn(grid, sum.high)}`
    : '';

/** What a dagger means, and which checks failed where. */
export const doubtNotes = (rows: readonly ResultRow[]): string[] => {
  const doubtful = rows.filter((row) => row.failedChecks.length > 0);
  return doubtful.length === 0
    ? []
    : [
        `${MARK} a check of the verdict failed: the number is not to be believed.`,
        ...doubtful.map((row) => `${MARK} ${row.family.label}: ${row.failedChecks.join(', ')}`),
      ];
};

/** @param columnNames of the attacks, by index */
export function resultMatrix(grid: ResultGrid, columnNames: readonly string[], inks: Palette): Matrix {
  const measure = measureOf(grid.metric);
  return {
    title: `${withUnit(measure.title, measure.unit)}: attack × defence`,
    rowsAre: 'arm',
    columnsAre: 'attack',
    rows: grid.rows.map(({ family }) => family.label),
    columns: grid.columns.map((column) =>
      column === CLEAN ? cleanTitle(grid.metric) : columnNames[column]!,
    ),
    cells: grid.numbers.map((row) =>
      row.map((number) => {
        if (!number) return null;
        const text = meanText(grid, number) + (number.doubtful ? ` ${MARK}` : '');
        return {
          text,
          small: spreadText(grid, number),
          fill: number.sum ? inkedShade(number.sum.mean, grid.scale, inks) : inks.surface,
          framed: number.strongest,
          best: number.best,
          told: text,
        };
      }),
    ),
    notes: [
      'Bold: the best arm. Framed: the strongest attack on the arm. Small: 95 % interval over seeds.',
      ...doubtNotes(grid.rows),
    ],
  };
}
