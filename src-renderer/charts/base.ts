/** What all charts have in common: no animation (data stream in), the theme's inks, a name with unit on every axis. */
import { grouped, plain } from '../format';
import type { Palette } from '../theme/inks';
import type { ChartOption } from './echarts';

export const LABEL_SIZE = 11;

export function base(palette: Palette): ChartOption {
  return {
    animation: false,
    textStyle: { fontFamily: palette.font, fontSize: LABEL_SIZE, color: palette.ink2 },
    tooltip: {
      // HTML tooltips set style attributes, which the page's policy forbids.
      renderMode: 'richText',
      confine: true,
      backgroundColor: palette.raised,
      borderColor: palette.line,
      borderWidth: 1,
      padding: [6, 8],
      textStyle: { color: palette.ink, fontFamily: palette.font, fontSize: 12, lineHeight: 17 },
    },
  };
}

/** Thousands apart, a true minus, no more digits than a tick needs. */
export const tick = (value: number): string => (Math.abs(value) >= 10_000 ? grouped(value) : plain(value));

export function axis(palette: Palette, name: string, nameGap: number) {
  return {
    name,
    nameLocation: 'middle' as const,
    nameGap,
    nameTextStyle: { color: palette.ink3, fontSize: LABEL_SIZE, fontFamily: palette.font },
    axisLabel: {
      color: palette.ink3,
      fontSize: LABEL_SIZE,
      fontFamily: palette.font,
      hideOverlap: true,
      formatter: tick,
    },
    axisLine: { show: true, lineStyle: { color: palette.line } },
    axisTick: { show: false },
    splitLine: { show: true, lineStyle: { color: palette.grid } },
  };
}
