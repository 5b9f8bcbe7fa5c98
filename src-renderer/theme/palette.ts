/** The theme's inks for canvases, which cannot read CSS custom properties themselves. */
import { computed, type ComputedRef } from 'vue';
import type { Ink } from '../../src-main/contract/scene';
import { useSettings } from '../stores/settings';

export interface Palette {
  font: string;
  ink: string;
  ink2: string;
  ink3: string;
  line: string;
  grid: string;
  raised: string;
  arms: string[];
  true: string;
  perceived: string;
  pass: string;
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

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--s-${name}`).trim();
  return {
    font: read('font'),
    ink: read('ink'),
    ink2: read('ink-2'),
    ink3: read('ink-3'),
    line: read('line-strong'),
    grid: read('grid'),
    raised: read('raised'),
    arms: Array.from({ length: ARM_COLORS }, (_, i) => read(`arm-${i}`)),
    true: read('true'),
    perceived: read('perceived'),
    pass: read('pass'),
    inks: Object.fromEntries(INKS.map((ink) => [ink, read(`ink-${ink}`)])) as Record<Ink, string>,
  };
}

export function usePalette(): ComputedRef<Palette> {
  const settings = useSettings();
  return computed(() => {
    void settings.dark;
    return readPalette();
  });
}

/** More families than colours: the colours come round again, and lines are dashed then. */
export const armColor = (palette: Palette, color: number): string =>
  palette.arms[color < ARM_COLORS ? color : 1 + ((color - 1) % (ARM_COLORS - 1))]!;
export const armDash = (color: number): 'solid' | 'dashed' => (color < ARM_COLORS ? 'solid' : 'dashed');

/** Inks that tell actions apart, none of them that of what is perceived. */
const ACTION_INKS = [1, 3, 4, 5, 6, 7];
export const actionInk = (palette: Palette, action: number): string =>
  palette.arms[ACTION_INKS[action % ACTION_INKS.length]!]!;
