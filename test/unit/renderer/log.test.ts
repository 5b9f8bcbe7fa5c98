import { describe, expect, it } from 'vitest';
import type { ArmState } from '../../../src-main/contract/fold';
import { logRow, verdicts } from '../../../src-renderer/charts/log';

/** Four steps of a world of two values; steps 1 and 3 were altered, 1 and 2 removed. */
const arm = {
  log: {
    type: 'log',
    arm: 0,
    names: ['x', 'v'],
    actions: ['left', 'right'],
    steps: {
      observations: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7),
      next: Float32Array.of(2, 3, 4, 5, 6, 7, 9, 9),
      actions: Uint8Array.of(0, 1, 0, 1),
      rewards: Float32Array.of(1, 1, 1, 0.5),
      terminated: Uint8Array.of(0, 0, 0, 1),
    },
  },
  poisoned: {
    type: 'poisoned',
    arm: 0,
    changed: Uint32Array.of(1, 3),
    of: 4,
    steps: {
      observations: Float32Array.of(2, 3, 6, 7),
      next: Float32Array.of(4, 5, 8, 9),
      actions: Uint8Array.of(0, 1),
      rewards: Float32Array.of(1, 1),
      terminated: Uint8Array.of(0, 1),
    },
  },
  suspects: {
    type: 'suspects',
    arm: 0,
    removed: Uint32Array.of(1, 2),
    of: 4,
    scores: Float32Array.of(0, 9, 8, 0),
    metrics: {},
  },
} as unknown as Pick<ArmState, 'log' | 'poisoned' | 'suspects'>;

describe('a log', () => {
  it('has a verdict on every step that was altered or removed', () => {
    expect([...verdicts(arm)]).toEqual([
      [1, 'found'],
      [2, 'false alarm'],
      [3, 'missed'],
    ]);
    expect([...verdicts({ ...arm, suspects: null }).values()]).toEqual(['altered', 'altered']);
    expect([...verdicts({ ...arm, poisoned: null }).values()]).toEqual(['false alarm', 'false alarm']);
  });

  it('tells of a step what it was, where it is another', () => {
    const same = (given: number) => ({ given, recorded: null });
    expect(logRow(arm, 1, 'found')).toEqual({
      step: 1,
      verdict: 'found',
      seen: [same(2), same(3)],
      action: { given: 1, recorded: 0 },
      paid: same(1),
      next: [same(4), same(5)],
      ended: false,
      suspicion: 9,
    });
    expect(logRow(arm, 3, 'missed')).toMatchObject({
      paid: { given: 0.5, recorded: 1 },
      next: [{ given: 9, recorded: 8 }, same(9)],
      ended: true,
    });
    expect(logRow(arm, 2, 'false alarm').action).toEqual(same(0));
  });
});
