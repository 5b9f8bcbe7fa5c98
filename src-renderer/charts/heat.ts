/** The shading of matrices: one hue, so that lightness alone orders the cells, whoever looks at them. */
import type { Palette } from '../theme/inks';

/** The strongest shade, in per cent of the hue: text on it keeps a contrast of 4.5. */
const STRONGEST = 34;

/** The range the shades of a matrix span. */
export interface Scale {
  low: number;
  high: number;
}

/** Shares span 0 to 1, so that matrices compare; other measures what is shown, from zero on. */
export function scaleOf(values: readonly number[], share: boolean): Scale {
  return share ? { low: 0, high: 1 } : { low: Math.min(0, ...values), high: Math.max(0, ...values) };
}

/** Share of the hue in a value's cell, 0 to STRONGEST per cent. */
function strengthOf(value: number, { low, high }: Scale): number {
  const place = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0;
  return STRONGEST * place;
}

/** CSS colour of a value's cell. */
export const shade = (value: number, scale: Scale): string =>
  `color-mix(in srgb, var(--s-heat) ${strengthOf(value, scale).toFixed(1)}%, var(--s-surface))`;

/** The same for canvases and files, which know no color-mix. Inks are written #rrggbb. */
export function inkedShade(value: number, scale: Scale, { heat, surface }: Palette): string {
  const share = strengthOf(value, scale) / 100;
  const parts = [1, 3, 5].map((at) => {
    const [a, b] = [heat, surface].map((ink) => Number.parseInt(ink.slice(at, at + 2), 16)) as [
      number,
      number,
    ];
    return Math.round(share * a + (1 - share) * b)
      .toString(16)
      .padStart(2, '0');
  });
  return `#${parts.join('')}`;
}
