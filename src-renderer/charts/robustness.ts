/**
 * What attacks leave of the performance: a curve over ε for an attack given with several values, bars for the others,
 * side by side on one scale. Whiskers are 95 % intervals over seeds.
 */
import { find, type Catalog } from '../../src-main/contract/catalog';
import type { AttackPlan } from '../../src-main/contract/events';
import type { Measure } from '../../src-main/contract/metrics';
import type { Interval } from '../../src-main/contract/statistics';
import { fixed, plain, scaled, symbol, withUnit } from '../format';
import { armColor, armDash, type Palette } from '../theme/inks';
import { MARK } from './mark';
import { axis, base, LABEL_SIZE } from './base';
import type { ChartOption, CustomSeriesOption, LineSeriesOption } from './echarts';
import { attackLabel, label, telling, type Budget } from './families';

/** One arm family's numbers; null or undefined where not evaluated yet. */
export interface RobustnessRow {
  label: string;
  color: number;
  /** A check of the verdict failed: what attacks leave of it is drawn hollow. */
  doubtful?: boolean;
  clean: Interval | null | undefined;
  /** By index of plan.attacks. */
  attacks: (Interval | null | undefined)[];
}

export interface Facet {
  title: string;
  /** Attacks in it by index; over ε these are points of one curve. `null` stands for no attack. */
  attacks: (number | null)[];
  /** Name of the parameter on the x axis and its values; null: bars. */
  x: { name: string; unit: string; values: number[] } | null;
  labels: string[];
}

/** Attacks that differ in their budget alone make one facet each; all others share one with bars. */
export function facets(attacks: readonly AttackPlan[], catalog: Catalog, budget: Budget): Facet[] {
  const groups = new Map<string, AttackPlan[]>();
  for (const attack of attacks) {
    const others = telling(catalog, 'attack', attack, attacks).filter((name) => name !== budget);
    const key = JSON.stringify([attack.id, others.map((name) => attack.params[name])]);
    groups.set(key, [...(groups.get(key) ?? []), attack]);
  }
  const curves: Facet[] = [];
  const single: AttackPlan[] = [];
  for (const group of groups.values()) {
    if (group.length < 2) {
      single.push(...group);
      continue;
    }
    const sorted = [...group].sort((a, b) => Number(a.params[budget]) - Number(b.params[budget]));
    const entry = find(catalog, 'attack', group[0]!.id);
    const differing = telling(catalog, 'attack', group[0]!, attacks).filter((name) => name !== budget);
    const values = sorted.map((attack) => Number(attack.params[budget]));
    // A budget of 0 is no attack at all, unless the experiment asks for it.
    const fromClean = values[0]! > 0;
    curves.push({
      title: label(catalog, 'attack', group[0]!, differing),
      attacks: [...(fromClean ? [null] : []), ...sorted.map(({ index }) => index)],
      x: {
        name: symbol(budget),
        unit: entry?.params[budget]?.unit ?? '',
        values: fromClean ? [0, ...values] : values,
      },
      labels: [
        ...(fromClean ? ['clean'] : []),
        ...sorted.map((attack) => attackLabel(catalog, attack, attacks, budget)),
      ],
    });
  }
  // Without any attack there is still what each arm does by itself.
  if (single.length === 0 && curves.length > 0) return curves;
  const labels = single.map((attack) => attackLabel(catalog, attack, attacks, budget));
  // Clean bars are needed where no curve starts from clean.
  const clean = curves.length === 0;
  return [
    ...curves,
    {
      title: '',
      attacks: [...(clean ? [null] : []), ...single.map(({ index }) => index)],
      x: null,
      labels: [...(clean ? ['clean'] : []), ...labels],
    },
  ];
}

const LEFT = 56;
const RIGHT = 12;
const GAP = 28;

/** Places of the facets in a chart of that width; bars need room by their number. */
export function layout(all: readonly Facet[], width: number): { left: number; width: number }[] {
  const weights = all.map((facet) => (facet.x ? 2.4 : Math.max(1.2, facet.attacks.length)));
  const room = width - LEFT - RIGHT - GAP * (all.length - 1);
  const sum = weights.reduce((a, b) => a + b, 0);
  let left = LEFT;
  return weights.map((weight) => {
    const own = (room * weight) / sum;
    const place = { left, width: own };
    left += own + GAP;
    return place;
  });
}

const has = (interval: Interval | null | undefined): interval is Interval =>
  interval != null && interval.mean !== null;
const spread = ({ low, high, n }: Interval): [number, number] | null =>
  n > 1 && low !== null && high !== null ? [low, high] : null;

const ROUND = [1, 2, 3, 4, 5, 6, 8, 10];

