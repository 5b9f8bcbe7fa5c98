/** Charts as files, at the size they have in print: an SVG text, or a PNG. Drawn apart from the window, on paper. */
import { init } from 'echarts/core';
import { registerCharts, type ChartOption } from './echarts';
import { withResolution } from './png';

/** In units of the chart, of which 760 make the width of a page of text. */
export interface FigureSize {
  width: number;
  height: number;
}

/** Millimetres of a unit: a figure of 760 is 170 mm wide, the text of A4, and its 11-unit labels have 7 points. */
const MILLIMETRES = 170 / 760;
/** Pixels of a PNG for each unit: 340 an inch. */
const SHARPNESS = 3;

export const printSize = ({ width, height }: FigureSize): FigureSize => ({
  width: Number((width * MILLIMETRES).toFixed(2)),
  height: Number((height * MILLIMETRES).toFixed(2)),
});

/** No window is needed. */
export function toSvg(option: ChartOption, size: FigureSize): string {
  registerCharts();
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption(option);
    const { width, height } = printSize(size);
    return chart
      .renderToSVGString()
      .replace(/^<svg width="[^"]*" height="[^"]*"/, `<svg width="${width}mm" height="${height}mm"`);
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
    const png = chart.getDataURL({ type: 'png', pixelRatio: SHARPNESS }).split(',')[1]!;
    return withResolution(png, (SHARPNESS * 1000) / MILLIMETRES);
  } finally {
    chart.dispose();
  }
}
