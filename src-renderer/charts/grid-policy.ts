/** What a learner thinks of a grid world: greedy actions and values of its cells, and how far two learners differ. */
import type { ArmState, Grid, GridPolicy } from '../../src-main/contract/fold';
import { interquartileInterval } from '../../src-main/contract/statistics';
import { plain } from '../format';
import type { Palette } from '../theme/inks';
import type { BandedLine } from './banded';
import type { ChartOption, LineSeriesOption } from './echarts';
import type { Family } from './families';
import { roundedUp } from './robustness';
import { sharesOption } from './shares';

/** Where an action goes, by its name; null for one that goes nowhere. */
const ARROWS: Record<string, string> = {
  left: '←',
  right: '→',
  up: '↑',
  down: '↓',
  west: '←',
  east: '→',
  north: '↑',
  south: '↓',
};
export const arrowOf = (action: string): string | null => ARROWS[action] ?? null;

export interface MapCell {
  cell: number;
  x: number;
  y: number;
  /** Greedy action; null where none can be chosen, or all are valued alike. */
  action: number | null;
  /** What the best action is worth; null where none can be chosen. */
  value: number | null;
  /** Share of the steps whose pay was altered so far, and their mean change. */
  altered: number;
  change: number;
}

export function mapCells({ places, living, actionNames }: Grid, policy: GridPolicy): MapCell[] {
  const n = actionNames.length;
  return Array.from(living, (alive, cell) => {
    const scores = policy.scores.subarray(cell * n, (cell + 1) * n);
    const best = Math.max(...scores);
    return {
      cell,
      x: places[2 * cell]!,
      y: places[2 * cell + 1]!,
      action: alive && best > Math.min(...scores) ? scores.indexOf(best) : null,
      value: alive ? best : null,
      altered: policy.altered[cell]!,
      change: policy.change[cell]!,
    };
  });
}

/** Cells in which the second does something else than the first. */
export const leaving = (clean: readonly MapCell[], other: readonly MapCell[]): Set<number> =>
  new Set(
    other
      .filter(({ action }, i) => action !== null && clean[i]?.action != null && clean[i].action !== action)
      .map(({ cell }) => cell),
  );

/** The last examination up to that many trained steps; null where there is none. */
export const policyAt = ({ gridPolicies }: ArmState, steps: number): GridPolicy | null =>
  gridPolicies.filter(({ trainedSteps }) => trainedSteps <= steps).at(-1) ?? null;

/** Share of the target states adopted, against Δ: a line for each kind of targeted poisoning and defence. */
export interface Adoption {
  lines: BandedLine[];
  /** The bounds; null where no arm has told them yet. */
  safe: number | null;
  feasible: number | null;
}

export function adoption(
  arms: readonly ArmState[],
  families: readonly Family[],
  titleOf: (attack: string) => string,
): Adoption {
  const target = arms.find((arm) => arm.target)?.target ?? null;
  const lines = new Map<string, BandedLine>();
  for (const { poisoning, defense, arms: own, color } of families) {
    const delta = poisoning?.params['delta'];
    const values = own.flatMap((arm) => arms[arm]?.clean?.metrics['targetAdopted'] ?? []);
    const y = interquartileInterval(values);
    if (typeof delta !== 'number' || !y) continue;
    const name = [titleOf(poisoning!.id), ...(defense ? [titleOf(defense.id)] : [])].join(', ');
    const line = lines.get(name) ?? { name, color, dash: 'solid' as const, points: [], marked: true };
    line.points.push({ x: delta, y });
    line.points.sort((a, b) => a.x - b.x);
    lines.set(name, line);
  }
  return { lines: [...lines.values()], safe: target?.safe ?? null, feasible: target?.feasible ?? null };
}

export function adoptionOption({ lines, safe, feasible }: Adoption, palette: Palette): ChartOption {
  const most = Math.max(0, feasible ?? 0, ...lines.flatMap(({ points }) => points.map(({ x }) => x)));
  const option = sharesOption(
    lines,
    { name: 'Δ (reward)', max: roundedUp(most) },
    'Target adopted (%)',
    palette,
  );
  /** Its name stands at the line's end, right of it at the top or at the foot. */
  const bound = (x: number | null, text: string, at: 'top' | 'foot'): LineSeriesOption[] =>
    x === null
      ? []
      : [
          {
            type: 'line',
            data:
              at === 'top'
                ? [
                    [x, 0],
                    [x, 100],
                  ]
                : [
                    [x, 100],
                    [x, 0],
                  ],
            silent: true,
            showSymbol: false,
            tooltip: { show: false },
            lineStyle: { color: palette.ink3, width: 1, type: [4, 3] },
            endLabel: {
              show: true,
              formatter: `${text} ${plain(Number(x.toPrecision(3)))}`,
              color: palette.ink2,
              fontSize: 11,
              align: 'left',
              verticalAlign: 'bottom',
              distance: 4,
            },
          },
        ];
  return {
    ...option,
    grid: { left: 52, right: 34, top: 24, bottom: 40 },
    series: [
      ...[option.series ?? []].flat(),
      ...bound(safe, 'safe', 'top'),
      ...bound(feasible, 'feasible', 'foot'),
    ],
  } as ChartOption;
}
