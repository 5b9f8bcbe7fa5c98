/** Logarithmic axes that end where their data do: ECharts alone knows whole decades, ends and ticks alike. */
import type { axis } from './base';

/** m · 10^k with one digit before the point, without the digits that multiplying adds. */
const digit = (m: number, k: number): number => Number(`${m}e${k}`);

/** The nearest numbers of one digit around what is to be shown, and ticks between them. */
export function logScale([low, high]: readonly [number, number]): {
  min: number;
  max: number;
  ticks: number[];
} {
  // Nothing above 0 to show: one decade, as it is.
  if (!(low > 0) || !Number.isFinite(high)) return { min: 1, max: 10, ticks: [1, 10] };
  const decade = (value: number): number => Math.floor(Math.log10(value) + 1e-12);
  const [from, to] = [decade(low), decade(high)];
  const all = Array.from({ length: to - from + 2 }, (_, i) => from + i).flatMap((k) =>
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map((m) => digit(m, k)),
  );
  const min = all.filter((value) => value <= low).at(-1) ?? all[0]!;
  const max = all.find((value) => value >= high && value > min)!;
  const within = all.filter((value) => min <= value && value <= max);
  const decades = Math.log10(max / min);
  const first = (value: number): number => Number(value.toExponential()[0]);
  const every = Math.ceil(decades / 7);
  const ticks = within.filter((value) => {
    if (decades < 0.7) return true;
    if (decades < 2.5) return [1, 2, 5].includes(first(value));
    return first(value) === 1 && decade(value) % every === 0;
  });
  return { min, max, ticks };
}

export function logAxis(extent: readonly [number, number], look: ReturnType<typeof axis>) {
  const { min, max, ticks } = logScale(extent);
  return {
    type: 'log' as const,
    min,
    max,
    ...look,
    // Lines of the grid stand at the ticks.
    axisTick: { ...look.axisTick, customValues: ticks },
    axisLabel: { ...look.axisLabel, customValues: ticks },
  };
}
