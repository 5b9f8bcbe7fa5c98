import { describe, expect, it } from 'vitest';
import flip from '../../../src-main/engine/attacks/reward/reward-flip';
import noise from '../../../src-main/engine/attacks/reward/reward-noise';
import defense from '../../../src-main/engine/defenses/rl-training/training-under-attack';
import { stream } from '../../../src-main/contract/random';

const paid = (rewards: Float32Array) => ({
  observations: new Float32Array(rewards.length),
  actions: new Int32Array(rewards.length),
  rewards,
  terminated: new Uint8Array(rewards.length),
});

describe('reward attacks', () => {
  it('flip none, all, or the given share', () => {
    const rewards = new Float32Array(5000).fill(2);
    const corrupt = (probability: number) =>
      flip.corrupt(paid(rewards), { probability }, { random: stream(1, 'flip') });
    expect(corrupt(0)).toEqual(rewards);
    expect(corrupt(1)).toEqual(rewards.map((r) => -r));
    expect(corrupt(0.3).filter((r) => r === -2).length / 5000).toBeCloseTo(0.3, 1);
  });

  it('add noise of the given deviation', () => {
    const rewards = new Float32Array(20_000).fill(1);
    const found = noise.corrupt(paid(rewards), { standardDeviation: 3 }, { random: stream(1, 'noise') });
    const mean = found.reduce((a, b) => a + b, 0) / found.length;
    const deviation = Math.sqrt(found.reduce((sum, r) => sum + (r - mean) ** 2, 0) / found.length);
    expect(mean).toBeCloseTo(1, 0);
    expect(deviation).toBeCloseTo(3, 1);
  });
});

describe('training-under-attack', () => {
  const attack = { id: 'random-observation', params: { epsilon: 0.2, cells: 3 } };

  it('lets the budget grow to its value over the ramp', () => {
    const at = (progress: number, ramp = 0.5) =>
      defense.observationAttack!({ attack, ramp }, progress)!.params;
    expect(at(0)).toEqual({ epsilon: 0, cells: 0 });
    expect(at(0.25)).toEqual({ epsilon: 0.1, cells: 2 });
    expect(at(0.9)).toEqual({ epsilon: 0.2, cells: 3 });
    expect(at(0, 0)).toEqual({ epsilon: 0.2, cells: 3 });
    const onGrids = { id: 'optimal-displacement', params: { cells: 3 } };
    expect(defense.observationAttack!({ attack: onGrids, ramp: 0.5 }, 0.25)!.params).toEqual({ cells: 2 });
  });
});
