/** Curves of several sessions over each other: as recorded, pale, beside smoothed, strong. */
import type { Curve } from '../../src-main/contract/fold';
import type { SeriesInfo } from '../../src-main/contract/metrics';
import { fixed, grouped, scaled, unitText, withUnit } from '../format';
import { armColor, armDash, type Palette } from '../theme/inks';
import { axis, base } from './base';
import { meanCurve, MOST_SYMBOLS } from './curves';
import type { ChartOption, LineSeriesOption } from './echarts';

export interface OverlayLine {
  name: string;
  color: number;
  /** One a seed. */
  curves: readonly Curve[];
}

export interface OverlaySettings {
  /** 0: not at all, up to below 1. */
  smoothing: number;
  /** Whether the recorded curves are drawn beside the smoothed. */
  raw: boolean;
  logX: boolean;
  logY: boolean;
}

/** Stretches that the recorded curves are drawn in: about a pixel each. */
const STRETCHES = 250;

/**
 * Exponential moving average, freed from its start at zero (Kingma & Ba 2015, section 3): what TensorBoard calls smoothing.
 */
export function smoothed({ x, y }: Curve, weight: number): Curve {
  if (weight <= 0) return { x, y };
  let average = 0;
  let bias = 1;
  return {
    x,
    y: y.map((value) => {
      // What is no number is left out of the average and stays where it was.
      if (!Number.isFinite(value)) return value;
      average = weight * average + (1 - weight) * value;
      bias *= weight;
      return average / (1 - bias);
    }),
  };
}

/** The lowest and highest point of each stretch, in order: no spike is lost, unlike in a mean. */
export function extremes({ x, y }: Curve, stretches = STRETCHES): Curve {
  if (x.length <= 2 * stretches) return { x, y };
  const kept: Curve = { x: [], y: [] };
  for (let stretch = 0; stretch < stretches; stretch++) {
    const from = Math.floor((stretch * x.length) / stretches);
    const to = Math.floor(((stretch + 1) * x.length) / stretches);
    let [low, high] = [from, from];
    for (let i = from + 1; i < to; i++) {
      if (y[i]! < y[low]!) low = i;
      if (y[i]! > y[high]!) high = i;
    }
    for (const i of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) {
      kept.x.push(x[i]!);
      kept.y.push(y[i]!);
    }
  }
  return kept;
}

export function overlayOption(
  lines: readonly OverlayLine[],
  info: SeriesInfo,
  { smoothing, raw, logX, logY }: OverlaySettings,
  palette: Palette,
): ChartOption {
  // A logarithm has no place for what is not above 0.
  const pairs = ({ x, y }: Curve): [number, number][] =>
    x.flatMap((at, i) => {
      const value = scaled(y[i]!, info.unit);
      return (logX && at <= 0) || (logY && value <= 0) ? [] : [[at, value] as [number, number]];
    });
  const series = lines.flatMap(({ name, color, curves }): LineSeriesOption[] => {
    const begun = curves.filter(({ x }) => x.length > 0);
    if (begun.length === 0) return [];
    const stroke = armColor(palette, color);
    const common = {
      type: 'line' as const,
      showSymbol: false,
      emphasis: { disabled: true },
      itemStyle: { color: stroke },
    };
    const mean = pairs(meanCurve(begun.map((curve) => smoothed(curve, smoothing))));
    const strong: LineSeriesOption = {
      ...common,
      name,
      z: 3,
      data: mean,
      // A line of one point would not be seen.
      showSymbol: mean.length <= MOST_SYMBOLS,
      symbol: 'circle',
      symbolSize: 4,
      lineStyle: { color: stroke, width: 2, type: armDash(color) },
    };
    if (!raw) return [strong];
    const pale = begun.map((curve): LineSeriesOption => ({
      ...common,
      silent: true,
      tooltip: { show: false },
      data: pairs(extremes(curve)),
      lineStyle: { color: stroke, width: 1, opacity: 0.25, type: 'solid' },
    }));
    return [...pale, strong];
  });
  const { tooltip, ...rest } = base(palette);
  const unit = unitText(info.unit);
  return {
    ...rest,
    grid: { left: 56, right: 14, top: 12, bottom: 40 },
    tooltip: {
      ...tooltip,
      trigger: 'axis',
      axisPointer: { type: 'line', lineStyle: { color: palette.ink3 } },
      formatter: (items) => {
        const named = [items]
          .flat()
          .filter(({ seriesName }) => lines.some(({ name }) => name === seriesName));
        if (named.length === 0) return '';
        const [x] = named[0]!.value as [number, number];
        return [
          `${grouped(Math.round(1000 * x) / 1000)} ${info.x}`,
          ...named.map(({ seriesName, value }) => {
            const [, y] = value as [number, number];
            return `${seriesName}  ${(info.unit === 'share' ? y.toFixed(1) : fixed(y, info.unit)).replace('-', '−')} ${unit}`;
          }),
        ].join('\n');
      },
    },
    xAxis: {
      type: logX ? 'log' : 'value',
      ...(logX ? {} : { min: 0 }),
      ...axis(palette, info.x, 24),
      splitLine: { show: false },
    },
    yAxis: {
      type: logY ? 'log' : 'value',
      scale: true,
      ...axis(palette, withUnit(info.title.replace(/ \(.*\)/, ''), info.unit), 40),
      axisLine: { show: false },
    },
    series,
  };
}
