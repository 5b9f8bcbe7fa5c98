/** The parts of ECharts in use, registered once. */
import { CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, TitleComponent, TooltipComponent } from 'echarts/components';
import { LabelLayout } from 'echarts/features';
import { connect, use, type ComposeOption } from 'echarts/core';
import { CanvasRenderer, SVGRenderer } from 'echarts/renderers';
import type { CustomSeriesOption, LineSeriesOption, ScatterSeriesOption } from 'echarts/charts';
import type { GridComponentOption, TitleComponentOption, TooltipComponentOption } from 'echarts/components';

/** Canvas for the window, SVG for figures that are exported. */
export const registerCharts = (): void =>
  use([
    CanvasRenderer,
    CustomChart,
    GridComponent,
    LabelLayout,
    LineChart,
    ScatterChart,
    SVGRenderer,
    TitleComponent,
    TooltipComponent,
  ]);

/** Charts of the group show what lies under one cursor. */
export const linkCharts = (group: string): void => void connect(group);

export type ChartOption = ComposeOption<
  | CustomSeriesOption
  | GridComponentOption
  | LineSeriesOption
  | ScatterSeriesOption
  | TitleComponentOption
  | TooltipComponentOption
>;
export type { CustomSeriesOption, LineSeriesOption, ScatterSeriesOption };