/** The next round number: 237 → 300. */
export function roundedUp(value: number): number {
  if (value <= 0) return 0;
  const power = 10 ** Math.floor(Math.log10(value));
  const digit = ROUND.find((round) => round * power >= value * (1 - 1e-9)) ?? 10;
  return Number((digit * power).toPrecision(12));
}

/** A whisker in pixels: stem and two caps. */
function whisker(x: number, low: number, high: number, color: string) {
  const cap = 3;
  const line = (x1: number, y1: number, x2: number, y2: number) => ({
    type: 'line' as const,
    shape: { x1, y1, x2, y2 },
    style: { stroke: color, lineWidth: 1.5 },
  });
  return [line(x, low, x, high), line(x - cap, low, x + cap, low), line(x - cap, high, x + cap, high)];
}

/** The mark of a doubtful number, its foot at the place. */
const markAt = (x: number, y: number, palette: Palette) => ({
  type: 'text' as const,
  silent: true,
  style: {
    ...{ text: MARK, x, y, align: 'center' as const, verticalAlign: 'bottom' as const },
    ...{ fill: palette.fail, fontSize: 12, fontWeight: 'bold' as const, fontFamily: palette.font },
  },
});

/** A point of a curve that a failed check makes doubtful. */
const hollow = (color: string, palette: Palette) => ({
  itemStyle: { color: palette.surface, borderColor: color, borderWidth: 1.5 },
  label: {
    ...{ show: true, formatter: MARK, position: 'top' as const, distance: 2 },
    ...{ color: palette.fail, fontSize: 12, fontWeight: 'bold' as const, fontFamily: palette.font },
  },
});

