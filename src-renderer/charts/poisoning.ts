/** How little poison is enough: what a poisoning reached against its rate, a line each poisoning and defence. */
import type { RunState } from '../../src-main/contract/fold';
import type { Applied } from '../../src-main/contract/params';
import { shareInterval, type Interval } from '../../src-main/contract/statistics';
import { familyKey, summarize, type MetricIntervals } from '../../src-main/contract/summary';
import type { Palette } from '../theme/inks';
import type { BandedLine } from './banded';
import type { ChartOption } from './echarts';
import type { Family } from './families';
import { sharesOption } from './shares';

/** Success over seeds: of a backdoor its rate, of a targeted poisoning the share of seeds in which the input fell. */
function successOf(state: RunState, arms: readonly number[]): Interval | null {
  return shareInterval(
    arms.flatMap((arm) => {
      const metrics = state.arms[arm]?.triggered?.metrics;
      return metrics?.['attackSuccessRate'] ?? metrics?.['targetSuccess'] ?? [];
    }),
  );
}

const accuracyOf = (state: RunState, arms: readonly number[]): Interval | null =>
  shareInterval(arms.flatMap((arm) => state.arms[arm]?.clean?.metrics['accuracy'] ?? []));

/** A poisoning without its rate: what tells one line from another. */
const withoutRate = ({ id, params }: Applied): string => JSON.stringify([id, { ...params, rate: null }]);

/**
 * For each poisoning and defence two lines over the rates: success (solid) and clean accuracy (dotted). The clean families stand
 * at rate 0 of the accuracy.
 */
export function poisonLines(state: RunState, families: readonly Family[]): BandedLine[] {
  const plans = families.flatMap((family) => {
    const plan = state.arms[family.arms[0]!]?.plan;
    return plan ? [{ family, plan }] : [];
  });
  const lines = new Map<string, typeof plans>();
  for (const one of plans) {
    if (!one.plan.poisoning) continue;
    const key = JSON.stringify([withoutRate(one.plan.poisoning), one.plan.defense, one.plan.model]);
    lines.set(key, [...(lines.get(key) ?? []), one]);
  }
  return [...lines.values()].flatMap((members) => {
    const [{ family, plan }] = members as [(typeof plans)[number]];
    const clean = plans.find(
      (other) =>
        !other.plan.poisoning &&
        JSON.stringify([other.plan.defense, other.plan.model]) === JSON.stringify([plan.defense, plan.model]),
    );
    const over = (value: typeof successOf, withClean: boolean) =>
      [...(withClean && clean ? [clean] : []), ...members]
        .flatMap((one) => {
          const y = value(state, one.family.arms);
          return y ? [{ x: 100 * Number(one.plan.poisoning?.params['rate'] ?? 0), y }] : [];
        })
        .sort((a, b) => a.x - b.x);
    const name = family.label.replace(/,? ?rate[ =][\d.]+/, '');
    const all: BandedLine[] = [
      {
        name: `${name}: attack success`,
        color: family.color,
        dash: 'solid',
        points: over(successOf, false),
        marked: true,
      },
      {
        name: `${name}: clean accuracy`,
        color: family.color,
        dash: [2, 3],
        points: over(accuracyOf, true),
        marked: true,
      },
    ];
    return all.filter(({ points }) => points.length > 0);
  });
}

export interface PoisonRow {
  family: Family;
  /** Clean accuracy, what the poisoning reached, and what a filter removed. */
  metrics: MetricIntervals;
}

/** Of the families that learnt from poisoned data, or whose data a filter looked through. */
export function poisonRows(state: RunState, families: readonly Family[]): PoisonRow[] {
  const { summary } = summarize(state);
  return families.flatMap((family) => {
    const found = summary.find((row) => familyKey(row) === family.key);
    if (!found) return [];
    const { poisoning, attacks, filter, clean } = found;
    const reached = attacks.find(({ id }) => id === poisoning?.id)?.metrics;
    if (!reached && !filter) return [];
    const { accuracy } = clean;
    return [{ family, metrics: { ...reached, ...filter, ...(accuracy && { accuracy }) } }];
  });
}

export function poisonOption(lines: readonly BandedLine[], palette: Palette): ChartOption {
  const most = Math.max(1, ...lines.flatMap(({ points }) => points.map(({ x }) => x)));
  return sharesOption(
    lines,
    { name: 'training samples poisoned (%)', max: most },
    'Success, accuracy (%)',
    palette,
  );
}
