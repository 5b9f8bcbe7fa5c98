import { describe, expect, it } from 'vitest';
import type { Environment } from '../../../src-main/contract/environment';
import { stream } from '../../../src-main/contract/random';
import type { PaidStep } from '../../../src-main/engine/definitions';
import clipping from '../../../src-main/engine/defenses/rl-training/reward-clipping';
import medianOfMeans from '../../../src-main/engine/defenses/rl-training/median-of-means';
import surrogate from '../../../src-main/engine/defenses/rl-training/surrogate-rewards';
import trimmed from '../../../src-main/engine/defenses/rl-training/trimmed-rewards';
import {
  confusionFrom,
  levelsFrom,
  surrogateLevels,
  symmetricConfusion,
} from '../../../src-main/engine/rl/confusion';
import frozenLake from '../../../envs/frozen-lake';
import goldBomb from '../../../envs/gold-bomb';
import { defaults } from './toys';

const lake = frozenLake.create(defaults(frozenLake.params)) as unknown as Environment;
const bomb = goldBomb.create(defaults(goldBomb.params)) as unknown as Environment;
const setting = { environment: lake, discount: 0.9, random: stream(1, 'repair') };
const paid = (reward: number, to = 1): PaidStep => ({
  row: 0,
  observation: Float32Array.of(0),
  action: 0,
  reward,
  next: Float32Array.of(to),
  terminated: false,
  truncated: false,
});

describe('surrogate rewards', () => {
  it('are those of the paper for two levels', () => {
    // r̂₋ = ((1 − e₊)r₋ − e₋r₊)/(1 − e₋ − e₊) and r̂₊ likewise, with e₋ = 0.1 and e₊ = 0.3.
    const [low, high] = surrogateLevels(
      [
        [0.9, 0.1],
        [0.3, 0.7],
      ],
      [-1, 1],
    )!;
    expect(low).toBeCloseTo((0.7 * -1 - 0.1 * 1) / 0.6, 12);
    expect(high).toBeCloseTo((0.9 * 1 - 0.3 * -1) / 0.6, 12);
  });

  it('are right on average for three levels, and refused where nothing tells them apart', () => {
    const levels = levelsFrom(null, bomb);
    expect(levels).toEqual([-11, -1, 9]);
    const confusion = symmetricConfusion(0.4, 3);
    const surrogates = surrogateLevels(confusion, levels)!;
    confusion.forEach((row, i) =>
      expect(row.reduce((sum, share, j) => sum + share * surrogates[j]!, 0)).toBeCloseTo(levels[i]!, 9),
    );
    expect(surrogateLevels(symmetricConfusion(2 / 3, 3), levels)).toBeNull();
    expect(() =>
      surrogate.repair!(defaults(surrogate.params, { matrix: ['0.5 0.5', '0.5 0.5'] }), setting),
    ).toThrow(/matrix: found a singular confusion matrix/);
    expect(() => confusionFrom(['0.5 0.4', '0 1'], 2)).toThrow(/sums to 0.9; expected 1/);
    expect(() => confusionFrom(['1.5 -0.5', '0 1'], 2)).toThrow(/probabilities between 0 and 1/);
    expect(() => confusionFrom(['1 0'], 2)).toThrow(/found 1 rows/);
    expect(() => levelsFrom(['1'], lake)).toThrow(/expected at least two/);
  });

  it('find the matrix by majority', () => {
    const repair = surrogate.repair!(defaults(surrogate.params, { every: 100, average: false }), setting);
    const random = stream(1, 'lies');
    for (let i = 0; i < 6000; i++) {
      const truth = i % 3 === 0 ? 1 : 0;
      repair.learn(paid(random.uniform() < 0.2 ? 1 - truth : truth, truth ? 15 : 1));
    }
    expect(repair.findings!().estimatedConfusion!).toBeCloseTo(0.2, 1);
    expect(repair.judge(paid(0))).toBeCloseTo(-0.2 / 0.6, 1);
    expect(repair.judge(paid(1))).toBeCloseTo(0.8 / 0.6, 1);
    expect(repair.judge(paid(0.5))).toBe(0.5);
  });

  it('of a known matrix are there from the first step, and averaged by context', () => {
    // r̂ = (−0.25, 1.25) where both levels are false once in six times.
    const given = defaults(surrogate.params, {
      matrix: ['0.83333333333 0.16666666667', '0.16666666667 0.83333333333'],
    });
    const { learn, judge } = surrogate.repair!(given, setting);
    expect(learn(paid(0))).toBeCloseTo(-0.25, 9);
    expect(learn(paid(1))).toBeCloseTo((-0.25 + 1.25) / 2, 9);
    expect(learn(paid(0))).toBeCloseTo((-0.25 + 1.25 - 0.25) / 3, 9);
    expect(judge(paid(1))).toBeCloseTo(0.25, 9);
    // Nothing is known of another step yet.
    expect(judge(paid(1, 2))).toBeCloseTo(1.25, 9);
    const each = surrogate.repair!({ ...given, average: false }, setting);
    expect([0, 1, 0].map((reward) => each.learn(paid(reward)))[2]).toBeCloseTo(-0.25, 9);
  });

  it('take the attack’s own matrix where that is asked for, and the pay as it is where it tells nothing', () => {
    const given = defaults(surrogate.params, { oracle: true, average: false });
    const repaired = (confusion?: number[][]): number[] => {
      const repair = surrogate.repair!(given, { ...setting, confusion });
      return [0, 1].map((reward) => repair.learn(paid(reward)));
    };
    expect(
      repaired([
        [0, 1],
        [1, 0],
      ]),
    ).toEqual([1, 0]);
    expect(repaired()).toEqual([0, 1]);
    expect(repaired(symmetricConfusion(0.5, 2))).toEqual([0, 1]);
  });

  it('are found from the least frequent level where pay is false more often than not', () => {
    const found = (truth: 'most frequent' | 'least frequent'): number[] => {
      const repair = surrogate.repair!(
        defaults(surrogate.params, { every: 100, truth, average: false }),
        setting,
      );
      for (let i = 0; i < 6000; i++) {
        const level = i % 3 === 0 ? 1 : 0;
        repair.learn(paid(i % 5 < 4 ? 1 - level : level, level ? 15 : 1));
      }
      return [0, 1].map((reward) => repair.judge(paid(reward)));
    };
    // e = 0.8: r̂ = (0.8, −0.2) / 0.6; the most frequent level takes e for 0.2.
    expect(found('least frequent').map((value) => value.toFixed(2))).toEqual(['1.33', '-0.33']);
    expect(found('most frequent').map((value) => value.toFixed(2))).toEqual(['-0.33', '1.33']);
  });
});

