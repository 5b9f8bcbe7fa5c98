import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DatabaseSync } from '@photostructure/sqlite';
import type { RunEvent } from '../../../src-main/contract/events';
import { LabError } from '../../../src-main/contract/problem';
import { SESSION_FORMAT } from '../../../src-main/contract/session';
import { isBeingWritten } from '../../../src-main/sessions/lock';
import { SessionReader, statusFrom, withSession } from '../../../src-main/sessions/reader';
import { createSession, SessionWriter } from '../../../src-main/sessions/writer';
import { header, machine, provenance, run, temporaryFolder, versions } from './session-fixture';

const newSession = (): string => {
  const file = join(temporaryFolder(), 'it’s 1 % #?.sparring');
  createSession(file, header());
  return file;
};

function record(events: RunEvent[]): string {
  const file = newSession();
  const writer = SessionWriter.open(file, provenance);
  events.forEach((event) => writer.append(event));
  writer.close();
  return file;
}

/** The process dies here: nothing is closed in order, the lock goes with the process. */
function crashedAfter(count: number): string {
  const file = newSession();
  const writer = SessionWriter.open(file, provenance);
  run.slice(0, count).forEach((event) => writer.append(event));
  const copy = join(temporaryFolder(), 'crashed.sparring');
  for (const end of ['', '-wal']) copyFileSync(file + end, copy + end);
  writer.close();
  return copy;
}

const problemOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    if (error instanceof LabError) return error.problem;
    throw error;
  }
  throw new Error('nothing was thrown');
};

const events = (file: string): RunEvent[] =>
  withSession(file, (session) => session.events().map(({ event }) => event));

describe('round trip', () => {
  it('gives every event back as it was, weights included', () => {
    const read = events(record(run));
    expect(read).toEqual(run.map((event) => (event.type === 'checkpoint' ? { ...event, state: {} } : event)));
  });

  it('keeps every element type bit for bit', () => {
    const bits = new Uint8Array([0, 0, 0xc0, 0x7f, 1, 0, 0xc0, 0xff, 0, 0, 0, 0x80, 0xdb, 0x0f, 0x49, 0x40]);
    const types = [
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      Float32Array,
      Float64Array,
      BigInt64Array,
      BigUint64Array,
    ];
    // A view into the middle of a buffer: only its part is to be kept.
    const arrays = types.map((type) => {
      const buffer = new ArrayBuffer(32);
      new Uint8Array(buffer).set(bits, 8);
      return new type(buffer, 8, 16 / type.BYTES_PER_ELEMENT);
    });
    const event = {
      type: 'trained',
      arm: 0,
      weights: { ...arrays, empty: new Float32Array(0) },
      seconds: 0,
    } as unknown as RunEvent;
    const [read] = events(record([event])) as unknown as [{ weights: Record<string, Uint8Array> }];
    types.forEach((type, i) => {
      const array = read.weights[i]!;
      expect(array).toBeInstanceOf(type);
      expect([...new Uint8Array(array.buffer, array.byteOffset, array.byteLength)]).toEqual([...bits]);
    });
    expect(read.weights['empty']).toEqual(new Float32Array(0));
  });

  it('keeps numbers that JSON cannot write', () => {
    const values = [NaN, Infinity, -Infinity, -0, 5e-324, 0.1 + 0.2];
    const read = events(
      record(values.map((value, x) => ({ type: 'point', arm: 0, series: 'loss', x, value }))),
    );
    expect(read.map((event) => (event as { value: number }).value)).toEqual(values);
  });

  it('refuses what it could not give back', () => {
    const writer = SessionWriter.open(newSession(), provenance);
    const broken = { type: 'evaluation', arm: 0, attack: null, metrics: new Map() } as unknown as RunEvent;
    expect(() => writer.append(broken)).toThrow('evaluation.metrics: a session cannot hold Map');
    expect(writer.append(run[0]!)!.sequence).toBe(1);
    writer.close();
  });

  it('keeps the header, and what ran it from the first event on', () => {
    const file = newSession();
    const other = { versions: { ...versions, tensorflow: '2.99' }, machine };
    withSession(file, (session) => expect(session.header().versions.tensorflow).toBe('2.16.2'));
    const writer = SessionWriter.open(file, other);
    writer.append(run[0]!);
    writer.close();
    withSession(file, (session) =>
      expect(session.header()).toEqual({ ...header(), ...other, format: SESSION_FORMAT }),
    );
  });

  it('leaves one file behind', () => {
    const file = record(run);
    expect(readdirSync(join(file, '..'))).toHaveLength(1);
  });

  it('leaves weights out for the window', () => {
    const light = withSession(record(run), (session) => session.events({ light: true }));
    expect(light.find(({ event }) => event.type === 'trained')!.event).toEqual({
      type: 'trained',
      arm: 0,
      weights: {},
      seconds: 3.5,
    });
  });

  it('pages', () => {
    withSession(record(run), (session) => {
      expect(session.events({ after: 2, limit: 3 }).map(({ sequence }) => sequence)).toEqual([3, 4, 5]);
      expect([...session.stream()].map(({ sequence }) => sequence)).toEqual(run.map((_, i) => i + 1));
      expect(session.last()).toBe(run.length);
    });
  });
});

