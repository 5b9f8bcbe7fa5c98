import { describe, expect, it } from 'vitest';
import cliffWalking from '../../../envs/cliff-walking';
import frozenLake from '../../../envs/frozen-lake';
import cartpole from '../../../envs/cartpole';
import { exactReturn } from '../../../src-main/engine/rl/exact';
import { greedyProbabilities } from '../../../src-main/engine/rl/eyes';
import { defaults, slotMachine, tablePolicy } from './toys';

describe('exactReturn', () => {
  it('adds up the pay of every step within the limit', () => {
    expect(exactReturn(slotMachine(false), Float64Array.of(0, 1), 5)).toBe(5);
    expect(exactReturn(slotMachine(false), Float64Array.of(0.5, 0.5), 5)).toBe(2.5);
    expect(exactReturn(slotMachine(true), Float64Array.of(0, 1), 5)).toBe(1);
  });

  it('weighs slips: two cells of slippery ice by hand', () => {
    // S G: right reaches G with p, else stays (up and down are walls). Within two steps: p + (1 − p)·p.
    const p = 0.6;
    const environment = frozenLake.create({ ...defaults(frozenLake.params), rows: ['SG'], successRate: p });
    const alwaysRight = greedyProbabilities(tablePolicy([2, 2], 4), 2);
    expect(exactReturn(environment, alwaysRight, 2)).toBeCloseTo(p + (1 - p) * p, 12);
  });

  it('is −13 for the shortest way along the cliff', () => {
    const environment = cliffWalking.create({ slippery: false });
    const choices = Array.from({ length: 48 }, (_, cell) => (cell === 36 ? 0 : cell === 35 ? 2 : 1));
    expect(exactReturn(environment, greedyProbabilities(tablePolicy(choices, 4), 48), 1000)).toBe(-13);
  });

  it('refuses an environment whose states cannot be listed', () => {
    const environment = cartpole.create({ suttonBartoReward: false });
    expect(() => exactReturn(environment as never, new Float64Array(2), 5)).toThrow(/transition table/);
  });
});
