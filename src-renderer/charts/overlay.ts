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

/** x and y in turn. Numbers in a row: ECharts takes them as they are, where it would copy and look into every pair. */
type Pairs = Float64Array;

/** A line as it is drawn: a curve a seed as recorded, or their mean smoothed. */
export interface DrawnLine {
  name: string;
  color: number;
  curves: readonly Pairs[];
}

type Scales = Pick<OverlaySettings, 'logX' | 'logY'>;

/** @param ofLines how many of them are drawn together */
function pairsOf({ x, y }: Points, ofLines: number, { unit }: SeriesInfo, { logX, logY }: Scales): Pairs {
  const places = extremes(y, stretchesFor(ofLines)).filter(
    // A logarithm has no place for what is not above 0.
    (i) => !(logX && x[i]! <= 0) && !(logY && y[i]! <= 0),
  );
  const result = new Float64Array(2 * places.length);
  places.forEach((i, at) => {
    result[2 * at] = x[i]!;
    result[2 * at + 1] = scaled(y[i]!, unit);
  });
  return result;
}

/** Lines that have begun, and of them the curves that have. */
const begun = (lines: readonly OverlayLine[]): OverlayLine[] =>
  lines
    .map((line) => ({ ...line, curves: line.curves.filter(({ x }) => x.length > 0) }))
    .filter(({ curves }) => curves.length > 0);

export function recordedLines(lines: readonly OverlayLine[], info: SeriesInfo, scales: Scales): DrawnLine[] {
  const seeds = lines.reduce((sum, { curves }) => sum + curves.length, 0);
  return begun(lines).map(({ curves, ...line }) => ({
    ...line,
    curves: curves.map((curve) => pairsOf(curve, seeds, info, scales)),
  }));
}

export function smoothedLines(
  lines: readonly OverlayLine[],
  info: SeriesInfo,
  { smoothing, ...scales }: Scales & Pick<OverlaySettings, 'smoothing'>,
): DrawnLine[] {
  return begun(lines).map(({ curves, ...line }) => {
    const means = curves.map((curve) => smoothed(curve, smoothing));
    const mean = means.length === 1 ? means[0]! : meanCurve(means);
    return { ...line, curves: [pairsOf(mean, lines.length, info, scales)] };
  });
}

/** Least and greatest along x and along y; infinite where there is nothing. */
export type Extents = readonly [x: [number, number], y: [number, number]];

export function extentsOf(lines: readonly DrawnLine[]): Extents {
  const extents: Extents = [
    [Infinity, -Infinity],
    [Infinity, -Infinity],
  ];
  for (const { curves } of lines)
    for (const curve of curves)
      for (let i = 0; i < curve.length; i++) {
        const along = extents[i % 2]!;
        const value = curve[i]!;
        if (value < along[0]) along[0] = value;
        if (value > along[1]) along[1] = value;
      }
  return extents;
}

/** Curves and axes have a canvas of their own, which stays as it is while the cursor moves over it. */
const UNDER_CURSOR = -1;
/** More lines than this get no dots under the cursor: they would be drawn anew at each of its steps. */
const MOST_DOTTED = 8;

function seriesOf(
  lines: readonly DrawnLine[],
  palette: Palette,
  look: (line: DrawnLine, curve: Pairs, stroke: string) => LineSeriesOption,
): LineSeriesOption[] {
  return lines.flatMap((line) => {
    const stroke = armColor(palette, line.color);
    return line.curves.map((curve) => ({
      type: 'line',
      zlevel: UNDER_CURSOR,
      showSymbol: false,
      emphasis: { disabled: true },
      itemStyle: { color: stroke },
      dimensions: ['x', 'y'],
      // The types know of pairs alone.
      data: curve as unknown as number[][],
      ...look(line, curve, stroke),
    }));
  });
}

