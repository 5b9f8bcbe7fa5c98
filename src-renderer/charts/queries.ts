/** How far attacks come with the questions they ask: a line an attack in its arm's colour, with its interval over seeds. */
import type { AttackCurve } from '../../src-main/contract/fold';
import { ATTACK_CURVES, type Measure } from '../../src-main/contract/metrics';
import { meanInterval, type Interval } from '../../src-main/contract/statistics';
import { fixed, grouped, scaled, unitText, withUnit } from '../format';
import { armColor, type Palette } from '../theme/palette';
import { axis, base } from './base';
import type { ChartOption, LineSeriesOption } from './echarts';

export interface QueryLine {
  arm: string;
  attack: string;
  color: number;
  dash: Dash;
  points: { x: number; y: Interval }[];
}

export type Dash = 'solid' | number[];
/** Attacks share their arm's colour and are told apart by the stroke. */
const DASHES: Dash[] = ['solid', [7, 3], [2, 3], [9, 3, 2, 3], [14, 4], [2, 6]];
export const attackDash = (place: number): Dash => DASHES[place % DASHES.length]!;

/** Value of a curve at x: that of the last point before; undefined before the first. */
function valueAt({ x, y }: Pick<AttackCurve, 'x' | 'y'>, at: number): number | undefined {
  const after = x.findIndex((value) => value > at);
  return y[after === -1 ? y.length - 1 : after - 1];
}

/** Mean over seeds from where all have a value; after its last question a curve stays where it is. */
export function meanOverSeeds(curves: readonly Pick<AttackCurve, 'x' | 'y'>[]): QueryLine['points'] {
  const places = [...new Set(curves.flatMap(({ x }) => [...x]))].sort((a, b) => a - b);
  return places.flatMap((x) => {
    const values = curves.map((curve) => valueAt(curve, x)).filter((value) => value !== undefined);
    const y = values.length === curves.length ? meanInterval(values) : null;
    return y ? [{ x, y }] : [];
  });
}

const clip = (value: number, unit: Measure['unit']): number =>
  Math.max(0, unit === 'share' ? Math.min(1, value) : value);

export function queriesOption(lines: readonly QueryLine[], series: string, palette: Palette): ChartOption {
  const { title, x: xName, unit } = ATTACK_CURVES[series]!;
  const nameOf = ({ arm, attack }: QueryLine): string => `${attack}, ${arm}`;
  const drawn = lines.flatMap((line): LineSeriesOption[] => {
    const color = armColor(palette, line.color);
    const common = { type: 'line' as const, showSymbol: false, emphasis: { disabled: true } };
    const mean: LineSeriesOption = {
      ...common,
      name: nameOf(line),
      data: line.points.map(({ x, y }) => [x, scaled(y.mean, unit)]),
      z: 3,
      itemStyle: { color },
      lineStyle: { color, width: 2, type: line.dash },
    };
    if (line.points.every(({ y }) => y.low === null)) return [mean];
    // The interval is what is stacked between its ends.
    const band = line.points.map(({ x, y }) => ({
      x,
      low: clip(y.low ?? y.mean, unit),
      high: clip(y.high ?? y.mean, unit),
    }));
    const silent = {
      ...common,
      silent: true,
      stack: nameOf(line),
      tooltip: { show: false },
      lineStyle: { opacity: 0 },
    };
    return [
      { ...silent, data: band.map(({ x, low }) => [x, scaled(low, unit)]) },
      {
        ...silent,
        data: band.map(({ x, low, high }) => [x, scaled(high - low, unit)]),
        areaStyle: { color, opacity: 0.14 },
      },
      mean,
    ];
  });
  const told = (at: number): string[] =>
    lines.flatMap((line) => {
      const point = line.points.filter(({ x }) => x <= at).at(-1);
      if (!point) return [];
      const { mean, low, high } = point.y;
      const range = low === null || high === null ? '' : `  [${fixed(low, unit)}, ${fixed(high, unit)}]`;
      return [`${nameOf(line)}  ${fixed(mean, unit)} ${unitText(unit)}${range}`];
    });
  const { tooltip, ...rest } = base(palette);
  return {
    ...rest,
    grid: { left: 52, right: 18, top: 10, bottom: 40 },
    tooltip: {
      ...tooltip,
      trigger: 'axis',
      axisPointer: { type: 'line', lineStyle: { color: palette.line } },
      formatter: (items) => {
        const [x] = [items].flat()[0]!.value as [number, number];
        return [`${grouped(x)} ${xName}`, ...told(x)].join('\n');
      },
    },
    xAxis: {
      type: 'log',
      min: 1,
      max: Math.max(10, ...lines.map(({ points }) => points.at(-1)?.x ?? 0)),
      ...axis(palette, `${xName} an input`, 24),
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      ...(unit === 'share' ? { max: 100 } : {}),
      ...axis(palette, withUnit(title.replace(/ by .*/, ''), unit), 38),
      axisLine: { show: false },
    },
    series: drawn,
  };
}
