import { describe, expect, it } from 'vitest';
import cartpole from '../../../envs/cartpole';
import frozenLake from '../../../envs/frozen-lake';
import type { Environment } from '../../../src-main/contract/environment';
import { rollout, transitionTable } from '../../../src-main/engine/rollout';
import { defaults } from './toys';

const lake = (slippery: boolean) =>
  frozenLake.create({ ...defaults(frozenLake.params), rows: ['SFG'], slippery }) as Environment;

describe('rollout', () => {
  it('gives one line an action, from the given state on', () => {
    expect(rollout(lake(false), [0], [2, 2])).toEqual([
      { observation: [1], reward: 0, terminated: false, truncated: false },
      { observation: [2], reward: 1, terminated: true, truncated: false },
    ]);
  });

  it('truncates at the time limit', () => {
    const steps = rollout(lake(false), [0], Array(50).fill(0));
    expect(steps.map((step) => step.truncated).indexOf(true)).toBe(49);
  });

  it('draws the same luck in every call', () => {
    const actions = Array(20).fill(2);
    expect(rollout(lake(true), [0], actions)).toEqual(rollout(lake(true), [0], actions));
  });

  it('refuses a state of another shape', () => {
    const pole = cartpole.create({ suttonBartoReward: false }) as Environment;
    expect(() => rollout(pole, [0], [1])).toThrow(/expected four finite numbers/);
  });
});

describe('transitionTable', () => {
  it('names every state and action', () => {
    const table = transitionTable(lake(false));
    expect(Object.keys(table)).toEqual(['0', '1', '2']);
    expect(table['1']!['2']).toEqual([[1, 2, 1, true]]);
    expect(table['2']!['0']).toEqual([[1, 2, 0, true]]);
  });

  it('refuses an environment whose states cannot be listed', () => {
    const pole = cartpole.create({ suttonBartoReward: false }) as Environment;
    expect(() => transitionTable(pole)).toThrow(/expected a grid world/);
  });
});
