/** A chart as a figure that stands alone: its title above, and beneath it what the colours mean. */
import type { Palette } from '../theme/inks';
import { LABEL_SIZE } from './base';
import type { ChartOption } from './echarts';

export interface LegendItem {
  label: string;
  /** CSS colour. */
  color: string;
  dashed?: boolean;
}

const TITLE = 28;
const LINE = 18;
/** About the width of a character, and of what stands before a name. */
const CHARACTER = 6.2;
const SWATCH = 52;
/** SVG would make one of several ordinary spaces. */
const GAP = '\u00a0'.repeat(5);

/** Items in lines that fit. */
function lines(items: readonly LegendItem[], width: number): LegendItem[][] {
  const all: LegendItem[][] = [];
  let used = Infinity;
  for (const item of items) {
    const needs = SWATCH + item.label.length * CHARACTER;
    if (used + needs > width - 16) {
      all.push([]);
      used = 0;
    }
    all.at(-1)!.push(item);
    used += needs;
  }
  return all;
}

const list = <T>(value: T | T[] | undefined): T[] => (value === undefined ? [] : ([value].flat() as T[]));
const moved = (place: unknown, by: number): unknown => (typeof place === 'number' ? place + by : place);

/** How high a figure gets by its frame. */
export const frameHeight = (items: readonly LegendItem[], width: number): number =>
  TITLE + LINE * lines(items, width).length + 6;

/** @param option a chart whose grids are placed in pixels */
export function framed(
  option: ChartOption,
  { title, legend, width }: { title: string; legend: readonly LegendItem[]; width: number },
  palette: Palette,
): ChartOption {
  const rows = lines(legend, width);
  const below = LINE * rows.length + 6;
  const style = { fontSize: LABEL_SIZE, fontFamily: palette.font, color: palette.ink2 };
  return {
    ...option,
    backgroundColor: palette.surface,
    grid: list(option.grid).map((grid) => ({
      ...grid,
      top: moved(grid.top, TITLE) as number,
      bottom: moved(grid.bottom, below) as number,
    })),
    title: [
      ...list(option.title).map((one) => ({ ...one, top: moved(one.top, TITLE) as number })),
      {
        text: title,
        left: 8,
        top: 6,
        textStyle: { color: palette.ink, fontSize: 13, fontFamily: palette.font },
      },
      ...rows.map((row, y) => ({
        text: row.map(({ label, dashed }, x) => `{s${x}|${dashed ? '╍╍' : '━━'}} ${label}`).join(GAP),
        left: 8,
        bottom: 4 + LINE * (rows.length - 1 - y),
        textStyle: {
          ...style,
          fontWeight: 'normal' as const,
          rich: Object.fromEntries(row.map(({ color }, x) => [`s${x}`, { ...style, color }])),
        },
      })),
    ],
  };
}
