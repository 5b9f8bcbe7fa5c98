/** A matrix as a chart: what is shown of it in the window and what is exported are the same picture. */
import type { Table } from '../../src-main/contract/table';
import type { Palette } from '../theme/inks';
import { base, LABEL_SIZE } from './base';
import { MARK } from './mark';
import type { ChartOption, CustomSeriesOption } from './echarts';

export interface MatrixCell {
  text: string;
  /** A second, smaller line: an interval, a count. */
  small?: string;
  fill: string;
  /** Of the text; the palette's ink unless given. */
  ink?: string;
  /** Framed, as what the axes have in common is: seen attacks, right predictions. */
  framed?: boolean;
  /** The best of its column. */
  best?: boolean;
  /** What is told where the cell is pointed at. */
  told: string;
}

export interface Matrix {
  title: string;
  /** Heads of rows and columns, and what they are. */
  rows: string[];
  columns: string[];
  rowsAre: string;
  columnsAre: string;
  /** By row and column; null where there is nothing. */
  cells: (MatrixCell | null)[][];
  /** Lines beneath: what marks and frames mean, and what failed. */
  notes: string[];
}

/** The matrix as a table of text; `name` is its label. */
export const tableOf = (matrix: Matrix, name: string): Table => ({
  title: matrix.title,
  name,
  columns: [matrix.rowsAre, ...matrix.columns],
  rows: matrix.rows.map((row, y) => [
    { text: row },
    ...matrix.cells[y]!.map((cell) =>
      cell
        ? {
            text: cell.text.replace(` ${MARK}`, ''),
            doubtful: cell.text.endsWith(MARK),
            ...(cell.small ? { small: cell.small } : {}),
            ...(cell.best ? { best: true } : {}),
          }
        : { text: '–' },
    ),
  ]),
  notes: matrix.notes,
});

const ROW = 40;
const LINE = 16;
const TOP = 62;
const RIGHT = 12;
/** Characters of a note that fit a line of the narrowest figure. */
const NOTE_CHARACTERS = 110;
const HEAD_CHARACTER = 6.2;

const headWidth = ({ rows }: Matrix): number =>
  Math.min(300, Math.max(90, ...rows.map((row) => row.length * HEAD_CHARACTER + 16)));

const wrapped = (notes: readonly string[]): string[] =>
  notes.flatMap((note) => {
    const lines: string[] = [];
    for (const word of note.split(' ')) {
      const last = lines.at(-1);
      if (last !== undefined && last.length + word.length < NOTE_CHARACTERS)
        lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(lines.length ? `   ${word}` : word);
    }
    return lines;
  });

/** The figure in which every cell can be read. */
export function matrixSize(matrix: Matrix): { width: number; height: number } {
  const notes = wrapped(matrix.notes).length;
  return {
    width: Math.max(720, headWidth(matrix) + matrix.columns.length * 96 + 24),
    height: TOP + matrix.rows.length * ROW + (notes ? notes * LINE + 20 : 12),
  };
}

/** In the window, so and so wide; or as a figure of `matrixSize`, with title and notes. */
export function matrixOption(
  matrix: Matrix,
  palette: Palette,
  place: { width: number } | 'figure',
): ChartOption {
  const figure = place === 'figure';
  const width = figure ? matrixSize(matrix).width : place.width;
  const { tooltip, ...rest } = base(palette);
  const { rows, columns, cells } = matrix;
  const lines = figure ? wrapped(matrix.notes) : [];
  const bottom = lines.length ? lines.length * LINE + 20 : 12;
  const data = cells.flatMap((row, y) =>
    row.flatMap((cell, x) => (cell ? [{ name: cell.told, value: [x, y] }] : [])),
  );
  const series: CustomSeriesOption = {
    type: 'custom',
    data,
    renderItem: (_params, api) => {
      const [x, y] = [Number(api.value(0)), Number(api.value(1))];
      const cell = cells[y]![x]!;
      const [cx, cy] = api.coord([x, y]) as [number, number];
      const [width, height] = api.size!([1, 1]) as [number, number];
      const box = { x: cx - width / 2 + 1, y: cy - height / 2 + 1, width: width - 2, height: height - 2 };
      const text = (value: string, dy: number, size: number, fill: string, weight: 'normal' | 'bold') => ({
        type: 'text' as const,
        silent: true,
        style: {
          text: value,
          x: cx,
          y: cy + dy,
          align: 'center' as const,
          verticalAlign: 'middle' as const,
          fill,
          fontSize: size,
          fontWeight: weight,
          fontFamily: palette.font,
          width: width - 6,
          overflow: 'truncate' as const,
        },
      });
      const roomForTwo = height >= 32 && cell.small;
      return {
        type: 'group',
        children: [
          {
            type: 'rect',
            shape: box,
            style: { fill: cell.fill, ...(cell.framed ? { stroke: palette.ink3, lineWidth: 1.5 } : {}) },
          },
          text(cell.text, roomForTwo ? -7 : 0, 12, cell.ink ?? palette.ink, cell.best ? 'bold' : 'normal'),
          ...(roomForTwo ? [text(cell.small!, 9, 10, palette.ink2, 'normal')] : []),
        ],
      };
    },
  };
  const head = (names: string[], name: string) => ({
    type: 'category' as const,
    data: names,
    name,
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: false },
  });
  const label = { color: palette.ink2, fontSize: LABEL_SIZE, fontFamily: palette.font, interval: 0 };
  const left = headWidth(matrix);
  return {
    ...rest,
    ...(figure ? { backgroundColor: palette.surface } : {}),
    tooltip: { ...tooltip, trigger: 'item', formatter: (item) => String([item].flat()[0]!.name) },
    title: [
      ...(figure
        ? [
            {
              text: matrix.title,
              left: 8,
              top: 4,
              textStyle: { color: palette.ink, fontSize: 13, fontFamily: palette.font },
            },
          ]
        : []),
      ...(lines.length
        ? [
            {
              text: lines.join('\n'),
              left: 8,
              bottom: 6,
              textStyle: {
                color: palette.ink2,
                fontSize: 11,
                lineHeight: LINE,
                fontWeight: 'normal' as const,
                fontFamily: palette.font,
              },
            },
          ]
        : []),
    ],
    grid: { left, right: RIGHT, top: figure ? TOP : 40, bottom: figure ? bottom : 6 },
    xAxis: {
      ...head(columns, `${matrix.columnsAre} →\n${matrix.rowsAre} ↓`),
      position: 'top',
      nameLocation: 'start',
      nameGap: 8,
      nameTextStyle: {
        ...{ color: palette.ink3, fontSize: LABEL_SIZE, fontFamily: palette.font, lineHeight: 14 },
        ...{ align: 'right' as const, verticalAlign: 'bottom' as const },
      },
      // In two lines; what is longer ends in dots.
      axisLabel: {
        ...label,
        formatter: inTwo,
        lineHeight: 13,
        width: Math.max(24, (width - left - RIGHT) / columns.length - 8),
        overflow: 'truncate',
      },
    },
    yAxis: {
      ...head(rows, ''),
      inverse: true,
      axisLabel: { ...label, width: left - 12, overflow: 'truncate' },
    },
    series: [series],
  };
}

/** A head over a narrow column in two lines: “PGD · ε 0.3” and “Small CNN: Undefended” break where their parts meet. */
function inTwo(name: string): string {
  const [first = name, ...rest] = name.split(/ · |: /);
  return rest.length ? `${first}\n${rest.join(' ')}` : first;
}
