/** True against perceived observation over the steps of an episode, a strip for each dimension. */
import type { Trajectory } from '../../src-main/contract/fold';
import { fixed, plain } from '../format';
import type { Palette } from '../theme/palette';
import { axis, base, LABEL_SIZE } from './base';
import type { ChartOption } from './echarts';

export const STRIP_LEFT = 64;
export const STRIP_RIGHT = 12;
export const STRIP_HEIGHT = 58;
export const STRIP_BOTTOM = 34;
/** The course of each value of an observation over the steps of an episode. */
export function dimensions(
  values: Float32Array,
  names: readonly string[],
  steps: number,
): { name: string; values: number[] }[] {
  return names.map((name, i) => ({
    name,
    values: Array.from({ length: steps }, (_, step) => values[step * names.length + i]!),
  }));
}

export const stripHeight = (count: number): number => count * STRIP_HEIGHT + STRIP_BOTTOM;

export function observationsOption(trajectory: Trajectory, palette: Palette): ChartOption {
  const steps = trajectory.actions.length;
  const truth = dimensions(trajectory.observations, trajectory.observationNames, steps);
  const perceived = trajectory.perceived.length
    ? dimensions(trajectory.perceived, trajectory.observationNames, steps)
    : [];
  const { tooltip, ...rest } = base(palette);
  return {
    ...rest,
    tooltip: {
      ...tooltip,
      trigger: 'axis',
      axisPointer: { type: 'line', lineStyle: { color: palette.line } },
      formatter: (items) => {
        const list = [items].flat();
        const [step] = list[0]!.value as [number, number];
        return [
          `step ${plain(step)}`,
          ...list.map(
            ({ seriesName, value }) =>
              `${seriesName}  ${fixed((value as number[])[1]!, 'observation range')}`,
          ),
        ].join('\n');
      },
    },
    grid: truth.map((_, i) => ({
      left: STRIP_LEFT,
      right: STRIP_RIGHT,
      top: i * STRIP_HEIGHT + 6,
      height: STRIP_HEIGHT - 12,
    })),
    xAxis: truth.map((_, i) => ({
      gridIndex: i,
      type: 'value' as const,
      min: 0,
      max: Math.max(1, steps - 1),
      ...axis(palette, i === truth.length - 1 ? 'step' : '', 20),
      axisLabel: {
        show: i === truth.length - 1,
        showMaxLabel: false,
        color: palette.ink3,
        fontSize: LABEL_SIZE,
        fontFamily: palette.font,
      },
      splitLine: { show: false },
    })),
    yAxis: truth.map(({ name }, i) => ({
      gridIndex: i,
      type: 'value' as const,
      scale: true,
      splitNumber: 2,
      ...axis(palette, name, 44),
    })),
    series: truth.flatMap(({ name, values }, i) => {
      const line = (title: string, data: number[], color: string, width: number) => ({
        type: 'line' as const,
        name: `${name} ${title}`,
        xAxisIndex: i,
        yAxisIndex: i,
        data: data.map((value, step) => [step, value]),
        showSymbol: false,
        ...(name === 'state' ? { step: 'end' as const } : {}),
        emphasis: { disabled: true },
        itemStyle: { color },
        lineStyle: { color, width },
      });
      const seen = perceived[i];
      return [
        ...(seen ? [line('perceived', seen.values, palette.perceived, 1.25)] : []),
        line('true', values, palette.true, 1.5),
      ];
    }),
  };
}