/** From one end of the axes to the other. */
const unseen = ([[left, right], [low, high]]: Extents): LineSeriesOption => ({
  type: 'line',
  zlevel: UNDER_CURSOR,
  silent: true,
  showSymbol: false,
  tooltip: { show: false },
  lineStyle: { opacity: 0 },
  data: [
    [left, low],
    [right, high],
  ],
});

/** What stays as it is while the smoothing is moved: the axes, and the curves as recorded. */
export function recordedOption(
  recorded: readonly DrawnLine[],
  info: SeriesInfo,
  extents: Extents,
  scales: Scales,
  palette: Palette,
): ChartOption {
  const pale = seriesOf(recorded, palette, (_, __, stroke) => ({
    silent: true,
    tooltip: { show: false },
    lineStyle: { color: stroke, width: 1, opacity: 0.25, type: 'solid' },
  }));
  return {
    ...base(palette),
    ...axesOf(info, extents, scales, palette),
    // Axes on which nothing lies have no ticks, whatever their ends.
    series: pale.length > 0 ? pale : [unseen(extents)],
  };
}

/** The smoothed curves over it, with the cursor: in the same frame, whose axes are drawn beneath. */
export function smoothedOption(
  drawn: readonly DrawnLine[],
  info: SeriesInfo,
  extents: Extents,
  scales: Scales,
  palette: Palette,
): ChartOption {
  const { tooltip, ...rest } = base(palette);
  const { grid, xAxis, yAxis } = axesOf(info, extents, scales, palette);
  const unit = unitText(info.unit);
  return {
    ...rest,
    grid,
    tooltip: {
      ...tooltip,
      trigger: 'axis',
      axisPointer: { type: 'line', lineStyle: { color: palette.ink3 } },
      formatter: (items) => {
        const named = [items]
          .flat()
          .filter(({ seriesName }) => drawn.some(({ name }) => name === seriesName));
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
    xAxis: { ...xAxis, show: false, axisPointer: { triggerEmphasis: drawn.length <= MOST_DOTTED } },
    yAxis: { ...yAxis, show: false },
    series: seriesOf(drawn, palette, ({ name, color }, curve, stroke) => ({
      name,
      z: 3,
      // A line of one point would not be seen.
      showSymbol: curve.length <= 2 * MOST_SYMBOLS,
      symbol: 'circle',
      symbolSize: 4,
      lineStyle: { color: stroke, width: 2, type: armDash(color) },
    })),
  };
}

function axesOf(info: SeriesInfo, [xs, ys]: Extents, { logX, logY }: Scales, palette: Palette) {
  const across = { zlevel: UNDER_CURSOR, ...axis(palette, info.x, 24) };
  const up = {
    zlevel: UNDER_CURSOR,
    ...axis(palette, withUnit(info.title.replace(/ \(.*\)/, ''), info.unit), 40),
  };
  return {
    grid: { left: 56, right: 14, top: 12, bottom: 40 },
    xAxis: {
      ...(logX ? logAxis(xs, across) : { type: 'value' as const, min: 0, dataMax: xs[1], ...across }),
      splitLine: { show: false },
    },
    yAxis: {
      ...(logY
        ? logAxis(ys, up)
        : { type: 'value' as const, scale: true, dataMin: ys[0], dataMax: ys[1], ...up }),
      axisLine: { show: false },
    },
  };
}

/** Both in one, as a figure. */
export function overlayOption(
  lines: readonly OverlayLine[],
  info: SeriesInfo,
  settings: OverlaySettings,
  palette: Palette,
): ChartOption {
  const recorded = settings.raw ? recordedLines(lines, info, settings) : [];
  const drawn = smoothedLines(lines, info, settings);
  const rest = [info, extentsOf([...recorded, ...drawn]), settings, palette] as const;
  const under = recordedOption(recorded, ...rest);
  return {
    ...under,
    series: [
      ...(settings.raw ? (under.series as LineSeriesOption[]) : []),
      ...(smoothedOption(drawn, ...rest).series as LineSeriesOption[]),
    ],
  };
}
