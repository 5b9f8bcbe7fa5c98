import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RecordedEvent, RunEvent } from '../../../src-main/contract/events';
import { Outbox } from '../../../src-main/worker/outbox';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const recorded = (sequence: number, event: RunEvent): RecordedEvent => ({ sequence, at: 0, event });
const point = (sequence: number) =>
  recorded(sequence, { type: 'point', arm: 0, series: 'loss', x: sequence, value: 0 });
const progress = (sequence: number) => recorded(sequence, { type: 'progress', done: sequence, what: '' });

it('sends in batches, the last word included', () => {
  const sent: number[][] = [];
  const outbox = new Outbox((events) => sent.push(events.map(({ sequence }) => sequence)));
  outbox.push(point(1));
  outbox.push(point(2));
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(50);
  outbox.push(point(3));
  outbox.close();
  vi.advanceTimersByTime(500);
  expect(sent).toEqual([[1, 2], [3]]);
});

it('sends while the engine holds the loop, at the same pace', () => {
  let now = 0;
  const sent: number[] = [];
  const outbox = new Outbox(
    (events) => sent.push(events.length),
    () => now,
  );
  for (let i = 1; i <= 100; i++) {
    now += 1;
    outbox.push(point(i));
    outbox.flushIfDue();
  }
  expect(sent).toEqual([25, 25, 25, 25]);
  outbox.close();
});

it('keeps the last progress of a batch only', () => {
  const sent: number[][] = [];
  const outbox = new Outbox((events) => sent.push(events.map(({ sequence }) => sequence)));
  [progress(1), point(2), progress(3)].forEach((event) => outbox.push(event));
  outbox.close();
  expect(sent).toEqual([[2, 3]]);
});
