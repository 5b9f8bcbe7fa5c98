/** How far attacks come with the questions they ask: a line an attack in its arm's colour, with its interval over seeds. */
import type { AttackCurve } from '../../src-main/contract/fold';
import { ATTACK_CURVES } from '../../src-main/contract/metrics';
import { meanInterval } from '../../src-main/contract/statistics';
import { grouped, withUnit } from '../format';
import type { Palette } from '../theme/inks';
import { banded, overLines, type BandedLine, type Dash } from './banded';
import { axis } from './base';
import type { ChartOption } from './echarts';

export interface QueryLine extends Omit<BandedLine, 'name'> {
  arm: string;
  attack: string;
}

/** Attacks share their arm's colour and are told apart by the stroke. */
const DASHES: Dash[] = ['solid', [7, 3], [2, 3], [9, 3, 2, 3], [14, 4], [2, 6]];
export const attackDash = (place: number): Dash => DASHES[place % DASHES.length]!;

/** Value of a curve at x: that of the last point before; undefined before the first. */
function valueAt({ x, y }: Pick<AttackCurve, 'x' | 'y'>, at: number): number | undefined {
  const after = x.findIndex((value) => value > at);
  return y[after === -1 ? y.length - 1 : after - 1];
}

/** Mean over seeds from where all have a value; after its last question a curve stays where it is. */
export function meanOverSeeds(curves: readonly Pick<AttackCurve, 'x' | 'y'>[]): QueryLine['points'] {
  const places = [...new Set(curves.flatMap(({ x }) => [...x]))].sort((a, b) => a - b);
  return places.flatMap((x) => {
    const values = curves.map((curve) => valueAt(curve, x)).filter((value) => value !== undefined);
    const y = values.length === curves.length ? meanInterval(values) : null;
    return y ? [{ x, y }] : [];
  });
}

export function queriesOption(lines: readonly QueryLine[], series: string, palette: Palette): ChartOption {
  const { title, x: xName, unit } = ATTACK_CURVES[series]!;
  const named = lines.map((line) => ({ ...line, name: `${line.attack}, ${line.arm}` }));
  return {
    ...overLines(named, unit, (x) => `${grouped(x)} ${xName}`, palette),
    xAxis: {
      type: 'log',
      min: 1,
      max: Math.max(10, ...lines.map(({ points }) => points.at(-1)?.x ?? 0)),
      ...axis(palette, `${xName} an input`, 24),
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      ...(unit === 'share' ? { max: 100 } : {}),
      ...axis(palette, withUnit(title.replace(/ by .*/, ''), unit), 38),
      axisLine: { show: false },
    },
    series: named.flatMap((line) => banded(line, unit, palette)),
  };
}
