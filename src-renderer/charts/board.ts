/** The trade-off board as a picture: a point a defence, its intervals, and the Pareto front as steps between those that nothing beats. */
import { paretoFront, type BoardRow } from '../../src-main/contract/board';
import type { MarkedInterval } from '../../src-main/contract/summary';
import { fixed, grouped, measureOf, scaled, withUnit } from '../format';
import { armColor, type Palette } from '../theme/inks';
import { axis, base } from './base';
import type { ChartOption, CustomSeriesOption, LineSeriesOption, ScatterSeriesOption } from './echarts';
import type { Family } from './families';
import { MARK } from './mark';

export interface BoardPoint {
  family: Pick<Family, 'label' | 'color'>;
  row: BoardRow;
}

/** A number of the board as its tables have it. */
export function boardNumber(value: number, measure: string): string {
  const { unit } = measureOf(measure);
  // Counts of gradients run into millions.
  return unit === 'count'
    ? grouped(Math.round(value))
    : fixed(value, unit, unit === 'milliseconds' ? 2 : undefined);
}

const rangeText = ({ low, high }: MarkedInterval, measure: string): string => {
  const { unit } = measureOf(measure);
  return low === null || high === null ? '' : ` [${fixed(low, unit)}, ${fixed(high, unit)}]`;
};

const endsOf = ({ mean, low, high }: MarkedInterval): [number, number] => [low ?? mean, high ?? mean];

/**
 * Round ends a little beyond the values, ticks apart: from 0 to 100 clean accuracies of 95 to 99 would crowd in one place.
 * No share lies beyond 0 and 100, even where its interval does.
 */
export function roundBounds(
  values: readonly number[],
  share: boolean,
): { min: number; max: number; interval: number } {
  const kept = share ? values.map((value) => Math.min(100, Math.max(0, value))) : values;
  const [low, high] = [Math.min(...kept), Math.max(...kept)];
  // A single share stands in ten points of its kind, not in hundredths of itself.
  const room = 0.12 * (high - low || (share ? 10 : Math.abs(high)) || 1);
  /** Five to twelve ticks. */
  const apart = (high - low + 2 * room) / 5;
  const power = 10 ** Math.floor(Math.log10(apart));
  const interval = [5, 2, 1].find((digit) => digit * power <= apart)! * power;
  const min = Math.floor((low - room) / interval) * interval;
  const max = Math.ceil((high + room) / interval) * interval;
  const tidy = (value: number): number => Number(value.toPrecision(12));
  return {
    min: tidy(low >= 0 ? Math.max(0, min) : min),
    max: tidy(share ? Math.min(100, max) : max),
    interval: tidy(interval),
  };
}

