/** One input attacked alone: loss of its true label against the questions asked; wrong predictions are filled. */
import type { AttackSteps } from '../../src-main/contract/fold';
import { fixed, grouped } from '../format';
import type { Palette } from '../theme/inks';
import { axis, base } from './base';
import type { ChartOption } from './echarts';

/** Where the plot lies in its chart, for the cursor drawn over it. */
export const STEPS_GRID = { left: 46, right: 14, top: 12, bottom: 38 };

/** Share of the way along the x axis at which a step stands. */
export const shareAt = ({ asked }: Pick<AttackSteps, 'asked'>, step: number): number =>
  asked[step]! / Math.max(1, asked.at(-1)!);

export function stepsOption(
  steps: AttackSteps,
  nameOf: (label: number) => string,
  palette: Palette,
): ChartOption {
  const { tooltip, ...rest } = base(palette);
  return {
    ...rest,
    grid: STEPS_GRID,
    tooltip: {
      ...tooltip,
      trigger: 'axis',
      axisPointer: { type: 'line', lineStyle: { color: palette.line } },
      formatter: (items) => {
        const { dataIndex: i } = [items].flat()[0]!;
        return [
          `after ${grouped(steps.asked[i]!)} questions`,
          `loss  ${fixed(steps.loss[i]!, 'nats')} nats`,
          `predicted  ${nameOf(steps.predicted[i]!)} (${fixed(steps.confidence[i]!, 'share')} %)`,
        ].join('\n');
      },
    },
    xAxis: {
      type: 'value',
      min: 0,
      max: Math.max(1, steps.asked.at(-1)!),
      minInterval: 1,
      ...axis(palette, 'questions asked', 24),
      splitLine: { show: false },
    },
    yAxis: { type: 'value', min: 0, ...axis(palette, 'loss (nats)', 32), axisLine: { show: false } },
    series: [
      {
        type: 'line',
        name: 'loss',
        symbol: 'circle',
        symbolSize: 6,
        emphasis: { disabled: true },
        itemStyle: { color: palette.true },
        lineStyle: { color: palette.true, width: 1.5 },
        data: [...steps.loss].map((loss, i) => ({
          value: [steps.asked[i]!, loss],
          itemStyle:
            steps.predicted[i] === steps.label
              ? { color: palette.raised, borderColor: palette.true, borderWidth: 1.5 }
              : { color: palette.perceived },
        })),
      },
    ],
  };
}
