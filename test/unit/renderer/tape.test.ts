import { describe, expect, test } from 'vitest';
import type { RecordedEvent, RunEvent } from '../../../src-main/contract/events';
import { fold, initialState } from '../../../src-main/contract/fold';
import { isDense } from '../../../src-main/contract/tape';
import { Marks } from '../../../src-renderer/stores/marks';
import { Tape } from '../../../src-renderer/stores/tape';
import { ThinCurve, ThinTrack } from '../../../src-renderer/stores/thin';
import { stretchOf, type DenseRow } from '../../../src-main/sessions/dense';
import { agentRun, record } from '../../ui-harness/recordings';
import { run } from '../sessions/session-fixture';

const folded = (events: RecordedEvent[], until: number) =>
  events.slice(0, until).reduce(fold, initialState());

const rowsOf = (events: RecordedEvent[]): DenseRow[] =>
  events
    .filter(({ event }) => isDense(event))
    .map(({ sequence, at, event }) => ({
      sequence,
      at,
      type: event.type as DenseRow['type'],
      body: JSON.stringify(event),
    }));

/** The hand-made run with a long training. */
const [started, loaded, armStarted, ...rest] = run;
const events = record(
  [
    started!,
    loaded!,
    armStarted!,
    ...Array.from({ length: 300 }, (_, i): RunEvent[] => [
      { type: 'point', arm: 0, series: 'loss', x: i / 300, value: Math.cos(i) },
      { type: 'point', arm: 0, series: 'accuracy', x: i / 300, value: i / 300 },
      { type: 'progress', done: i / 60, what: `step ${i}` },
    ]).flat(),
    ...rest,
    ...Array.from({ length: 60 }, (_, i): RunEvent => ({
      type: 'point',
      arm: 0,
      series: 'later',
      x: i,
      value: i,
    })),
  ],
  10,
);

describe('a tape', () => {
  const middle = Math.floor(events.length / 2);

  test.each([
    ['forwards', [1, 40, middle, events.length]],
    ['backwards', [events.length, middle, 40, 1]],
    ['to and fro', [middle, 3, events.length - 1, middle + 1, middle]],
  ])('shows at every event what the fold of all before it shows, wound %s', (_name, places) => {
    const tape = new Tape();
    tape.take(events);
    for (const place of places) {
      tape.seek(place);
      expect(tape.state).toEqual(folded(events, place));
    }
  });

  test('winds back from a keyframe to the same state', () => {
    const many = record(
      [
        events[0]!.event,
        ...Array.from({ length: 5000 }, (_, i) => ({
          type: 'warning' as const,
          arm: null,
          code: 'test',
          message: `number ${i}`,
        })),
      ],
      10,
    );
    const tape = new Tape();
    tape.take(many);
    tape.seek(many.length);
    for (const place of [4100, 2001, 17]) {
      tape.seek(place);
      expect(tape.state).toEqual(folded(many, place));
    }
    tape.seek(many.length);
    expect(tape.state).toEqual(folded(many, many.length));
  });

  test('tells which landmarks were passed, in either direction', () => {
    const tape = new Tape();
    tape.take(events);
    const between = events.slice(50, middle).filter(({ event }) => !isDense(event));
    tape.seek(50);
    expect(tape.seek(middle)).toEqual(between);
    expect(tape.seek(50)).toEqual(between);
  });

  test('of a long session shows the landmarks at once and the curves when they are read, new events included', async () => {
    const written = events.slice(0, -40);
    const tape = new Tape();
    const landmarks = written.filter(({ event }) => !isDense(event));
    tape.takeSample(
      landmarks,
      stretchOf(
        rowsOf(written).filter((_, i) => i % 7 === 0),
        written.length,
      ),
    );
    tape.seek(tape.last);
    expect(tape.sampled).toBe(true);
    expect(tape.state.arms.map(({ clean }) => clean)).toEqual(
      folded(written, written.length).arms.map(({ clean }) => clean),
    );
    let pages = 0;
    await tape.readAll(async (after, limit) => {
      if (++pages === 2) tape.take(events.slice(-40));
      const through = Math.min(after + Math.min(limit, 100), events.length);
      return stretchOf(rowsOf(events.slice(after, through)), through);
    });
    tape.seek(tape.last);
    expect(tape.sampled).toBe(false);
    expect(tape.state.arms.map(({ curves }) => curves)).toEqual(
      folded(events, events.length).arms.map(({ curves }) => curves),
    );
  });

  test('knows when an event was recorded', () => {
    const tape = new Tape();
    tape.take(events);
    expect(tape.timeOf(40)).toBe(events[39]!.at);
  });
});

describe('a thin curve', () => {
  test('holds every point while they are few, and never more than it may', () => {
    const curve = new ThinCurve();
    for (let i = 1; i <= 1000; i++) curve.push({ sequence: i, x: i, y: -i });
    expect(curve.upTo(1000).x).toHaveLength(1000);
    expect(curve.upTo(10)).toEqual({
      x: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      y: [-1, -2, -3, -4, -5, -6, -7, -8, -9, -10],
    });
  });

  test('of a million points keeps the one spike, the first and the last', () => {
    const curve = new ThinCurve();
    for (let i = 1; i <= 1_000_000; i++)
      curve.push({ sequence: i, x: i, y: i === 654_321 ? 50 : Math.sin(i / 9) });
    const all = curve.upTo(1_000_000);
    expect(all.x.length).toBeLessThan(4200);
    expect(Math.max(...all.y)).toBe(50);
    expect(all.x[all.y.indexOf(50)]).toBe(654_321);
    expect(all.x.at(-1)).toBe(1_000_000);
    expect([...all.x].sort((a, b) => a - b)).toEqual(all.x);
    expect(Math.max(...curve.upTo(654_000).y)).toBeLessThan(1.1);
  });
});

test('a thin track tells the latest value up to any number, near enough and the newest exactly', () => {
  const track = new ThinTrack<{ sequence: number }>();
  for (let sequence = 1; sequence <= 100_000; sequence++) track.push({ sequence });
  expect(track.at(0)).toBeNull();
  expect(track.at(100_000)).toEqual({ sequence: 100_000 });
  expect(50_000 - track.at(50_000)!.sequence).toBeLessThan(100);
  expect(track.after(50_000)!.sequence).toBeGreaterThan(50_000);
});

describe('marks', () => {
  test('of images: arms, trained models, attacks where they begin', () => {
    const marks = new Marks();
    marks.take(record(run, 10));
    expect(marks.list.map(({ kind, sequence, attack }) => ({ kind, sequence, attack }))).toEqual([
      { kind: 'arm', sequence: 3, attack: null },
      { kind: 'epoch', sequence: 5, attack: null },
      { kind: 'trained', sequence: 8, attack: null },
      { kind: 'attack', sequence: 9, attack: 0 },
      { kind: 'attack', sequence: 10, attack: 1 },
    ]);
  });

  test('of agents: where the action flips and where the twins part, each with its step', async () => {
    const marks = new Marks();
    marks.take(record(await agentRun(false, [1]), 10));
    for (const kind of ['flip', 'divergence']) {
      const found = marks.list.filter((mark) => mark.kind === kind);
      expect(found.length).toBeGreaterThan(0);
      for (const { step, attack } of found) {
        expect(step).toBeGreaterThanOrEqual(0);
        expect(attack).not.toBeNull();
      }
    }
  });
});
