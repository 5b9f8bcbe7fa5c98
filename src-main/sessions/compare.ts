/** Whether two runs of one spec are the same: for `reproduce` and for a run that is taken up again. */
import { WALL_CLOCK_FIELDS, type RunEvent } from '../contract/events';
import type { Machine, Versions } from '../contract/session';
import { bytesOf, dtypeOf, type TypedArray } from './encoding';

export interface Difference {
  /** Field of the event, such as `metrics.accuracy` or `weights.dense/kernel.17`. */
  path: string;
  recorded: unknown;
  found: unknown;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function differenceOf(recorded: unknown, found: unknown, path: string): Difference | null {
  if (Object.is(recorded, found)) return null;
  const dtype = dtypeOf(recorded);
  if (dtype && dtype === dtypeOf(found))
    return arrayDifference(recorded as TypedArray, found as TypedArray, path);
  if (dtype || !isRecord(recorded) || !isRecord(found) || Array.isArray(recorded) !== Array.isArray(found)) {
    return { path, recorded, found };
  }
  for (const key of new Set([...Object.keys(recorded), ...Object.keys(found)])) {
    if (WALL_CLOCK_FIELDS.includes(key)) continue;
    const difference = differenceOf(recorded[key], found[key], path ? `${path}.${key}` : key);
    if (difference) return difference;
  }
  return null;
}

function arrayDifference(recorded: TypedArray, found: TypedArray, path: string): Difference | null {
  if (recorded.length !== found.length)
    return { path: `${path}.length`, recorded: recorded.length, found: found.length };
  const [a, b] = [bytesOf(recorded), bytesOf(found)];
  // By bytes: a NaN equals itself, and −0 is not 0.
  const byte = Buffer.compare(a, b) === 0 ? -1 : a.findIndex((value, i) => value !== b[i]);
  if (byte < 0) return null;
  const i = Math.floor(byte / recorded.BYTES_PER_ELEMENT);
  return { path: `${path}.${i}`, recorded: recorded[i], found: found[i] };
}

/** The first field that differs, wall-clock fields and the scratch state of checkpoints aside; null when none does. */
export function firstDifference(recorded: RunEvent, found: RunEvent): Difference | null {
  const without = (event: RunEvent) => (event.type === 'checkpoint' ? { ...event, state: {} } : event);
  return differenceOf(without(recorded), without(found), '');
}

/** A value as a person can read it. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  const text = dtypeOf(value)
    ? `${dtypeOf(value)} array of ${(value as TypedArray).length}`
    : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

export interface Provenance {
  versions: Versions;
  machine: Machine;
}

/** What differs between then and now that numbers depend on: the likely reasons for another result. */
export function likelyCauses(recorded: Provenance, now: Provenance): string[] {
  const named = {
    sparring: 'Sparring',
    node: 'Node',
    electron: 'Electron',
    v8: 'V8',
    tfjs: 'TensorFlow.js',
    tensorflow: 'TensorFlow',
  };
  const versions = (Object.keys(named) as (keyof typeof named)[])
    .filter((key) => recorded.versions[key] !== now.versions[key])
    .map(
      (key) => `${named[key]} ${recorded.versions[key] ?? '(none)'}, now ${now.versions[key] ?? '(none)'}`,
    );
  const [then, today] = [recorded.versions.environment, now.versions.environment];
  const environment = [...new Set([...Object.keys(then), ...Object.keys(today)])]
    .filter((key) => then[key] !== today[key])
    .map((key) => `${key}=${then[key] ?? '(not set)'}, now ${today[key] ?? '(not set)'}`);
  const machine = (['platform', 'arch', 'cpu', 'cores'] as const)
    .filter((key) => recorded.machine[key] !== now.machine[key])
    .map((key) => `${key} ${recorded.machine[key]}, now ${now.machine[key]}`);
  return [...versions, ...environment, ...machine];
}

/** The causes as one sentence. */
export function causesInWords(causes: string[]): string {
  return causes.length
    ? `Likely cause: ${causes.join('; ')}.`
    : 'Versions, settings and machine are the same as then: this is a fault of Sparring, please report it.';
}
