/** The frame of attacks on the dynamics: worlds with other values, what an agent earns in them, and the worst one found. */
import type { Dynamics, Environment, Quantity } from '../../contract/environment';
import type { RobustnessSurface, SweptQuantity } from '../../contract/events';
import { LabError } from '../../contract/problem';

/** @throws LabError when nothing of the environment can be altered */
export function dynamicsOf({ dynamics }: Environment, id: string, place: string): Dynamics {
  if (dynamics) return dynamics;
  throw new LabError(
    `${place}.id`,
    `“${id}” alters an environment's dynamics, of which this one names none`,
    'Choose CartPole-v1 or a grid world; of Taxi-v4 the one without a fickle passenger.',
  );
}

export const nominalOf = ({ quantities }: Dynamics): Record<string, number> =>
  Object.fromEntries(quantities.map(({ name, nominal }) => [name, nominal]));

/**
 * Value of a quantity at a place of its range: −1 its low end, 0 the nominal value, 1 its high end, spaced by its scale
 * between.
 */
export function valueAt({ nominal, low, high, scale }: Quantity, place: number): number {
  const end = place < 0 ? low : high;
  const share = Math.abs(place);
  if (share === 0) return nominal;
  return scale === 'linear' ? nominal + share * (end - nominal) : nominal * (end / nominal) ** share;
}

/** `points` places evenly spaced over `reach` of the range; from 0 on where a quantity cannot fall below its nominal value. */
export function placesOf({ nominal, low }: Quantity, reach: number, points: number): number[] {
  const first = low === nominal ? 0 : -reach;
  return Array.from({ length: points }, (_, i) => first + ((reach - first) * i) / (points - 1));
}

/** A place in the plane of two quantities, each in units of its range. */
type Place = [first: number, second: number];

export interface Sweep {
  quantities: [Quantity, Quantity];
  /** Share of the ranges. */
  reach: number;
  /** Places along each axis. */
  points: number;
  /** Worlds that may be tried after the sweep. */
  searches: number;
  worth(values: Record<string, number>): Promise<number>;
  exact: boolean;
}

/**
 * Return over a grid of two quantities; then a compass search from its lowest point: the four neighbours at half the
 * grid's spacing are tried, the first lower one is moved to, and where none is lower the step is halved.
 */
export async function sweep(job: Sweep): Promise<RobustnessSurface> {
  const { quantities, reach, points, searches, worth, exact } = job;
  const [firsts, seconds] = quantities.map((quantity) => placesOf(quantity, reach, points)) as [
    number[],
    number[],
  ];
  const valuesAt = (place: Place): Record<string, number> =>
    Object.fromEntries(quantities.map((quantity, axis) => [quantity.name, valueAt(quantity, place[axis]!)]));
  const returns: number[] = [];
  const worst: { place: Place; earned: number } = { place: [0, 0], earned: Infinity };
  /** Tells whether it is worse there than anywhere before. */
  const tryAt = async (place: Place): Promise<boolean> => {
    const earned = await worth(valuesAt(place));
    returns.push(earned);
    if (earned >= worst.earned) return false;
    Object.assign(worst, { place, earned });
    return true;
  };
  for (const second of seconds) for (const first of firsts) await tryAt([first, second]);

  let searched = 0;
  const held = (place: number, axis: number): number =>
    Math.min(reach, Math.max((axis === 0 ? firsts : seconds)[0]!, place));
  let step = reach / (points - 1);
  while (searched < searches && step > reach / 1000) {
    const { place } = worst;
    let moved = false;
    for (const [axis, sign] of [
      [0, -1],
      [0, 1],
      [1, -1],
      [1, 1],
    ] as const) {
      const next: Place = [...place];
      next[axis] = held(next[axis] + sign * step, axis);
      if (next[axis] === place[axis] || searched === searches || moved) continue;
      searched++;
      moved = await tryAt(next);
    }
    if (!moved) step /= 2;
  }
  const { place, earned } = worst;
  const swept = (axis: 0 | 1, places: number[]): SweptQuantity => {
    const { name, title, unit, nominal, scale } = quantities[axis];
    return { name, title, unit, nominal, scale, values: places.map((at) => valueAt(quantities[axis], at)) };
  };
  return {
    first: swept(0, firsts),
    second: swept(1, seconds),
    returns: Float32Array.from(returns.slice(0, points * points)),
    exact,
    worst: {
      first: valueAt(quantities[0], place[0]),
      second: valueAt(quantities[1], place[1]),
      return: earned,
    },
    swept: points * points,
    searched,
  };
}
