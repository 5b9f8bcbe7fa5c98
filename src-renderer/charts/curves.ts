/** Training curves: a thin line a seed, a strong one for the mean, one colour an arm family. */
import type { Curve } from '../../src-main/contract/fold';
import type { SeriesInfo } from '../../src-main/contract/metrics';
import { fixed, plain, scaled, withUnit } from '../format';
import { armColor, armDash, type Palette } from '../theme/inks';
import { axis, base } from './base';
import type { ChartOption, LineSeriesOption } from './echarts';

export interface CurveGroup {
  label: string;
  color: number;
  /** One a seed. */
  curves: Curve[];
  /** Drawn dotted: the learner's perceived return beside the true one. */
  dotted?: boolean;
}

const MOST_POINTS = 300;
const BINS = 100;
export const MOST_SYMBOLS = 12;
/** Raw episode returns are noise: the thin lines show their trend. */
const SEED_POINTS = 120;

/** Curves as they are recorded, or as columns that were read. */
export interface Points {
  x: ArrayLike<number>;
  y: ArrayLike<number>;
}

/** At most `most` points, each the mean of its neighbours: episode returns come by the ten thousand. */
export function thin<T extends Points>(curve: T, most = MOST_POINTS): T | Curve {
  const { x, y } = curve;
  if (x.length <= most) return curve;
  const size = x.length / most;
  const result: Curve = { x: [], y: [] };
  for (let bin = 0; bin < most; bin++) {
    const from = Math.floor(bin * size);
    const to = Math.max(from + 1, Math.floor((bin + 1) * size));
    let sumX = 0;
    let sumY = 0;
    for (let i = from; i < to; i++) {
      sumX += x[i]!;
      sumY += y[i]!;
    }
    result.x.push(sumX / (to - from));
    result.y.push(sumY / (to - from));
  }
  return result;
}

const longestOf = <T extends Points>(curves: readonly T[]): T =>
  curves.reduce((a, b) => (b.x.length > a.x.length ? b : a));

function sharePoints(curves: readonly Points[]): boolean {
  const longest = longestOf(curves);
  return curves.every(({ x }) => {
    for (let i = 0; i < x.length; i++) if (x[i] !== longest.x[i]) return false;
    return true;
  });
}

/** Mean of the values in each of `bins` stretches of x, in between straight lines; undefined before and after. */
function binned({ x, y }: Points, from: number, width: number, bins: number): (number | undefined)[] {
  const sums = new Float64Array(bins);
  const counts = new Uint32Array(bins);
  for (let i = 0; i < x.length; i++) {
    const bin = Math.min(bins - 1, Math.floor((x[i]! - from) / width));
    sums[bin]! += y[i]!;
    counts[bin]! += 1;
  }
  const means = Array.from(sums, (sum, i) => (counts[i] ? sum / counts[i]! : undefined));
  let last = -1;
  means.forEach((mean, i) => {
    if (mean === undefined) return;
    const start = means[last];
    for (let gap = last + 1; start !== undefined && gap < i; gap++) {
      means[gap] = start + ((mean - start) * (gap - last)) / (i - last);
    }
    last = i;
  });
  return means;
}

/** Mean over the seeds that have come so far. Episodes end at different steps, so their returns are binned first. */
export function meanCurve<T extends Points>(curves: readonly T[]): T | Curve {
  const present = curves.filter((curve) => curve.x.length > 0);
  if (present.length === 0) return { x: [], y: [] };
  if (present.length === 1) return thin(present[0]!);
  const mean = (values: (number | undefined)[]): number => {
    const known = values.filter((value) => value !== undefined);
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  if (sharePoints(present)) {
    const x = Array.from(longestOf(present).x);
    return thin({ x, y: x.map((_, i) => mean(present.map((curve) => curve.y[i]))) });
  }
  const from = Math.min(...present.map(({ x }) => x[0]!));
  const to = Math.max(...present.map(({ x }) => x[x.length - 1]!));
  const width = (to - from) / BINS || 1;
  const rows = present.map((curve) => binned(curve, from, width, BINS));
  const result: Curve = { x: [], y: [] };
  for (let bin = 0; bin < BINS; bin++) {
    const value = mean(rows.map((row) => row[bin]));
    if (Number.isNaN(value)) continue;
    result.x.push(from + (bin + 0.5) * width);
    result.y.push(value);
  }
  return result;
}

export function curvesOption(groups: CurveGroup[], info: SeriesInfo, palette: Palette): ChartOption {
  const pairs = ({ x, y }: Curve): [number, number][] =>
    x.map((value, i) => [value, scaled(y[i]!, info.unit)]);
  const series = groups.flatMap(({ label, color, curves, dotted }): LineSeriesOption[] => {
    const stroke = armColor(palette, color);
    const type = dotted ? 'dotted' : armDash(color);
    const mean = meanCurve(curves);
    const strong: LineSeriesOption = {
      type: 'line',
      name: label,
      data: pairs(mean),
      showSymbol: mean.x.length <= MOST_SYMBOLS,
      symbol: 'circle',
      symbolSize: 4,
      z: 3,
      itemStyle: { color: stroke },
      lineStyle: { color: stroke, width: 2, type },
      emphasis: { disabled: true },
    };
    const started = curves.filter((curve) => curve.x.length > 0);
    if (started.length < 2) return [strong];
    const thinLines = started.map((curve): LineSeriesOption => ({
      type: 'line',
      data: pairs(thin(curve, SEED_POINTS)),
      silent: true,
      showSymbol: false,
      tooltip: { show: false },
      lineStyle: { color: stroke, width: 1, opacity: 0.28, type },
      emphasis: { disabled: true },
    }));
    return [...thinLines, strong];
  });
  const { tooltip, ...rest } = base(palette);
  return {
    ...rest,
    grid: { left: 52, right: 14, top: 12, bottom: 40 },
    tooltip: {
      ...tooltip,
      trigger: 'axis',
      axisPointer: { type: 'line', lineStyle: { color: palette.line } },
      formatter: (items) => {
        const named = [items]
          .flat()
          .filter(({ seriesName }) => groups.some(({ label }) => label === seriesName));
        if (named.length === 0) return '';
        const [x] = named[0]!.value as [number, number];
        return [
          `${plain(x)} ${info.x}`,
          ...named.map(({ seriesName, value }) => {
            const [, y] = value as [number, number];
            return `${seriesName}  ${info.unit === 'share' ? `${y.toFixed(1)} %` : fixed(y, info.unit)}`;
          }),
        ].join('\n');
      },
    },
    xAxis: {
      type: 'value',
      min: 0,
      // Points come several times an epoch, ticks stand at whole ones.
      ...(info.x === 'epochs'
        ? { minInterval: 1, max: (extent: { max: number }) => Math.ceil(extent.max) }
        : {}),
      ...axis(palette, info.x, 24),
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      scale: true,
      ...(info.unit === 'share'
        ? { max: (extent: { max: number }) => Math.min(100, Math.ceil(extent.max / 5) * 5) }
        : {}),
      ...axis(palette, withUnit(info.title.replace(/ \(.*\)/, ''), info.unit), 38),
      axisLine: { show: false },
    },
    series,
  };
}
