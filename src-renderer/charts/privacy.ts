/** What a model gives away: who was trained on, over false accusations, and how like it a copy is, over queries. */
import type { RunState } from '../../src-main/contract/fold';
import { ATTACK_CURVES } from '../../src-main/contract/metrics';
import { fixed, grouped } from '../format';
import type { Palette } from '../theme/inks';
import { banded, overLines, type BandedLine } from './banded';
import { axis } from './base';
import type { ChartOption } from './echarts';
import type { Family } from './families';
import { attackDash, meanOverSeeds } from './queries';

/** Curves of privacy attacks, by what a switch calls them. */
export const PRIVACY_CURVES: Record<string, string> = {
  membershipRoc: 'members',
  fidelityByQueries: 'fidelity',
  copyAccuracyByQueries: 'copy’s accuracy',
};

/** Lowest share on the log axes of a ROC, in per cent: a false accusation in a thousand. */
const LOWEST = 0.1;

export const hasPrivacyCurves = (state: RunState): boolean =>
  Object.keys(PRIVACY_CURVES).some((series) => attacksWith(state, series).length > 0);

/** Attacks that have a curve of this kind, by their index in the plan. */
export const attacksWith = ({ arms }: RunState, series: string): number[] => [
  ...new Set(
    arms.flatMap(({ attackCurves }) =>
      attackCurves.filter((curve) => curve.series === series).map(({ attack }) => attack),
    ),
  ),
];

/** A line a family and attack: families by colour, attacks by stroke. */
export const privacyLines = (
  state: RunState,
  families: readonly Family[],
  series: string,
  labels: readonly string[],
): BandedLine[] =>
  families.flatMap(({ label, color, arms }) =>
    attacksWith(state, series).flatMap((attack, place) => {
      const curves = arms.flatMap((arm) =>
        state.arms[arm]!.attackCurves.filter((curve) => curve.series === series && curve.attack === attack),
      );
      if (curves.length === 0) return [];
      return [
        {
          name: `${labels[attack]}, ${label}`,
          color,
          dash: attackDash(place),
          points: meanOverSeeds(curves),
          marked: series !== 'membershipRoc',
        },
      ];
    }),
  );

export function privacyOption(lines: readonly BandedLine[], series: string, palette: Palette): ChartOption {
  return series === 'membershipRoc' ? rocOption(lines, palette) : queriesOption(lines, series, palette);
}

/** Both axes logarithmic, so that the corner of few false accusations, which alone would convict anybody, fills the picture. */
function rocOption(lines: readonly BandedLine[], palette: Palette): ChartOption {
  const shown = lines.map((line) => ({
    ...line,
    // What is not above 0 has no logarithm; a line begins where its first member is found.
    points: line.points.flatMap(({ x, y }) =>
      100 * x >= LOWEST && y.mean > 0 ? [{ x: 100 * x, y: { ...y, low: null, high: null } }] : [],
    ),
  }));
  const log = (name: string, gap: number) => ({
    type: 'log' as const,
    min: LOWEST,
    max: 100,
    ...axis(palette, name, gap),
  });
  return {
    ...overLines(shown, 'share', (x) => `${fixed(x / 100, 'share')} % falsely accused`, palette),
    xAxis: log('non-members accused (%)', 24),
    yAxis: log('members found (%)', 38),
    series: [
      ...shown.flatMap((line) => banded(line, 'share', palette)),
      {
        type: 'line',
        name: 'guessing',
        data: [
          [LOWEST, LOWEST],
          [100, 100],
        ],
        silent: true,
        showSymbol: false,
        lineStyle: { color: palette.line, width: 1 },
      },
    ],
  };
}

function queriesOption(lines: readonly BandedLine[], series: string, palette: Palette): ChartOption {
  const title = ATTACK_CURVES[series]!.title.replace(/ by .*/, '');
  const asked = lines.flatMap(({ points }) => points.map(({ x }) => x));
  return {
    ...overLines(lines, 'share', (x) => `${grouped(x)} queries`, palette),
    xAxis: {
      type: 'log',
      // From a power of ten: a copy of one size alone has no width of its own.
      min: 10 ** (Math.ceil(Math.log10(Math.min(1000, ...asked))) - 1),
      max: Math.max(1000, ...asked),
      ...axis(palette, 'queries in all', 24),
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: 100,
      ...axis(palette, `${title} (%)`, 38),
      axisLine: { show: false },
    },
    series: lines.flatMap((line) => banded(line, 'share', palette)),
  };
}
