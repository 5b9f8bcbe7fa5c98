/** The parts of ECharts in use, registered once. */
import { CustomChart, LineChart } from 'echarts/charts';
import { GridComponent, TitleComponent, TooltipComponent } from 'echarts/components';
import { use, type ComposeOption } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import type { CustomSeriesOption, LineSeriesOption } from 'echarts/charts';
import type { GridComponentOption, TitleComponentOption, TooltipComponentOption } from 'echarts/components';

export const registerCharts = (): void =>
  use([CanvasRenderer, CustomChart, GridComponent, LineChart, TitleComponent, TooltipComponent]);

export type ChartOption = ComposeOption<
  CustomSeriesOption | GridComponentOption | LineSeriesOption | TitleComponentOption | TooltipComponentOption
>;
export type { CustomSeriesOption, LineSeriesOption };