/** @param figure to be exported: with title and background */
export function boardOption(
  points: readonly BoardPoint[],
  x: string,
  y: string,
  palette: Palette,
  figure: boolean,
): ChartOption {
  const [xMeasure, yMeasure] = [measureOf(x), measureOf(y)];
  const drawn = points.flatMap(({ family, row }) => {
    const [a, b] = [row.values[x], row.values[y]];
    return a && b ? [{ family, row, a, b }] : [];
  });
  const at = (value: number, unit: typeof xMeasure.unit): number => scaled(value, unit);
  const front = paretoFront(
    drawn.map(({ row }) => row),
    x,
    y,
  ).map((i) => drawn[i]!);
  const told = ({ family, row, a, b }: (typeof drawn)[number]): string =>
    [
      family.label,
      `${xMeasure.title}: ${fixed(a.mean, xMeasure.unit)}${rangeText(a, x)}`,
      `${yMeasure.title}: ${fixed(b.mean, yMeasure.unit)}${rangeText(b, y)}`,
      ...(row.failedChecks.length ? [`${MARK} failed: ${row.failedChecks.join(', ')}`] : []),
    ].join('\n');

  const steps: LineSeriesOption = {
    type: 'line',
    name: 'Pareto front',
    silent: true,
    showSymbol: false,
    // What lies between two of the front is reached by neither: the line goes along their axes.
    step: 'end',
    data: front.map(({ a, b }) => [at(a.mean, xMeasure.unit), at(b.mean, yMeasure.unit)]),
    lineStyle: { color: palette.ink3, width: 1.5, type: [5, 4] },
    tooltip: { show: false },
    z: 1,
  };
  const whiskers: CustomSeriesOption = {
    type: 'custom',
    silent: true,
    clip: true,
    z: 2,
    data: drawn.map(({ a, b }) => [at(a.mean, xMeasure.unit), at(b.mean, yMeasure.unit)]),
    renderItem: ({ dataIndex }, api) => {
      const { family, a, b } = drawn[dataIndex]!;
      const color = armColor(palette, family.color);
      const [ax, bx] = endsOf(a).map((value) => at(value, xMeasure.unit)) as [number, number];
      const [ay, by] = endsOf(b).map((value) => at(value, yMeasure.unit)) as [number, number];
      const [mx, my] = [at(a.mean, xMeasure.unit), at(b.mean, yMeasure.unit)];
      const line = (from: number[], to: number[]) => {
        const [p, q] = [api.coord(from), api.coord(to)] as [[number, number], [number, number]];
        return {
          type: 'line' as const,
          shape: { x1: p[0], y1: p[1], x2: q[0], y2: q[1] },
          style: { stroke: color, lineWidth: 1.5, opacity: 0.6 },
        };
      };
      return { type: 'group', children: [line([ax, my], [bx, my]), line([mx, ay], [mx, by])] };
    },
  };
  const bounds = (name: string, values: MarkedInterval[]) => {
    const { unit } = measureOf(name);
    return roundBounds(
      values.flatMap((value) => endsOf(value).map((end) => at(end, unit))),
      unit === 'share',
    );
  };
  const across = bounds(
    x,
    drawn.map(({ a }) => a),
  );
  /** A name over a point at the right edge would be cut off there. */
  const nearEnd = (value: number): boolean => value > across.min + 0.85 * (across.max - across.min);
  const scatter: ScatterSeriesOption = {
    type: 'scatter',
    z: 3,
    symbolSize: 12,
    emphasis: { disabled: true },
    data: drawn.map((one) => {
      const color = armColor(palette, one.family.color);
      const doubtful = one.row.failedChecks.length > 0;
      return {
        name: told(one),
        value: [at(one.a.mean, xMeasure.unit), at(one.b.mean, yMeasure.unit)],
        itemStyle: doubtful
          ? { color: palette.surface, borderColor: color, borderWidth: 2, borderType: 'dashed' as const }
          : { color },
        label: {
          show: true,
          formatter: one.family.label + (doubtful ? ` ${MARK}` : ''),
          position: nearEnd(at(one.a.mean, xMeasure.unit)) ? ('left' as const) : ('top' as const),
          distance: 6,
          color: palette.ink,
          fontFamily: palette.font,
          fontSize: 11,
          // Names stand over lines.
          textBorderColor: palette.surface,
          textBorderWidth: 3,
        },
      };
    }),
    // Names that find no room are left to the tooltip.
    labelLayout: { hideOverlap: true, moveOverlap: 'shiftY' },
  };
  const { tooltip, ...rest } = base(palette);
  const axisOf = (name: string, ends: ReturnType<typeof roundBounds>, gap: number) => {
    const { title, unit } = measureOf(name);
    return { type: 'value' as const, ...ends, ...axis(palette, withUnit(title, unit), gap) };
  };
  return {
    ...rest,
    ...(figure ? { backgroundColor: palette.surface } : {}),
    ...(figure
      ? {
          title: {
            text: 'Trade-off board',
            subtext: `Dashed: Pareto front. ${MARK}: a check of the verdict failed. Lines: 95 % intervals over seeds.`,
            left: 8,
            top: 4,
            itemGap: 10,
            textStyle: { color: palette.ink, fontSize: 13, fontFamily: palette.font },
            subtextStyle: { color: palette.ink3, fontSize: 11, fontFamily: palette.font },
          },
        }
      : {}),
    grid: { left: 56, right: 28, top: figure ? 56 : 26, bottom: 40 },
    tooltip: { ...tooltip, trigger: 'item', formatter: (item) => String([item].flat()[0]!.name) },
    xAxis: axisOf(x, across, 24),
    yAxis: axisOf(
      y,
      bounds(
        y,
        drawn.map(({ b }) => b),
      ),
      40,
    ),
    series: [steps, whiskers, scatter],
  };
}