describe('while it is written', () => {
  it('is read by others and written by one', () => {
    const file = newSession();
    const writer = SessionWriter.open(file, provenance);
    const reader = SessionReader.open(file);
    writer.append(run[0]!);
    expect(reader.last()).toBe(1);
    expect(reader.status()).toBe('running');
    writer.append({ type: 'run-paused' });
    expect(reader.status()).toBe('paused');
    expect(problemOf(() => SessionWriter.open(file, provenance)).message).toContain(
      'being written by a running Sparring',
    );
    reader.close();
    writer.close();
    expect(isBeingWritten(file)).toBe(false);
    withSession(file, (session) => expect(session.status()).toBe('interrupted'));
  });

  it('is not created over another file', () => {
    const file = newSession();
    expect(problemOf(() => createSession(file, header())).message).toContain('a file of this name already');
    expect(readdirSync(join(file, '..'))).toHaveLength(1);
  });

  it('leaves nothing behind where it may not be created', () => {
    expect(problemOf(() => createSession('/nowhere/at/all.sparring', header())).place).toBe(
      '/nowhere/at/all.sparring',
    );
  });
});

describe('status', () => {
  it('is decided by the last turn and by whether somebody writes', () => {
    expect(statusFrom(null, true)).toBe('running');
    expect(statusFrom(null, false)).toBe('interrupted');
    expect(statusFrom('run-resumed', true)).toBe('running');
    expect(statusFrom('run-paused', true)).toBe('paused');
    expect(statusFrom('run-paused', false)).toBe('interrupted');
    for (const [turn, status] of [
      ['run-finished', 'done'],
      ['run-stopped', 'stopped'],
      ['run-failed', 'failed'],
    ] as const) {
      expect(statusFrom(turn, false)).toBe(status);
      expect(statusFrom(turn, true)).toBe(status);
    }
  });
});

describe('after a crash', () => {
  it('holds every acknowledged event and shows as interrupted', () => {
    const file = crashedAfter(7);
    withSession(file, (session) => {
      expect(session.last()).toBe(7);
      expect(session.status()).toBe('interrupted');
      expect(session.resumePoint()).toMatchObject({
        position: { arm: 0, stage: 'training', done: 1 },
        sequence: 5,
      });
      expect(session.resumePoint().state['w']).toEqual(new Float32Array([1, NaN, -0]));
      expect(session.resumePoint().history).toHaveLength(5);
    });
  });

  it('goes on from the checkpoint: repeated events are dropped, new ones added', () => {
    const file = crashedAfter(7);
    const writer = SessionWriter.open(file, provenance);
    const { point, recorded } = writer.resume()!;
    expect(recorded.event).toEqual({ type: 'run-resumed', from: { arm: 0, stage: 'training', done: 1 } });
    const answers = run.slice(point.sequence).map((event) => writer.append(event)?.sequence ?? null);
    expect(answers).toEqual([null, null, 9, 10, 11, 12, 13, 14, 15]);
    writer.close();
    const read = events(file).filter(({ type }) => type !== 'run-resumed');
    expect(read.map(({ type }) => type)).toEqual(run.map(({ type }) => type));
    withSession(file, (session) => expect(session.status()).toBe('done'));
  });

  it('tells where a resumed run goes another way, and why', () => {
    const file = crashedAfter(7);
    const writer = SessionWriter.open(file, { versions: { ...versions, tensorflow: '2.17' }, machine });
    writer.resume();
    const problem = problemOf(() =>
      writer.append({ type: 'point', arm: 0, series: 'loss', x: 2, value: 0.26 }),
    );
    expect(problem.message).toContain('diverges at event 6 (point), value: recorded 0.25, now 0.26');
    expect(problem.message).toContain('TensorFlow 2.16.2, now 2.17');
    // What follows is recorded: the failure itself, above all.
    expect(writer.append({ type: 'run-failed', error: problem })!.sequence).toBe(9);
    writer.close();
    withSession(file, (session) => expect(session.status()).toBe('failed'));
  });

  it('starts anew without a checkpoint', () => {
    const file = crashedAfter(3);
    const writer = SessionWriter.open(file, provenance);
    expect(writer.resume()!.point).toEqual({ position: null, sequence: 0, state: {}, history: [] });
    expect(run.map((event) => writer.append(event)).filter(Boolean)).toHaveLength(run.length - 3);
    writer.close();
    withSession(file, (session) => expect(session.status()).toBe('done'));
  });

  it('does not take up a finished run', () => {
    const writer = SessionWriter.open(record(run), provenance);
    expect(problemOf(() => writer.resume()).message).toBe('this run is finished');
    writer.close();
  });
});

