/** The inks of charts and scenes as plain data: drawn on canvases, in files and in reports, with no window about. */
import type { Ink } from '../../src-main/contract/scene';

export interface Palette {
  font: string;
  ink: string;
  ink2: string;
  ink3: string;
  line: string;
  grid: string;
  surface: string;
  raised: string;
  pass: string;
  fail: string;
  heat: string;
  /** Saturation and lightness of classes. */
  classes: string;
  arms: string[];
  true: string;
  perceived: string;
  inks: Record<Ink, string>;
}

export const ARM_COLORS = 8;
const INKS: readonly Ink[] = [
  'ground',
  'line',
  'agent',
  'agent-part',
  'goal',
  'hazard',
  'start',
  'muted',
  'text',
];

/** @param read the value of a custom property of `tokens.css`, by its name without `--s-` */
export const paletteFrom = (read: (name: string) => string): Palette => ({
  font: read('font'),
  ink: read('ink'),
  ink2: read('ink-2'),
  ink3: read('ink-3'),
  line: read('line-strong'),
  grid: read('grid'),
  surface: read('surface'),
  raised: read('raised'),
  pass: read('pass'),
  fail: read('fail'),
  heat: read('heat'),
  classes: read('classes'),
  arms: Array.from({ length: ARM_COLORS }, (_, i) => read(`arm-${i}`)),
  true: read('true'),
  perceived: read('perceived'),
  inks: Object.fromEntries(INKS.map((ink) => [ink, read(`ink-${ink}`)])) as Record<Ink, string>,
});

/** More families than colours: the colours come round again, and lines are dashed then. */
export const armColor = (palette: Palette, color: number): string =>
  palette.arms[color < ARM_COLORS ? color : 1 + ((color - 1) % (ARM_COLORS - 1))]!;
export const armDash = (color: number): 'solid' | 'dashed' => (color < ARM_COLORS ? 'solid' : 'dashed');

/** As far from each other as so many hues can be. */
export const classInk = (palette: Palette, label: number, classes: number): string =>
  `hsl(${Math.round((360 * label) / classes)} ${palette.classes})`;

/** Inks that tell actions apart, none of them that of what is perceived. */
const ACTION_INKS = [1, 3, 4, 5, 6, 7];
export const actionInk = (palette: Palette, action: number): string =>
  palette.arms[ACTION_INKS[action % ACTION_INKS.length]!]!;
