/** The shading of matrices: one hue, so that lightness alone orders the cells, whoever looks at them. */

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

/** CSS colour of a value's cell. */
export function shade(value: number, { low, high }: Scale): string {
  const strength = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0;
  return `color-mix(in srgb, var(--s-heat) ${(STRONGEST * strength).toFixed(1)}%, var(--s-surface))`;
}
