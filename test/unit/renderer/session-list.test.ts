import { describe, expect, it } from 'vitest';
import type { SessionRow } from '../../../src-main/contract/session';
import { isSorting, sorted } from '../../../src-renderer/components/sessions/session-columns';
import { windowOf } from '../../../src-renderer/components/windowed';

describe('a window on a long list', () => {
  const indexes = (...args: Parameters<typeof windowOf>) => windowOf(...args).rows.map(({ index }) => index);

  it('draws what is in sight and six rows on either side, and leaves the rest out', () => {
    const { rows, after } = windowOf(200, { first: 50, rows: 10 }, null);
    expect(rows.map(({ index }) => index)).toEqual(Array.from({ length: 22 }, (_, i) => 44 + i));
    expect(rows.map(({ before }) => before)).toEqual([44, ...Array(21).fill(0)]);
    expect(after).toBe(200 - 66);
  });
  it('keeps the row that holds the focus, wherever it is', () => {
    expect(windowOf(200, { first: 50, rows: 1 }, 3).rows.slice(0, 2)).toEqual([
      { index: 3, before: 3 },
      { index: 44, before: 40 },
    ]);
    expect(windowOf(200, { first: 50, rows: 1 }, 199)).toMatchObject({ after: 0 });
    expect(indexes(200, { first: 50, rows: 1 }, 50)).toEqual(indexes(200, { first: 50, rows: 1 }, null));
  });
  it('is the whole of a short list, and nothing of none', () => {
    expect(windowOf(3, { first: 0, rows: 20 }, null)).toEqual({
      rows: [0, 1, 2].map((index) => ({ index, before: 0 })),
      after: 0,
    });
    expect(windowOf(0, { first: 0, rows: 20 }, null)).toEqual({ rows: [], after: 0 });
    // A filter shortened the list while it was scrolled down.
    expect(indexes(2, { first: 90, rows: 20 }, null)).toEqual([0, 1]);
  });
});

describe('the order of sessions', () => {
  const rows = [
    { name: 'run 10', createdAt: 1, headlines: [] },
    { name: 'run 9', createdAt: 3, headlines: [{ worstCase: 0.4 }] },
    { name: 'Run 9', createdAt: 2, headlines: [{ worstCase: 0.1 }] },
  ] as unknown as SessionRow[];
  const names = (column: string, descending: boolean) =>
    sorted(rows, { column, descending }).map(({ createdAt }) => createdAt);

  it('counts numbers in names, puts what has no worst case last of the best, and leaves the rows alone', () => {
    expect(names('name', false)).toEqual([3, 2, 1]);
    expect(names('createdAt', true)).toEqual([3, 2, 1]);
    expect(names('worstCase', true)).toEqual([3, 2, 1]);
    expect(names('worstCase', false)).toEqual([1, 2, 3]);
    expect(rows.map(({ createdAt }) => createdAt)).toEqual([1, 3, 2]);
  });
  it('is kept only by a column that can be sorted by', () => {
    expect(isSorting({ column: 'bytes', descending: true })).toBe(true);
    expect(isSorting({ column: 'attacks', descending: true })).toBe(false);
    expect(isSorting({ column: 'bytes' })).toBe(false);
    expect(isSorting(null)).toBe(false);
  });
});
