/** Shares from 0 to 100 % over a linear axis: what is proven over the radius, what a detector finds over its false alarms. */
import { fixed, plain } from '../format';
import type { Palette } from '../theme/palette';
import { banded, type BandedLine } from './banded';
import { axis, base } from './base';
import type { ChartOption } from './echarts';

export function sharesOption(
  lines: readonly BandedLine[],
  x: { name: string; max: number },
  yName: string,
  palette: Palette,
): ChartOption {
  const told = (at: number): string[] =>
    lines.flatMap(({ name, points }) => {
      const point = points.filter((each) => each.x <= at).at(-1);
      if (!point) return [];
      const { mean, low, high } = point.y;
      const range =
        low === null || high === null ? '' : `  [${fixed(low, 'share')}, ${fixed(high, 'share')}]`;
      return [`${name}  ${fixed(mean, 'share')} %${range}`];
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
        const [at] = [items].flat()[0]!.value as [number, number];
        return [`${x.name}  ${plain(at)}`, ...told(at)].join('\n');
      },
    },
    xAxis: { type: 'value', min: 0, max: x.max, ...axis(palette, x.name, 24), splitLine: { show: false } },
    yAxis: { type: 'value', min: 0, max: 100, ...axis(palette, yName, 38), axisLine: { show: false } },
    series: lines.flatMap((line) => banded(line, 'share', palette)),
  };
}
