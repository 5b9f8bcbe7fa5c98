/**
 * An episode step by step: a strip for each value of an observation (true, perceived, and how far it may be moved), the
 * margin of the action that the truth calls for, and lanes for the steps whose action flipped or is certified.
 */
import type { Trajectory } from '../../src-main/contract/fold';
import { fixed, plain } from '../format';
import type { Palette } from '../theme/inks';
import { axis, base, LABEL_SIZE, tick } from './base';
import type { ChartOption, CustomSeriesOption, LineSeriesOption } from './echarts';
import { choices, flips, isAttacked, isThoughtful, margins, stretches } from './episode';

export const STRIP_LEFT = 104;
export const STRIP_RIGHT = 12;
export const STRIP_BOTTOM = 36;
const TOP = 4;
const GAP = 8;
const LANE = 15;
/** Below this a strip says nothing; the strips are scrolled then. */
const LEAST = 34;
const MOST = 130;

/** The course of each value of an observation over the steps of an episode. */
export function dimensions(
  values: Float32Array,
  names: readonly string[],
  steps: number,
): { name: string; values: number[] }[] {
  return names.map((name, i) => ({
    name,
    values: Array.from({ length: steps }, (_, step) => values[step * names.length + i]!),
  }));
}

interface Lane {
  name: string;
  flags: Uint8Array;
  ink: 'perceived' | 'pass';
}

/** Only what was recorded. */
export function lanesOf(trajectory: Trajectory): Lane[] {
  const flipped = flips(trajectory);
  return [
    ...(flipped ? [{ name: 'flipped', flags: flipped, ink: 'perceived' as const }] : []),
    ...(trajectory.certified
      ? [{ name: 'certified', flags: trajectory.certified, ink: 'pass' as const }]
      : []),
  ];
}

const stripsOf = (trajectory: Trajectory): number =>
  trajectory.observationNames.length + (isThoughtful(trajectory) ? 1 : 0);

/** Height of the whole: as much as there is room for, within reason. */
export function stripsHeight(trajectory: Trajectory, room: number): number {
  const count = stripsOf(trajectory);
  const rest = TOP + lanesOf(trajectory).length * LANE + GAP + STRIP_BOTTOM;
  return rest + count * Math.min(MOST, Math.max(LEAST, (room - rest) / count));
}

