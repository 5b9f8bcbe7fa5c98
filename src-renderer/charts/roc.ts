/** How well detectors tell an attack from clean inputs: a ROC each, against an oblivious and an adaptive attacker. */
import type { RunState } from '../../src-main/contract/fold';
import type { Palette } from '../theme/inks';
import type { BandedLine, Dash } from './banded';
import type { ChartOption } from './echarts';
import type { Family } from './families';
import { meanOverSeeds } from './queries';
import { sharesOption } from './shares';

const ATTACKERS: { series: string; name: string; dash: Dash }[] = [
  { series: 'obliviousRoc', name: 'oblivious attacker', dash: [3, 3] },
  { series: 'adaptiveRoc', name: 'adaptive attacker', dash: 'solid' },
];

export const isRoc = (series: string): boolean => ATTACKERS.some((attacker) => attacker.series === series);

/** Two lines a family with a detector, against one attack. */
export const rocLines = (state: RunState, families: readonly Family[], attack: number): BandedLine[] =>
  families.flatMap(({ label, color, arms }) =>
    ATTACKERS.flatMap(({ series, name, dash }) => {
      const curves = arms.flatMap((arm) =>
        state.arms[arm]!.attackCurves.filter((curve) => curve.series === series && curve.attack === attack),
      );
      if (curves.length === 0) return [];
      const points = meanOverSeeds(curves).map(({ x, y }) => ({ x: 100 * x, y }));
      return [{ name: `${label}, ${name}`, color, dash, points }];
    }),
  );

export const rocOption = (lines: readonly BandedLine[], palette: Palette): ChartOption =>
  sharesOption(
    lines,
    { name: 'clean inputs rejected (%)', max: 100 },
    'Adversarial inputs found (%)',
    palette,
  );
