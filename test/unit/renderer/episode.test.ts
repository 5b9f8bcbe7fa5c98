import { describe, expect, test } from 'vitest';
import type { Trajectory } from '../../../src-main/contract/fold';
import { choices, flips, margins, parting, spending, stretches } from '../../../src-renderer/charts/episode';

const trajectory = {
  attack: 0,
  observationNames: ['x', 'v'],
  observations: Float32Array.of(1, 2, 3, 4, 5, 6),
  actionNames: ['a', 'b', 'c'],
  scores: Float32Array.of(1, 2, 2, 3, 0, 0, 0, 0, 0),
  perceivedScores: Float32Array.of(5, 2, 2, 3, 0, 0, 0, 1, 0),
  distances: Float32Array.of(0.1, 0, 0.3),
  actions: Uint8Array.of(0, 0, 1),
} as Trajectory;

describe('a recorded episode', () => {
  test('flipped where the action is not the one the truth calls for, ties settled as the agent settles them', () => {
    expect(choices(trajectory.scores!, 3)).toEqual(Uint8Array.of(1, 0, 0));
    expect(flips(trajectory)).toEqual(Uint8Array.of(1, 0, 1));
    expect(flips({ ...trajectory, attack: null })).toBeNull();
  });

  test('of an older session says nothing of flips and spending', () => {
    const older = { ...trajectory, scores: undefined, distances: undefined } as Trajectory;
    expect([flips(older), spending(older)]).toEqual([null, null]);
  });

  test('parts from its twin at the first state that is another, or where one of them ends', () => {
    const other = { ...trajectory, observations: Float32Array.of(1, 2, 3, 4.5, 5, 6) };
    expect(parting(trajectory, other)).toBe(1);
    expect(parting(trajectory, trajectory)).toBeNull();
    expect(parting(trajectory, { ...trajectory, actions: Uint8Array.of(0, 0) })).toBe(2);
  });

  test('spends what it delivered, step by step', () => {
    const spent = spending(trajectory)!;
    expect(spent).toHaveLength(4);
    expect(spent[0]).toEqual({ attacked: 0, flipped: 0, mean: 0, largest: 0 });
    expect(spent[2]).toMatchObject({ attacked: 1, flipped: 1, mean: expect.closeTo(0.05) as number });
    expect(spent[3]).toMatchObject({
      attacked: 2,
      flipped: 2,
      mean: expect.closeTo(0.4 / 3) as number,
      largest: expect.closeTo(0.3) as number,
    });
  });

  test('stretches of flags, and the margin of the rightful action', () => {
    expect(stretches(Uint8Array.of(1, 1, 0, 1))).toEqual([
      [0, 2],
      [3, 4],
    ]);
    expect(margins(trajectory.perceivedScores!, Uint8Array.of(1, 0, 0), 3)).toEqual([-3, 3, -1]);
  });
});
