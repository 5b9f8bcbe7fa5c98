/** The trade-off board: what each defence gains and what it costs, which of them nothing else beats, and which to take. */
import type { RunState } from './fold';
import type { Applied } from './params';
import type { Measure } from './metrics';
import { MEASURES } from './metrics';
import type { GroupSummary, MarkedInterval } from './summary';
import type { Interval } from './statistics';
import { failedChecks } from './verdict';

interface BoardMeasure {
  /** Under this name in MEASURES. */
  measure: string;
  valueOf(group: GroupSummary): MarkedInterval | null;
}

const scaledBy = (interval: Interval | null | undefined, factor: number): Interval | null =>
  interval
    ? {
        mean: factor * interval.mean,
        low: interval.low === null ? null : factor * interval.low,
        high: interval.high === null ? null : factor * interval.high,
        n: interval.n,
      }
    : null;

/** The lowest of a metric over the attacks that have it. */
function lowest({ attacks }: GroupSummary, metric: string): MarkedInterval | null {
  const found = attacks.flatMap(({ metrics }) => metrics[metric] ?? []);
  return found.sort((a, b) => a.mean - b.mean)[0] ?? null;
}

/** What is left of an agent is a return, of a classifier a share. */
const ofAgents = ({ clean }: GroupSummary): boolean => clean.return !== undefined;

/** The columns of the board, in order. `sampleCount` is needed for times an input. */
const measuresFor = (sampleCount: number): BoardMeasure[] => [
  { measure: 'cleanAccuracy', valueOf: ({ clean }) => clean.accuracy ?? null },
  { measure: 'worstCase', valueOf: (group) => (ofAgents(group) ? null : group.worstCase) },
  { measure: 'unseenAccuracy', valueOf: (group) => (ofAgents(group) ? null : group.unseen) },
  { measure: 'cleanReturn', valueOf: ({ clean }) => clean.return ?? null },
  { measure: 'worstReturn', valueOf: (group) => (ofAgents(group) ? group.worstCase : null) },
  { measure: 'obliviousWorstCase', valueOf: (group) => lowest(group, 'obliviousRobustAccuracy') },
  { measure: 'corruptedAccuracy', valueOf: ({ corruptions }) => corruptions?.mean ?? null },
  {
    measure: 'certifiedAccuracy',
    valueOf: (group) => group.clean.certifiedAccuracy ?? lowest(group, 'certifiedAccuracy'),
  },
  { measure: 'trainingSeconds', valueOf: ({ trainingSeconds }) => trainingSeconds },
  { measure: 'trainingGradients', valueOf: ({ trainingGradients }) => trainingGradients },
  {
    measure: 'inferenceMilliseconds',
    valueOf: ({ clean }) => (sampleCount > 0 ? scaledBy(clean.seconds, 1000 / sampleCount) : null),
  },
];

export interface BoardRow {
  model: Applied | null;
  poisoning: Applied | null;
  defense: Applied | null;
  seeds: number[];
  /** By name of the measure; only those that some row has. */
  values: Record<string, MarkedInterval | null>;
  /** Nothing else is at least as good left alone and at the worst, and better in one of them. */
  onFront: boolean;
  holds: boolean;
  robust: boolean;
  failedChecks: string[];
}

export interface Board {
  /** Measures that some row has, in order. */
  measures: string[];
  rows: BoardRow[];
}

/** The two measures that defences are weighed by first: left alone, and at the worst. */
export const weighedBy = (measures: readonly string[]): { clean: string; worst: string } =>
  measures.includes('cleanReturn')
    ? { clean: 'cleanReturn', worst: 'worstReturn' }
    : { clean: 'cleanAccuracy', worst: 'worstCase' };

/** Inputs of each evaluation; 0 before the first. */
export const samplesOf = ({ arms }: RunState): number =>
  arms.find(({ clean }) => clean?.outcome)?.clean?.outcome?.length ?? 0;

/** @param samples inputs of each evaluation */
export function boardOf(summary: readonly GroupSummary[], samples: number): Board {
  const measures = measuresFor(samples).filter(({ valueOf }) =>
    summary.some((group) => valueOf(group) !== null),
  );
  const rows = summary.map((group): BoardRow => ({
    model: group.model,
    poisoning: group.poisoning,
    defense: group.defense,
    seeds: group.seeds,
    values: Object.fromEntries(measures.map(({ measure, valueOf }) => [measure, valueOf(group)])),
    onFront: false,
    holds: group.verdict.holds,
    robust: group.verdict.robust,
    failedChecks: failedChecks(group.verdict),
  }));
  const { clean, worst } = weighedBy(measures.map(({ measure }) => measure));
  const front = paretoFront(rows, clean, worst);
  rows.forEach((row, i) => (row.onFront = front.includes(i)));
  return { measures: measures.map(({ measure }) => measure), rows };
}

const sign = (measure: string): number => (measureFor(measure).better === 'lower' ? -1 : 1);
const measureFor = (name: string): Measure => MEASURES[name]!;

/**
 * Places of the rows that no other row beats: none is at least as good in both measures and better in one. Rows without one
 * of the numbers, and those whose numbers do not hold, are left out. Ordered by the first measure.
 */
export function paretoFront(rows: readonly BoardRow[], x: string, y: string): number[] {
  const points = rows.flatMap((row, i) => {
    const [a, b] = [row.values[x], row.values[y]];
    return a && b && row.failedChecks.length === 0 ? [{ i, a: sign(x) * a.mean, b: sign(y) * b.mean }] : [];
  });
  return points
    .filter(
      (one) =>
        !points.some((other) => other.a >= one.a && other.b >= one.b && (other.a > one.a || other.b > one.b)),
    )
    .sort((one, other) => one.a - other.a)
    .map(({ i }) => i);
}

export interface Demand {
  /** Least clean accuracy, 0 to 1. */
  floor: number;
  /** Most seconds that one training may take; Infinity without a limit. */
  budget: number;
}

export interface Choice {
  /** Place among the rows; null when none meets the demand. */
  best: number | null;
  /** Of each row: why it was left out, or null. */
  leftOut: (string | null)[];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function reasonAgainst({ values, failedChecks: failed }: BoardRow, { floor, budget }: Demand): string | null {
  const { cleanAccuracy, worstCase, trainingSeconds } = values;
  if (!cleanAccuracy || !worstCase) return 'not evaluated under attack';
  if (cleanAccuracy.mean < floor)
    return `clean accuracy ${percent(cleanAccuracy.mean)}, below ${percent(floor)}`;
  // What came trained costs no training here.
  if (trainingSeconds && trainingSeconds.mean > budget)
    return `trains for ${trainingSeconds.mean.toFixed(0)} s, more than ${budget} s`;
  if (failed.length > 0) return `its number does not hold: ${failed.join(', ')} failed`;
  return null;
}

/**
 * The row of the highest worst-case accuracy (mean over seeds) among those that meet the demand and whose checks hold; of equals the
 * one that trains faster, then the one that stands first.
 */
export function chooseDefense(rows: readonly BoardRow[], demand: Demand): Choice {
  const leftOut = rows.map((row) => reasonAgainst(row, demand));
  const [best = null] = rows
    .flatMap((_, i) => (leftOut[i] === null ? [i] : []))
    .sort(
      (a, b) =>
        rows[b]!.values.worstCase!.mean - rows[a]!.values.worstCase!.mean ||
        (rows[a]!.values.trainingSeconds?.mean ?? 0) - (rows[b]!.values.trainingSeconds?.mean ?? 0) ||
        a - b,
    );
  return { best, leftOut };
}
