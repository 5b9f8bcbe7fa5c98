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

/** Environment variables by what they set. */
const SETTINGS: Record<string, string> = {
  TF_ENABLE_ONEDNN_OPTS: 'oneDNN',
  TF_NUM_INTRAOP_THREADS: 'threads',
  TF_NUM_INTEROP_THREADS: 'threads',
  OMP_NUM_THREADS: 'threads',
};

/**
 * What differs between then and now that numbers depend on: the likely reasons for another result, the likeliest first.
 * TensorFlow adds in another order on another processor, with oneDNN or without, and in other numbers of threads.
 */
export function likelyCauses(recorded: Provenance, now: Provenance): string[] {
  const change = (name: string, then: unknown, today: unknown, none = '(none)'): string[] =>
    then === today ? [] : [`${name} ${then ?? none}, now ${today ?? none}`];
  const [old, current] = [recorded.versions, now.versions];
  const environment = [
    ...new Set([...Object.keys(old.environment), ...Object.keys(current.environment)]),
  ].flatMap((key) => {
    const [then, today] = [old.environment[key], current.environment[key]];
    const what = SETTINGS[key] ? `${SETTINGS[key]}: ` : '';
    return then === today ? [] : [`${what}${key}=${then ?? '(not set)'}, now ${today ?? '(not set)'}`];
  });
  return [
    ...change('TensorFlow', old.tensorflow, current.tensorflow),
    ...environment,
    ...change('another machine: cpu', recorded.machine.cpu, now.machine.cpu),
    ...change('threads: cores', recorded.machine.cores, now.machine.cores),
    ...change('platform', recorded.machine.platform, now.machine.platform),
    ...change('arch', recorded.machine.arch, now.machine.arch),
    ...change('Sparring', old.sparring, current.sparring),
    ...change('TensorFlow.js', old.tfjs, current.tfjs),
    ...change('V8', old.v8, current.v8),
    ...change('Electron', old.electron, current.electron),
    ...change('Node', old.node, current.node),
  ];
}

/** What was loaded is not what was loaded then: nothing else need be looked for. */
const CONTENT: Record<string, string> = {
  'data-loaded': 'the data are not those of the recording: their content has changed since',
  'model-opened': 'the model file is not that of the recording: its content has changed since',
};

/** The reasons for this very difference. */
export function causesOf(
  { type, path }: { type: string; path: string },
  recorded: Provenance,
  now: Provenance,
): string[] {
  const content = CONTENT[type];
  return content && path === 'hash' ? [content] : likelyCauses(recorded, now);
}