describe('a file that is no whole session', () => {
  const written = (content: string | Buffer) => {
    const file = join(temporaryFolder(), 'a.sparring');
    writeFileSync(file, content);
    return file;
  };
  const openingProblem = (file: string) => problemOf(() => withSession(file, (session) => session.check()));

  it('is missing', () =>
    expect(openingProblem('/nowhere.sparring')).toMatchObject({
      place: '/nowhere.sparring',
      message: 'there is no such session',
    }));
  it('is a folder', () => expect(openingProblem(temporaryFolder()).message).toContain('it is a folder'));
  it('is empty', () =>
    expect(openingProblem(written('')).message).toBe('this is not a Sparring session: it is empty'));
  it('is something else', () =>
    expect(openingProblem(written('name: small\n'.repeat(50))).message).toContain('not a Sparring session'));
  it('is another program’s database', () => {
    const file = join(temporaryFolder(), 'other.sparring');
    const database = new DatabaseSync(file);
    database.exec('CREATE TABLE t (a)');
    database.close();
    expect(openingProblem(file).message).toContain('a database of another program');
  });
  it('is from a newer version', () => {
    const file = record(run);
    const bytes = readFileSync(file);
    bytes.writeUInt32BE(SESSION_FORMAT + 1, 60);
    expect(openingProblem(written(bytes))).toMatchObject({ remedy: 'Update Sparring.' });
  });
  it('is truncated at any length', () => {
    const whole = readFileSync(record(run));
    for (const bytes of [10, 99, 100, 4096, whole.length - 4096, whole.length - 1]) {
      const file = written(whole);
      truncateSync(file, bytes);
      expect(openingProblem(file).message).toMatch(/truncated or damaged/);
    }
  });
  it('is damaged inside', () => {
    const bytes = readFileSync(record(run));
    bytes.fill(0xff, 4096, 3 * 4096);
    expect(openingProblem(written(bytes)).message).toMatch(/truncated or damaged/);
  });
  it('lacks an event', () => {
    const file = record(run);
    const database = new DatabaseSync(file);
    database.exec('DELETE FROM event WHERE sequence = 4');
    database.close();
    expect(problemOf(() => events(file)).message).toContain('event 4 is missing');
  });
  it.skipIf(process.getuid?.() === 0)('may not be read', () => {
    const file = record(run);
    chmodSync(file, 0);
    expect(openingProblem(file).message).toContain('may not be read');
  });
  it('is not touched', () => {
    const file = written('something of the user’s');
    problemOf(() => SessionWriter.open(file, provenance));
    expect(readFileSync(file, 'utf8')).toBe('something of the user’s');
    expect(existsSync(`${file}-lock`)).toBe(false);
  });
});

it('gives curves as arrays, the numbers JSON cannot write included', () => {
  const point = (series: string, x: number, value: number): RunEvent => ({
    type: 'point',
    arm: 0,
    series,
    x,
    value,
  });
  const file = record([
    run[0]!,
    point('loss', 0.5, NaN),
    point('epsilon', 1, 0.1),
    point('loss', 1, -0),
    point('loss', 2, Infinity),
  ]);
  withSession(file, (session) =>
    expect(session.curves()).toEqual([
      { arm: 0, series: 'loss', x: Float64Array.of(0.5, 1, 2), y: Float64Array.of(NaN, -0, Infinity) },
      { arm: 0, series: 'epsilon', x: Float64Array.of(1), y: Float64Array.of(0.1) },
    ]),
  );
});
