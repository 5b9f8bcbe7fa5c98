/** What is proven against what was reached: certified accuracy over the radius, and what attacks left at each budget. */
import type { Norm } from '../../src-main/contract/catalog';
import { certifiedAccuracy, certifiedRadii } from '../../src-main/contract/certified';
import type { AttackPlan } from '../../src-main/contract/events';
import type { RunState } from '../../src-main/contract/fold';
import { shareInterval } from '../../src-main/contract/statistics';
import { normSymbol } from '../format';
import type { Palette } from '../theme/inks';
import type { BandedLine, Dash } from './banded';
import type { ChartOption } from './echarts';
import type { Family } from './families';
import { roundedUp } from './robustness';
import { sharesOption } from './shares';

/** Points of a curve of certified accuracy. */
const POINTS = 65;
/** Strokes of what was reached by attacks, beside the solid one of what is proven. */
export const REACHED: Dash = [3, 3];

/** Attacks of a norm by the budget they were given, smallest first. */
function budgets(attacks: readonly AttackPlan[], norm: Norm): number[] {
  const sizes = attacks
    .filter((attack) => attack.norm === norm && typeof attack.params['epsilon'] === 'number')
    .map((attack) => Number(attack.params['epsilon']));
  return [...new Set(sizes)].filter((size) => size > 0).sort((a, b) => a - b);
}

/** A solid line a family of what is proven, a dashed one of what the strongest attack of each budget left. */
export function certifiedLines(state: RunState, families: readonly Family[], norm: Norm): BandedLine[] {
  const attacks = state.plan?.attacks ?? [];
  const radii = certifiedRadii(state, norm, POINTS);
  return families.flatMap(({ label, color, arms }) => {
    const own = arms.map((arm) => state.arms[arm]!);
    const proven = radii.flatMap((x) => {
      const y = certifiedAccuracy(own, norm, x);
      return y ? [{ x, y }] : [];
    });
    if (proven.length === 0) return [];
    const left = [0, ...budgets(attacks, norm)].flatMap((x) => {
      const values = own.flatMap((arm) => {
        const found = attacks
          .filter((attack) => attack.norm === norm && attack.params['epsilon'] === x)
          .flatMap(({ index }) => arm.attacks[index]?.metrics['robustAccuracy'] ?? []);
        const clean = x === 0 ? (arm.clean?.metrics['accuracy'] ?? []) : [];
        const all = [...found, ...[clean].flat()];
        return all.length ? [Math.min(...all)] : [];
      });
      const y = shareInterval(values);
      return y ? [{ x, y }] : [];
    });
    return [
      { name: `${label}, proven`, color, dash: 'solid' as const, points: proven },
      { name: `${label}, under attack`, color, dash: REACHED, points: left, marked: true },
    ];
  });
}

export function certifiedOption(lines: readonly BandedLine[], norm: Norm, palette: Palette): ChartOption {
  const most = Math.max(0, ...lines.flatMap(({ points }) => points.map(({ x }) => x)));
  const x = { name: `${normSymbol(norm)} radius (pixel range)`, max: roundedUp(most) };
  return sharesOption(lines, x, 'Accuracy (%)', palette);
}
