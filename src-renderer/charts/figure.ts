/** Charts as files: an SVG text, or a PNG. Drawn apart from the window, on paper. */
import { init } from 'echarts/core';
import { registerCharts, type ChartOption } from './echarts';

export interface FigureSize {
  width: number;
  height: number;
}

/** Pixels of a PNG for each of the figure: sharp in print. */
const SHARPNESS = 3;

export function toSvg(option: ChartOption, size: FigureSize): string {
  registerCharts();
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** Base64 of the file. */
export function toPng(option: ChartOption, size: FigureSize): string {
  registerCharts();
  const chart = init(document.createElement('div'), null, {
    renderer: 'canvas',
    devicePixelRatio: SHARPNESS,
    ...size,
  });
  try {
    chart.setOption(option);
    return chart.getDataURL({ type: 'png', pixelRatio: SHARPNESS }).split(',')[1]!;
  } finally {
    chart.dispose();
  }
}