describe('robust means of pay', () => {
  it('clip', () => {
    const { learn, judge } = clipping.repair!({ low: -1, high: 2 }, setting);
    expect([-5, 0, 5].map((reward) => learn(paid(reward)))).toEqual([-1, 0, 2]);
    expect(judge(paid(9))).toBe(2);
    expect(() => clipping.repair!({ low: 2, high: 2 }, setting)).toThrow(
      /low: found 2; expected less than high/,
    );
  });

  it('are deaf to a minority, of whatever size, and keep contexts apart', () => {
    const median = medianOfMeans.repair!({ blocks: 5, memory: 10 }, setting);
    const cut = trimmed.repair!({ share: 0.2, memory: 10 }, setting);
    for (let i = 0; i < 10; i++) {
      median.learn(paid(i % 5 === 4 ? -1000 : 1));
      cut.learn(paid(i % 5 === 4 ? -1000 : 1));
    }
    expect(median.judge(paid(7))).toBe(1);
    expect(cut.judge(paid(7))).toBe(1);
    // Nothing is known of another step yet.
    expect(median.judge(paid(7, 2))).toBe(7);
    expect(cut.judge(paid(7, 2))).toBe(7);
    // The oldest rewards go.
    for (let i = 0; i < 10; i++) cut.learn(paid(3));
    expect(cut.judge(paid(0))).toBe(3);
    expect(() => medianOfMeans.repair!({ blocks: 11, memory: 10 }, setting)).toThrow(/blocks: found 11/);
  });
});
