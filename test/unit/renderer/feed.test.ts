import { describe, expect, test } from 'vitest';
import type { RecordedEvent } from '../../../src-main/contract/events';
import { Feed } from '../../../src-renderer/stores/feed';

const recorded = (from: number, to: number): RecordedEvent[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({
    sequence: from + i,
    at: 0,
    event: { type: 'progress', done: from + i, what: '' },
  }));

/** A recording of `written` events, read in pages of three. */
function setUp() {
  const taken: number[] = [];
  const recording = { written: 0, pages: 0 };
  const feed = new Feed(
    async (after) => {
      recording.pages += 1;
      await Promise.resolve();
      const events = recorded(after + 1, Math.min(recording.written, after + 3));
      return { events, last: recording.written };
    },
    (events) => taken.push(...events.map(({ sequence }) => sequence)),
  );
  return { feed, taken, recording };
}
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('the feed of events', () => {
  test('reads every page of a recording', async () => {
    const { feed, taken, recording } = setUp();
    recording.written = 8;
    await feed.catchUp();
    expect(taken).toEqual(upTo(8));
    expect(recording.pages).toBe(3);
  });

  test('takes what follows, ignores what is known', async () => {
    const { feed, taken, recording } = setUp();
    recording.written = 2;
    await feed.catchUp();
    await feed.push(recorded(2, 4));
    await feed.push(recorded(1, 3));
    expect(taken).toEqual(upTo(4));
    expect(recording.pages).toBe(1);
  });

  test('a gap is read from the recording', async () => {
    const { feed, taken, recording } = setUp();
    recording.written = 9;
    await feed.push(recorded(7, 9));
    expect(taken).toEqual(upTo(9));
  });

  test('pushes while pages are read come neither twice nor too early', async () => {
    const { feed, taken, recording } = setUp();
    recording.written = 5;
    const reading = feed.catchUp();
    recording.written = 7;
    await feed.push(recorded(6, 7));
    await reading;
    expect(taken).toEqual(upTo(7));
  });

  test('nothing is taken after it was closed', async () => {
    const { feed, taken, recording } = setUp();
    recording.written = 5;
    const reading = feed.catchUp();
    feed.close();
    await reading;
    expect(taken).toEqual([]);
  });
});
