/** Sessions side by side: where their experiments differ, and whether their numbers do by more than chance. */
import type { Task } from './catalog';
import type { Metrics } from './events';
import { pairedPermutation, type SeedTest } from './statistics';

/** What attacks leave is compared by this metric, and the clean performance by the other. */
export const COMPARED_METRIC: Record<Task, { attacked: string; clean: string }> = {
  classification: { attacked: 'robustAccuracy', clean: 'accuracy' },
  'reinforcement-learning': { attacked: 'return', clean: 'return' },
};

/** A setting in which experiments differ, with its value in each; undefined where one has none. */
export interface SpecDifference {
  /** Such as `training.epochs` or `defenses[trades].beta`. */
  path: string;
  values: unknown[];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every setting by its path. Items of lists are told apart by their id, so that one more does not shift the others. */
function settings(value: unknown, path: string, found: Map<string, unknown>): Map<string, unknown> {
  if (isObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      // An id stands in the path already.
      if (key === 'id' && path.endsWith(']')) found.set(path, inner);
      else settings(inner, path ? `${path}.${key}` : key, found);
    }
  } else if (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => isObject(item) && 'id' in item)
  ) {
    const times = new Map<string, number>();
    for (const item of value as { id: string }[]) {
      const time = (times.get(item.id) ?? 0) + 1;
      times.set(item.id, time);
      settings(item, `${path}[${item.id}${time > 1 ? ` ${time}` : ''}]`, found);
    }
  } else found.set(path, value);
  return found;
}

/** What a session is called changes nothing of what it is. */
const IGNORED = ['name', 'description'];

export function specDifferences(specs: readonly object[]): SpecDifference[] {
  const all = specs.map((spec) => settings(spec, '', new Map()));
  const paths = [...new Set(all.flatMap((found) => [...found.keys()]))];
  return paths
    .filter((path) => !IGNORED.includes(path))
    .map((path) => ({ path, values: all.map((found) => found.get(path)) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
}

/** The value of a metric by seed. */
export type BySeed = ReadonlyMap<number, number>;

export const bySeed = (
  arms: readonly { seed: number; metrics: Metrics | null | undefined }[],
  name: string,
): BySeed =>
  new Map(
    arms.flatMap(({ seed, metrics }) => {
      const value = metrics?.[name];
      return typeof value === 'number' ? [[seed, value] as const] : [];
    }),
  );

/** `one` against `other` over the seeds they share: the same seed gives both the same start. Null where they share none. */
export const pairedOverSeeds = (one: BySeed, other: BySeed): SeedTest | null =>
  pairedPermutation(
    [...one].flatMap(([seed, value]) => {
      const against = other.get(seed);
      return against === undefined ? [] : [value - against];
    }),
  );

const pText = (p: number): string =>
  p >= 0.001 ? String(Number(p.toPrecision(3))).replace(/^0/, '') : p.toExponential(0);

/** What a test can say with so few seeds, and what is asked of it here. */
export function testNote(tests: readonly SeedTest[]): string {
  const fewest = Math.min(...tests.map(({ n }) => n));
  const largest = Math.max(...tests.map(({ n }) => n));
  if (tests.length === 0) return 'No two share a seed: there is nothing to pair.';
  const n = fewest === largest ? `n = ${fewest}` : `n = ${fewest} to ${largest}`;
  const least = 2 ** (1 - largest);
  const limit =
    largest <= 20
      ? ` With ${largest} seed${largest === 1 ? '' : 's'} an exact paired p cannot fall below ${pText(least)}${least > 0.05 ? ', so that no difference can be significant at .05' : ''}.`
      : '';
  return `Two-sided exact permutation test, paired by seed, ${n}.${limit} ${tests.length} comparison${tests.length === 1 ? '' : 's'}, not corrected for their number.`;
}

export const shownP = ({ p }: SeedTest): string => `p = ${pText(p)}`;
