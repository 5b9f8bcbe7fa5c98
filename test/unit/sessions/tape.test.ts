import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../src-main/contract/events';
import { Library } from '../../../src-main/sessions/library';
import { withSession } from '../../../src-main/sessions/reader';
import { shippedFiles } from '../../../src-main/sessions/shipped';
import { createSession, SessionWriter } from '../../../src-main/sessions/writer';
import { header, provenance, run, temporaryFolder } from './session-fixture';

function written(file: string, events: RunEvent[]): string {
  createSession(file, header());
  const writer = SessionWriter.open(file, provenance);
  events.forEach((event) => writer.append(event));
  writer.close();
  return file;
}
const odd: RunEvent[] = [
  ...run.slice(0, 3),
  ...Array.from({ length: 250 }, (_, i): RunEvent[] => [
    { type: 'point', arm: 0, series: 'loss', x: i, value: i === 7 ? NaN : -i },
    { type: 'progress', done: i, what: 'training' },
  ]).flat(),
  ...run.slice(3),
];

describe('a session read as a tape', () => {
  test('landmarks are everything but points and progress, in pages, without weights', () => {
    const file = written(join(temporaryFolder(), 'a.sparring'), odd);
    withSession(file, (session) => {
      const through = session.last();
      const all = session.landmarks({ after: 0, through, limit: 1000 });
      const expected = odd.filter(({ type }) => type !== 'point' && type !== 'progress');
      expect(all.map(({ event }) => event.type)).toEqual(expected.map(({ type }) => type));
      expect(all.find(({ event }) => event.type === 'trained')!.event).toMatchObject({ weights: {} });
      const second = session.landmarks({ after: all[1]!.sequence, through: all[4]!.sequence, limit: 1000 });
      expect(second).toEqual(all.slice(2, 5));
      expect(session.landmarks({ after: 0, through, limit: 2 })).toEqual(all.slice(0, 2));
    });
  });

  test('a stretch holds every point bit for bit, the last progress, and when both were', () => {
    const file = written(join(temporaryFolder(), 'a.sparring'), odd);
    withSession(file, (session) => {
      const { points, progress, times, through } = session.dense({ after: 3, limit: 401 });
      expect(through).toBe(404);
      expect(points).toHaveLength(1);
      expect(points[0]!).toMatchObject({ arm: 0, series: 'loss' });
      expect(points[0]!.sequence).toHaveLength(201);
      expect([...points[0]!.x.slice(6, 9)]).toEqual([6, 7, 8]);
      expect([...points[0]!.y.slice(6, 9)]).toEqual([-6, NaN, -8]);
      expect(Object.is(points[0]!.y[0], -0)).toBe(true);
      expect(progress.at(-1)!.event).toEqual({ type: 'progress', done: 199, what: 'training' });
      expect(times.sequence.at(-1)).toBe(404);
      expect(session.dense({ after: 404, limit: 1000 }).through).toBe(session.last());
    });
  });

  test('a sample is about as large as asked for and reaches over the whole session', () => {
    const file = written(join(temporaryFolder(), 'a.sparring'), odd);
    withSession(file, (session) => {
      const { points, through } = session.sample({ count: 60, through: session.last() });
      expect(through).toBe(session.last());
      const { sequence } = points[0]!;
      expect(sequence.length).toBeGreaterThan(15);
      expect(sequence.length).toBeLessThan(60);
      expect(sequence[0]).toBeLessThan(40);
      expect(sequence.at(-1)).toBeGreaterThan(440);
    });
  });
});

describe('a session from elsewhere', () => {
  test('is copied into the library once, and stays where it was', () => {
    const folder = temporaryFolder();
    const library = new Library(join(folder, 'library'), undefined, () => []);
    const file = written(join(folder, 'elsewhere.sparring'), run);
    const id = library.import(file);
    expect(existsSync(file)).toBe(true);
    expect(withSession(library.fileOf(id), (session) => session.last())).toBe(run.length);
    expect(library.import(library.fileOf(id))).toBe(id);
    // A library that was copied as a whole has it under its own id.
    copyFileSync(file, join(folder, 'library', 'small-1.sparring'));
    expect(library.import(file)).toBe('small-1');
  });

  test('is refused where it is none, or is being written', () => {
    const folder = temporaryFolder();
    const library = new Library(join(folder, 'library'), undefined, () => []);
    writeFileSync(join(folder, 'text.sparring'), 'not a session');
    expect(() => library.import(join(folder, 'text.sparring'))).toThrow(/not a Sparring session/);
    const file = join(folder, 'busy.sparring');
    createSession(file, header());
    const writer = SessionWriter.open(file, provenance);
    expect(() => library.import(file)).toThrow(/being written/);
    writer.close();
  });
});

test('the sessions that come with the app are read like those of the library, and never changed', () => {
  const library = new Library(temporaryFolder());
  expect(shippedFiles().map((file) => file.replace(/^.*[\\/]/, ''))).toEqual([
    'first-look-agent.sparring',
    'first-look.sparring',
  ]);
  for (const id of ['first-look', 'first-look-agent']) {
    withSession(library.readable(id), (session) => {
      session.check();
      expect(session.status()).toBe('done');
    });
    expect(() => library.rename(id, 'mine')).toThrow(/no such session in the library/);
    expect(() => library.delete(id)).toThrow(/no such session in the library/);
  }
});
