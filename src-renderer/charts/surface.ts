/** Robustness surfaces: what arms of a family earn in worlds that differ in two quantities, as a matrix. */
import type { RobustnessSurface, SweptQuantity } from '../../src-main/contract/events';
import { fixed } from '../format';
import type { Palette } from '../theme/inks';
import { inkedShade, scaleOf, type Scale } from './heat';
import type { Matrix } from './matrix';

/** A value of a quantity in as few digits as tell it from its neighbours. */
export const quantity = (value: number): string => String(Number(value.toPrecision(2)));
export const axisTitle = ({ title, unit }: SweptQuantity): string => `${title} (${unit})`;

/** Means over arms that were swept alike, second × first. */
export const meanReturns = (surfaces: readonly RobustnessSurface[]): number[] =>
  Array.from(
    surfaces[0]!.returns,
    (_, at) => surfaces.reduce((sum, { returns }) => sum + returns[at]!, 0) / surfaces.length,
  );

/** The range that all matrices of one attack are shaded over. */
export const surfaceScale = (all: readonly (readonly number[])[]): Scale => scaleOf(all.flat(), false);

/** Index of the swept value nearest to one, by the axis' own scale. */
function nearest({ values, scale }: SweptQuantity, to: number): number {
  const place = (value: number): number => (scale === 'logarithmic' ? Math.log(value) : value);
  return values.reduce(
    (best, value, i) =>
      Math.abs(place(value) - place(to)) < Math.abs(place(values[best]!) - place(to)) ? i : best,
    0,
  );
}

export function surfaceMatrix(
  title: string,
  surfaces: readonly RobustnessSurface[],
  scale: Scale,
  palette: Palette,
): Matrix {
  const { first, second, exact } = surfaces[0]!;
  const means = meanReturns(surfaces);
  const nominal = [nearest(first, first.nominal), nearest(second, second.nominal)];
  // The highest values on top, as on a map.
  const rows = second.values.map((_, i) => second.values.length - 1 - i);
  return {
    title,
    rowsAre: axisTitle(second),
    columnsAre: axisTitle(first),
    rows: rows.map((row) => quantity(second.values[row]!)),
    columns: first.values.map(quantity),
    cells: rows.map((row) =>
      first.values.map((value, column) => {
        const mean = means[row * first.values.length + column]!;
        const told = fixed(mean, 'return');
        return {
          text: told,
          fill: inkedShade(mean, scale, palette),
          framed: column === nominal[0] && row === nominal[1],
          told: `${axisTitle(first)} ${quantity(value)}, ${axisTitle(second)} ${quantity(second.values[row]!)}: ${told}`,
        };
      }),
    ),
    notes: [
      `${exact ? 'Expected returns, exact' : 'Mean returns over episodes'}; mean over ${surfaces.length} ${surfaces.length === 1 ? 'seed' : 'seeds'}. Framed: the world trained for.`,
      ...surfaces.map(worstText),
    ],
  };
}

/** The worst point one arm met. */
export const worstText = ({ first, second, worst, swept, searched }: RobustnessSurface): string =>
  `Worst found: ${fixed(worst.return, 'return')} at ${first.title.toLowerCase()} ${quantity(worst.first)} ${first.unit}, ${second.title.toLowerCase()} ${quantity(worst.second)} ${second.unit} (${swept} worlds swept, ${searched} searched).`;
