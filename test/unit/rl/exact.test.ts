import { describe, expect, it } from 'vitest';
import cliffWalking from '../../../envs/cliff-walking';
import frozenLake from '../../../envs/frozen-lake';
import cartpole from '../../../envs/cartpole';
import type { Environment } from '../../../src-main/contract/environment';
import { backwardInduction, exactReturn, optimalReturn } from '../../../src-main/engine/rl/exact';
import { greedyChoices } from '../../../src-main/engine/rl/eyes';
import { defaults, slotMachine, tablePolicy } from './toys';

describe('exactReturn', () => {
  it('adds up the pay of every step within the limit', () => {
    const pull = Int32Array.of(1);
    expect(exactReturn(slotMachine(false) as Environment, pull, 5)).toBe(5);
    expect(
      backwardInduction(slotMachine(false) as Environment, 5, (_, worth) => (worth(0) + worth(1)) / 2),
    ).toBe(2.5);
    expect(exactReturn(slotMachine(true) as Environment, pull, 5)).toBe(1);
  });

  it('weighs slips: two cells of slippery ice by hand', () => {
    // S G: right reaches G with p, else stays (up and down are walls). Within two steps: p + (1 − p)·p.
    const p = 0.6;
    const environment = frozenLake.create({ ...defaults(frozenLake.params), rows: ['SG'], successRate: p });
    const alwaysRight = greedyChoices(tablePolicy([2, 2], 4), 2);
    expect(exactReturn(environment as Environment, alwaysRight, 2)).toBeCloseTo(p + (1 - p) * p, 12);
  });

  it('is −13 for the shortest way along the cliff', () => {
    const environment = cliffWalking.create({ slippery: false });
    const choices = Array.from({ length: 48 }, (_, cell) => (cell === 36 ? 0 : cell === 35 ? 2 : 1));
    expect(exactReturn(environment as Environment, Int32Array.from(choices), 1000)).toBe(-13);
  });

  it('refuses an environment whose states cannot be listed', () => {
    const environment = cartpole.create({ suttonBartoReward: false });
    expect(() => exactReturn(environment as never, new Int32Array(2), 5)).toThrow(
      /table of every transition/,
    );
  });
});

describe('optimalReturn', () => {
  it('is what the best agent within the time limit earns', () => {
    expect(optimalReturn(slotMachine(false) as Environment, 5)).toBe(5);
    expect(optimalReturn(cliffWalking.create({ slippery: false }) as Environment, 1000)).toBe(-13);
    // Gymnasium notes an optimum of 0.74 beside the registered FrozenLake-v1, and 0.91 beside FrozenLake8x8-v1.
    const lake = (map: '4x4' | '8x8') =>
      frozenLake.create({ ...defaults(frozenLake.params), map }) as Environment;
    expect(optimalReturn(lake('4x4'), 100)).toBeCloseTo(0.74, 2);
    expect(optimalReturn(lake('8x8'), 200)).toBeCloseTo(0.91, 2);
  });
});
