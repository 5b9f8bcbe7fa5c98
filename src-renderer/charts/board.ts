/** The trade-off board as a picture: a point a defence, its intervals, and the Pareto front as steps between those that nothing beats. */
import { paretoFront, type BoardRow } from '../../src-main/contract/board';
import type { MarkedInterval } from '../../src-main/contract/summary';
import { fixed, measureOf, scaled, withUnit } from '../format';
import { armColor, type Palette } from '../theme/palette';
import { axis, base } from './base';
import type { ChartOption, CustomSeriesOption, LineSeriesOption, ScatterSeriesOption } from './echarts';
import type { Family } from './families';
import { MARK } from './mark';

export interface BoardPoint {
  family: Pick<Family, 'label' | 'color'>;
  row: BoardRow;
}

const rangeText = ({ low, high }: MarkedInterval, measure: string): string => {
  const { unit } = measureOf(measure);
  return low === null || high === null ? '' : ` [${fixed(low, unit)}, ${fixed(high, unit)}]`;
};

const endsOf = ({ mean, low, high }: MarkedInterval): [number, number] => [low ?? mean, high ?? mean];

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
          position: 'top' as const,
          distance: 6,
          color: palette.ink,
          fontFamily: palette.font,
          fontSize: 11,
        },
      };
    }),
    labelLayout: { hideOverlap: false, moveOverlap: 'shiftY' },
  };
  const { tooltip, ...rest } = base(palette);
  const axisOf = (name: string, gap: number) => {
    const measure = measureOf(name);
    return {
      type: 'value' as const,
      // Shares from 0 to 100 would crowd clean accuracies of 95 to 99 into one place.
      scale: true,
      ...(measure.unit === 'share' ? { max: (range: { max: number }) => Math.min(100, range.max + 2) } : {}),
      ...axis(palette, withUnit(measure.title, measure.unit), gap),
      boundaryGap: ['12%', '12%'] as [string, string],
    };
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
            itemGap: 2,
            textStyle: { color: palette.ink, fontSize: 13, fontFamily: palette.font },
            subtextStyle: { color: palette.ink3, fontSize: 11, fontFamily: palette.font },
          },
        }
      : {}),
    grid: { left: 56, right: 28, top: figure ? 56 : 26, bottom: 40 },
    tooltip: { ...tooltip, trigger: 'item', formatter: (item) => String([item].flat()[0]!.name) },
    xAxis: axisOf(x, 24),
    yAxis: axisOf(y, 40),
    series: [steps, whiskers, scatter],
  };
}
