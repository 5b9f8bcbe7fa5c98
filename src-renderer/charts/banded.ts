/** A line with its 95 % interval over seeds as a band around it. */
import type { Measure } from '../../src-main/contract/metrics';
import type { Interval } from '../../src-main/contract/statistics';
import { fixed, scaled, unitText } from '../format';
import { armColor, type Palette } from '../theme/inks';
import { base } from './base';
import type { ChartOption, LineSeriesOption } from './echarts';

export type Dash = 'solid' | number[];

export interface BandedLine {
  name: string;
  /** Place of its arm family in the palette. */
  color: number;
  dash: Dash;
  points: { x: number; y: Interval }[];
  /** Few points that were measured, each marked; else a curve. */
  marked?: boolean;
}

const clip = (value: number, unit: Measure['unit']): number =>
  Math.max(0, unit === 'share' ? Math.min(1, value) : value);

export function banded(line: BandedLine, unit: Measure['unit'], palette: Palette): LineSeriesOption[] {
  const color = armColor(palette, line.color);
  const common = { type: 'line' as const, showSymbol: false, emphasis: { disabled: true } };
  const mean: LineSeriesOption = {
    ...common,
    name: line.name,
    data: line.points.map(({ x, y }) => [x, scaled(y.mean, unit)]),
    z: 3,
    ...(line.marked ? { showSymbol: true, symbol: 'circle', symbolSize: 6 } : {}),
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
    stack: line.name,
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
}

/** The ground of a chart of such lines; its tooltip has the heading for x and every line's value there, or last before. */
export function overLines(
  lines: readonly BandedLine[],
  unit: Measure['unit'],
  heading: (x: number) => string,
  palette: Palette,
): ChartOption {
  const told = (at: number): string[] =>
    lines.flatMap(({ name, points }) => {
      const point = points.filter(({ x }) => x <= at).at(-1);
      if (!point) return [];
      const { mean, low, high } = point.y;
      const range = low === null || high === null ? '' : `  [${fixed(low, unit)}, ${fixed(high, unit)}]`;
      return [`${name}  ${fixed(mean, unit)} ${unitText(unit)}${range}`];
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
        return [heading(x), ...told(x)].join('\n');
      },
    },
  };
}
