/** Curves of several sessions over each other: as recorded, pale, beside smoothed, strong. */
import type { SeriesInfo } from '../../src-main/contract/metrics';
import { fixed, grouped, scaled, unitText, withUnit } from '../format';
import { armColor, armDash, type Palette } from '../theme/inks';
import { axis, base } from './base';
import { meanCurve, MOST_SYMBOLS, type Points } from './curves';
import type { ChartOption, LineSeriesOption } from './echarts';
import { logAxis } from './log-axis';

export interface OverlayLine {
  name: string;
  color: number;
  /** One a seed. */
  curves: readonly Points[];
}

export interface OverlaySettings {
  /** 0: not at all, up to below 1. */
  smoothing: number;
  /** Whether the recorded curves are drawn beside the smoothed. */
  raw: boolean;
  logX: boolean;
  logY: boolean;
}

/**
 * Points of all lines of a kind together, so that they are drawn within a frame: what a line costs are its points, and
 * twenty lines need not be as fine as one.
 */
const POINTS = 3600;
/** Of one line: two a stretch, and a stretch is a few pixels wide. */
const FEWEST_STRETCHES = 60;
const MOST_STRETCHES = 250;

const stretchesFor = (lines: number): number =>
  Math.round(Math.max(FEWEST_STRETCHES, Math.min(MOST_STRETCHES, POINTS / 2 / lines)));

/**
 * Exponential moving average, freed from its start at zero (Kingma & Ba 2015, section 3): what TensorBoard calls smoothing.
 */
export function smoothed({ x, y }: Points, weight: number): Points {
  if (weight <= 0) return { x, y };
  const averages = new Float64Array(y.length);
  let average = 0;
  let bias = 1;
  for (let i = 0; i < y.length; i++) {
    const value = y[i]!;
    if (Number.isFinite(value)) {
      average = weight * average + (1 - weight) * value;
      bias *= weight;
    }
    // What is no number is left out of the average and stays where it was.
    averages[i] = Number.isFinite(value) ? average / (1 - bias) : value;
  }
  return { x, y: averages };
}

/** Places of the lowest and highest point of each stretch, in order: no spike is lost, unlike in a mean. */
export function extremes(y: ArrayLike<number>, stretches = MOST_STRETCHES): number[] {
  if (y.length <= 2 * stretches) return Array.from(y, (_, i) => i);
  const kept: number[] = [];
  for (let stretch = 0; stretch < stretches; stretch++) {
    const from = Math.floor((stretch * y.length) / stretches);
    const to = Math.floor(((stretch + 1) * y.length) / stretches);
    let [low, high] = [from, from];
    for (let i = from + 1; i < to; i++) {
      if (y[i]! < y[low]!) low = i;
      if (y[i]! > y[high]!) high = i;
    }
    if (low === high) kept.push(low);
    else kept.push(Math.min(low, high), Math.max(low, high));
  }
  return kept;
}

/** Least and greatest of the numbers at every second place, from `first` on; infinite for none. */
function extentOf(pairs: readonly Float64Array[], first: 0 | 1): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const one of pairs)
    for (let i = first; i < one.length; i += 2) {
      if (one[i]! < low) low = one[i]!;
      if (one[i]! > high) high = one[i]!;
    }
  return [low, high];
}

/** Curves and axes have a canvas of their own, which stays as it is while the cursor moves over it. */
const UNDER_CURSOR = -1;
/** More lines than this get no dots under the cursor: they would be drawn anew at each of its steps. */
const MOST_DOTTED = 8;

export function overlayOption(
  lines: readonly OverlayLine[],
  info: SeriesInfo,
  { smoothing, raw, logX, logY }: OverlaySettings,
  palette: Palette,
): ChartOption {
  const drawn: Float64Array[] = [];
  const seeds = lines.reduce((sum, { curves }) => sum + curves.length, 0);
  /** x and y in turn. Numbers in a row: ECharts takes them as they are, where it would copy and look into every pair. */
  const pairs = ({ x, y }: Points, ofLines: number): Float64Array => {
    const places = extremes(y, stretchesFor(ofLines)).filter(
      // A logarithm has no place for what is not above 0.
      (i) => !(logX && x[i]! <= 0) && !(logY && y[i]! <= 0),
    );
    const result = new Float64Array(2 * places.length);
    places.forEach((i, at) => {
      result[2 * at] = x[i]!;
      result[2 * at + 1] = scaled(y[i]!, info.unit);
    });
    drawn.push(result);
    return result;
  };
  const series = lines.flatMap(({ name, color, curves }): LineSeriesOption[] => {
    const begun = curves.filter(({ x }) => x.length > 0);
    if (begun.length === 0) return [];
    const stroke = armColor(palette, color);
    const line = (points: Float64Array) => ({
      type: 'line' as const,
      zlevel: UNDER_CURSOR,
      showSymbol: false,
      emphasis: { disabled: true },
      itemStyle: { color: stroke },
      dimensions: ['x', 'y'],
      // The types know of pairs alone.
      data: points as unknown as number[][],
    });
    const means = begun.map((curve) => smoothed(curve, smoothing));
    const mean = pairs(means.length === 1 ? means[0]! : meanCurve(means), lines.length);
    const strong: LineSeriesOption = {
      ...line(mean),
      name,
      z: 3,
      // A line of one point would not be seen.
      showSymbol: mean.length <= 2 * MOST_SYMBOLS,
      symbol: 'circle',
      symbolSize: 4,
      lineStyle: { color: stroke, width: 2, type: armDash(color) },
    };
    if (!raw) return [strong];
    const pale = begun.map((curve): LineSeriesOption => ({
      ...line(pairs(curve, seeds)),
      silent: true,
      tooltip: { show: false },
      lineStyle: { color: stroke, width: 1, opacity: 0.25, type: 'solid' },
    }));
    return [...pale, strong];
  });
  const { tooltip, ...rest } = base(palette);
  const unit = unitText(info.unit);
  const across = { zlevel: UNDER_CURSOR, ...axis(palette, info.x, 24) };
  const up = {
    zlevel: UNDER_CURSOR,
    ...axis(palette, withUnit(info.title.replace(/ \(.*\)/, ''), info.unit), 40),
  };
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
      ...(logX ? logAxis(extentOf(drawn, 0), across) : { type: 'value', min: 0, ...across }),
      splitLine: { show: false },
      axisPointer: { triggerEmphasis: lines.length <= MOST_DOTTED },
    },
    yAxis: {
      ...(logY ? logAxis(extentOf(drawn, 1), up) : { type: 'value', scale: true, ...up }),
      axisLine: { show: false },
    },
    series,
  };
}