export function robustnessOption(
  all: readonly Facet[],
  rows: readonly RobustnessRow[],
  measure: Measure,
  width: number,
  palette: Palette,
): ChartOption {
  const value = (row: RobustnessRow, attack: number | null): Interval | null | undefined =>
    attack === null ? row.clean : row.attacks[attack];
  const draw = (number: number): number => scaled(number, measure.unit);
  const told = (row: RobustnessRow, where: string, interval: Interval, doubtful: boolean): string => {
    const range = spread(interval);
    const text = range ? `  [${fixed(range[0], measure.unit)}, ${fixed(range[1], measure.unit)}]` : '';
    const unit = measure.unit === 'share' ? ' %' : '';
    return `${row.label}\n${where}: ${fixed(interval.mean, measure.unit)}${unit}${text}  n = ${interval.n}${
      doubtful ? `\n${MARK} a check of the verdict failed` : ''
    }`;
  };

  const places = layout(all, width);
  const known = rows.flatMap((row) => [row.clean, ...row.attacks]).filter(has);
  const ends = known.flatMap((interval) => [interval.mean, ...(spread(interval) ?? [])]);
  const share = measure.unit === 'share';
  // One scale for all facets, so that heights compare.
  const bounds = share
    ? { min: 0, max: 100 }
    : {
        min: -roundedUp(-Math.min(0, ...ends.map(draw))),
        max: roundedUp(Math.max(0, ...ends.map(draw))) || 1,
      };

  const series = all.flatMap((facet, at): (LineSeriesOption | CustomSeriesOption)[] =>
    rows.flatMap((row, place): (LineSeriesOption | CustomSeriesOption)[] => {
      const color = armColor(palette, row.color);
      const points = facet.attacks
        .map((attack, i) => ({ i, interval: value(row, attack) }))
        .filter((point): point is { i: number; interval: Interval } => has(point.interval));
      const where = { xAxisIndex: at, yAxisIndex: at };
      const data = points.map(({ i, interval }) => {
        // An interval of shares may reach beyond 0 and 1; the axis does not.
        const [low, high] = (spread(interval) ?? [interval.mean, interval.mean]).map((end) =>
          share ? Math.min(1, Math.max(0, end)) : end,
        ) as [number, number];
        // Without an attack there is nothing to doubt.
        const doubtful = row.doubtful === true && facet.attacks[i] !== null;
        return {
          doubtful,
          name: told(row, facet.labels[i]!, interval, doubtful),
          value: [facet.x ? facet.x.values[i]! : i, draw(interval.mean), draw(low), draw(high)],
        };
      });
      const encode = { x: 0, y: [1, 2, 3] };
      if (!facet.x) {
        const bars: CustomSeriesOption = {
          type: 'custom',
          ...where,
          data,
          encode,
          renderItem: (params, api) => {
            const band = (api.size!([1, 0]) as number[])[0]! * 0.76;
            const slot = band / rows.length;
            const bar = Math.min(28, slot * 0.82);
            const [centre, top] = api.coord([api.value(0), api.value(1)]) as [number, number];
            const [, zero] = api.coord([api.value(0), 0]) as [number, number];
            const [, low] = api.coord([api.value(0), api.value(2)]) as [number, number];
            const [, high] = api.coord([api.value(0), api.value(3)]) as [number, number];
            const pitch = Math.min(slot, 34);
            const x = centre + (place - (rows.length - 1) / 2) * pitch;
            const { y, height } = params.coordSys as unknown as { y: number; height: number };
            const end = Math.max(y, Math.min(y + height, top));
            const { doubtful } = data[params.dataIndex]!;
            return {
              type: 'group',
              children: [
                {
                  type: 'rect',
                  // A bar of nothing still shows that there is a number.
                  shape: {
                    x: x - bar / 2,
                    y: end > zero ? zero : Math.min(end, zero - 1),
                    width: bar,
                    height: Math.max(1, Math.abs(zero - end)),
                  },
                  style: doubtful
                    ? { fill: 'transparent', stroke: color, lineWidth: 1.5, lineDash: [3, 2] }
                    : { fill: color, opacity: row.color === 0 ? 0.75 : 0.85 },
                },
                ...(doubtful ? [markAt(x, Math.min(end, zero) - 2, palette)] : []),
                ...(low === high ? [] : whisker(x, low, high, palette.ink)),
              ],
            };
          },
        };
        return [bars];
      }
      const line: LineSeriesOption = {
        type: 'line',
        ...where,
        name: row.label,
        data: data.map(({ name, doubtful, value: [x, mean] }) => ({
          name,
          value: [x!, mean!],
          ...(doubtful ? hollow(color, palette) : {}),
        })),
        symbol: 'circle',
        symbolSize: 6,
        itemStyle: { color },
        lineStyle: { color, width: 2, type: armDash(row.color) },
        emphasis: { disabled: true },
        z: 3,
      };
      const whiskers: CustomSeriesOption = {
        type: 'custom',
        ...where,
        silent: true,
        data,
        encode,
        renderItem: (_, api) => {
          const [x, low] = api.coord([api.value(0), api.value(2)]) as [number, number];
          const [, high] = api.coord([api.value(0), api.value(3)]) as [number, number];
          return { type: 'group', children: low === high ? [] : whisker(x, low, high, color) };
        },
        z: 2,
      };
      return [line, whiskers];
    }),
  );

  const titled = all.some(({ title }) => title);
  const labelled = all.some(({ x }) => !x);
  const roomOf = (i: number): number => places[i]!.width / all[i]!.attacks.length - 6;
  /** Words that would be broken stand aslant. */
  const aslant = all.some(({ x }, i) => !x && roomOf(i) < 58);
  const { tooltip, ...rest } = base(palette);
  return {
    ...rest,
    tooltip: { ...tooltip, trigger: 'item', formatter: (item) => String([item].flat()[0]!.name) },
    title: all.map(({ title }, i) => ({
      text: title,
      left: places[i]!.left + places[i]!.width / 2,
      top: 2,
      textAlign: 'center' as const,
      textStyle: {
        color: palette.ink2,
        fontSize: 12,
        fontWeight: 'bold' as const,
        fontFamily: palette.font,
        width: places[i]!.width,
        overflow: 'truncate' as const,
      },
    })),
    grid: places.map(({ left, width: own }) => ({
      left,
      width: own,
      top: titled ? 26 : 12,
      bottom: aslant ? 82 : labelled ? 52 : 40,
    })),
    xAxis: all.map((facet, i) => ({
      gridIndex: i,
      ...(facet.x
        ? {
            type: 'value' as const,
            min: facet.x.values[0]!,
            max: facet.x.values.at(-1)!,
            ...axis(
              palette,
              facet.x.unit && facet.x.unit !== facet.x.name
                ? `${facet.x.name} (${facet.x.unit})`
                : facet.x.name,
              24,
            ),
            axisLabel: {
              color: palette.ink3,
              fontSize: LABEL_SIZE,
              fontFamily: palette.font,
              customValues: facet.x.values,
              formatter: (number: number) => plain(number),
              hideOverlap: true,
            },
            splitLine: { show: false },
          }
        : {
            type: 'category' as const,
            data: facet.labels,
            ...axis(palette, '', 0),
            axisLabel: {
              color: palette.ink2,
              fontSize: LABEL_SIZE,
              fontFamily: palette.font,
              interval: 0,
              ...(aslant
                ? { rotate: 38, width: 100, overflow: 'truncate' as const }
                : { width: Math.max(32, roomOf(i)), overflow: 'break' as const }),
              lineHeight: 13,
            },
            splitLine: { show: false },
          }),
    })),
    yAxis: all.map((_, i) => ({
      gridIndex: i,
      type: 'value' as const,
      ...bounds,
      ...axis(palette, i === 0 ? withUnit(measure.title, measure.unit) : '', 40),
      axisLine: { show: false },
      axisLabel: {
        show: i === 0,
        color: palette.ink3,
        fontSize: LABEL_SIZE,
        fontFamily: palette.font,
        formatter: (number: number) => plain(number),
      },
    })),
    series,
  };
}