export function observationsOption(trajectory: Trajectory, palette: Palette, height: number): ChartOption {
  const steps = trajectory.actions.length;
  const truth = dimensions(trajectory.observations, trajectory.observationNames, steps);
  const perceived =
    isAttacked(trajectory) && trajectory.perceived.length
      ? dimensions(trajectory.perceived, trajectory.observationNames, steps)
      : [];
  const discrete = truth.length === 1 && truth[0]!.name === 'state';
  const lanes = lanesOf(trajectory);
  const thoughtful = isThoughtful(trajectory) ? trajectory : null;
  const count = stripsOf(trajectory);
  const strip = (height - TOP - STRIP_BOTTOM - GAP - lanes.length * LANE) / count;
  const places = [
    ...Array.from({ length: count }, (_, i) => ({ top: TOP + i * strip, height: strip - GAP })),
    ...(lanes.length ? [{ top: TOP + count * strip, height: lanes.length * LANE }] : []),
  ];

  const line = (
    at: number,
    name: string,
    values: readonly number[],
    color: string,
    width: number,
  ): LineSeriesOption => ({
    type: 'line',
    name,
    xAxisIndex: at,
    yAxisIndex: at,
    data: values.map((value, step) => [step, value]),
    showSymbol: false,
    ...(discrete ? { step: 'middle' as const } : {}),
    emphasis: { disabled: true },
    itemStyle: { color },
    lineStyle: { color, width },
    z: 3,
  });
  /** Where the attack may move the value to: one shape, so that nothing shows between steps. */
  const band = (at: number, values: readonly number[], reach: number): CustomSeriesOption => ({
    type: 'custom',
    xAxisIndex: at,
    yAxisIndex: at,
    silent: true,
    clip: true,
    tooltip: { show: false },
    data: values.map((value, step) => [step, value - reach, value + reach]),
    encode: { x: 0, y: [1, 2], tooltip: [] },
    renderItem: ({ dataIndex }, api) =>
      dataIndex > 0
        ? { type: 'group', children: [] }
        : {
            type: 'polygon',
            shape: {
              points: [
                ...values.map((value, step) => api.coord([step, value + reach])),
                ...values.map((value, step) => api.coord([step, value - reach])).reverse(),
              ],
            },
            style: { fill: palette.perceived, opacity: 0.16 },
          },
    z: 1,
  });

  const series: (LineSeriesOption | CustomSeriesOption)[] = truth.flatMap(({ name, values }, at) => {
    const seen = perceived[at];
    const reach = discrete ? undefined : trajectory.reach?.[at];
    return [
      ...(reach && Number.isFinite(reach) ? [band(at, values, reach)] : []),
      ...(seen ? [line(at, `${name} perceived`, seen.values, palette.perceived, 1.25)] : []),
      line(at, `${name} true`, values, palette.true, 1.5),
    ];
  });
  if (thoughtful) {
    const at = truth.length;
    const { scores, perceivedScores, actionNames } = thoughtful;
    const intended = choices(scores, actionNames.length);
    const course = (of: Float32Array): number[] => margins(of, intended, actionNames.length);
    series.push(
      {
        ...line(at, 'nothing', Array<number>(steps).fill(0), palette.line, 1),
        tooltip: { show: false },
        z: 2,
      },
      ...(perceivedScores.length
        ? [line(at, 'margin perceived', course(perceivedScores), palette.perceived, 1.25)]
        : []),
      line(at, 'margin true', course(scores), palette.true, 1.5),
    );
  }
  const laneAt = count;
  lanes.forEach(({ name, flags, ink }, row) => {
    series.push({
      type: 'custom',
      name,
      xAxisIndex: laneAt,
      yAxisIndex: laneAt,
      silent: true,
      clip: true,
      tooltip: { show: false },
      data: stretches(flags).map(([from, to]) => [from, to, row]),
      encode: { x: [0, 1], y: 2, tooltip: [] },
      renderItem: (_, api) => {
        const [x, y] = api.coord([Number(api.value(0)) - 0.5, api.value(2)]) as [number, number];
        const [end] = api.coord([Number(api.value(1)) - 0.5, api.value(2)]) as [number, number];
        return {
          type: 'rect',
          shape: { x, y: y - LANE / 2 + 3, width: Math.max(1.5, end - x), height: LANE - 6 },
          style: { fill: palette[ink] },
        };
      },
    });
  });

  const { tooltip, ...rest } = base(palette);
  const name = (at: number): string => truth[at]?.name ?? (at === truth.length && thoughtful ? 'margin' : '');
  const last = places.length - 1;
  return {
    ...rest,
    tooltip: {
      ...tooltip,
      trigger: 'axis',
      axisPointer: { type: 'line', lineStyle: { color: palette.line } },
      formatter: (items) => {
        const list = [items]
          .flat()
          .filter(({ seriesType, seriesName }) => seriesType === 'line' && seriesName !== 'nothing');
        if (list.length === 0) return '';
        const [step] = list[0]!.value as [number, number];
        return [
          `step ${plain(step)}`,
          ...list.map(
            ({ seriesName, value }) =>
              `${seriesName}  ${fixed((value as number[])[1]!, 'observation range')}`,
          ),
        ].join('\n');
      },
    },
    grid: places.map((place) => ({ left: STRIP_LEFT, right: STRIP_RIGHT, ...place })),
    xAxis: places.map((_, i) => ({
      gridIndex: i,
      type: 'value' as const,
      min: 0,
      max: Math.max(1, steps - 1),
      minInterval: 1,
      ...axis(palette, i === last ? 'step' : '', 22),
      axisLabel: {
        show: i === last,
        showMaxLabel: false,
        color: palette.ink3,
        fontSize: LABEL_SIZE,
        fontFamily: palette.font,
      },
      splitLine: { show: false },
    })),
    yAxis: places.map((_, i) =>
      i === laneAt
        ? {
            gridIndex: i,
            type: 'category' as const,
            data: lanes.map((lane) => lane.name),
            inverse: true,
            ...axis(palette, '', 0),
            axisLabel: {
              interval: 0,
              color: palette.ink3,
              fontSize: LABEL_SIZE,
              fontFamily: palette.font,
            },
            axisLine: { show: false },
            splitLine: { show: false },
          }
        : {
            gridIndex: i,
            type: 'value' as const,
            scale: true,
            splitNumber: 1,
            ...axis(palette, name(i), 40),
            nameRotate: 0,
            nameTextStyle: { color: palette.ink2, fontSize: LABEL_SIZE, align: 'right' as const },
            axisLabel: {
              color: palette.ink3,
              fontSize: LABEL_SIZE - 1,
              fontFamily: palette.font,
              formatter: tick,
              hideOverlap: true,
              verticalAlignMinLabel: 'bottom' as const,
              verticalAlignMaxLabel: 'top' as const,
            },
            axisLine: { show: true, lineStyle: { color: palette.line } },
          },
    ),
    series,
  };
}
