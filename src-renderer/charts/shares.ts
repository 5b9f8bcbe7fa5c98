/** Shares from 0 to 100 % over a linear axis: what is proven over the radius, what a detector finds over its false alarms. */
import { plain } from '../format';
import type { Palette } from '../theme/inks';
import { banded, overLines, type BandedLine } from './banded';
import { axis } from './base';
import type { ChartOption } from './echarts';

export function sharesOption(
  lines: readonly BandedLine[],
  x: { name: string; max: number },
  yName: string,
  palette: Palette,
): ChartOption {
  return {
    ...overLines(lines, 'share', (at) => `${x.name}  ${plain(at)}`, palette),
    xAxis: { type: 'value', min: 0, max: x.max, ...axis(palette, x.name, 24), splitLine: { show: false } },
    yAxis: { type: 'value', min: 0, max: 100, ...axis(palette, yName, 38), axisLine: { show: false } },
    series: lines.flatMap((line) => banded(line, 'share', palette)),
  };
}
