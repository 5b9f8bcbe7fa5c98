import { describe, expect, it } from 'vitest';
import cartpole from '../../../envs/cartpole';
import frozenLake from '../../../envs/frozen-lake';
import type { Environment } from '../../../src-main/contract/environment';
import fgsm from '../../../src-main/engine/attacks/observation/fgsm-observation';
import random from '../../../src-main/engine/attacks/observation/random-observation';
import type { ObservationAttack } from '../../../src-main/engine/definitions';
import { stream } from '../../../src-main/contract/random';
import { bindAttack } from '../../../src-main/engine/rl/eyes';
import { defaults, linearPolicy, seats, tablePolicy } from './toys';

const pole = cartpole.create({ suttonBartoReward: false }) as Environment;
const lake = frozenLake.create({ ...defaults(frozenLake.params), slippery: false }) as Environment;
const bind = (attack: unknown, environment: Environment, params: object) =>
  bindAttack(attack as ObservationAttack, params as never, environment, stream(1, 'attack'), true);

describe('fgsm-observation', () => {
  it('moves every value by epsilon against the chosen action', () => {
    // Scores x0 and −x1: at (2, 1, …) action 0 is chosen, and its loss grows with −x0 and −x1.
    const policy = linearPolicy([
      [1, 0, 0, 0],
      [0, -1, 0, 0],
    ]);
    const perceived = bind(fgsm, pole, { epsilon: 0.25, norm: 'linf', unit: 'absolute', cells: 0 }).perceive(
      Float32Array.of(2, 1, 0, 0),
      policy,
      seats(1),
    );
    expect([...perceived]).toEqual([1.75, 0.75, 0, 0]);
  });

  it('leads a network on a grid to the cell of largest gain within reach', () => {
    const gradientTo = (cell: number) => ({
      ...tablePolicy(Array(16).fill(0), 4),
      gradient: (observations: Float32Array) => ({
        scores: new Float32Array(observations.length * 4),
        loss: new Float32Array(observations.length),
        gradient: Float32Array.from({ length: observations.length * 16 }, (_, k) =>
          k % 16 === cell ? 1 : 0,
        ),
      }),
    });
    const attack = bind(fgsm, lake, { epsilon: 0, cells: 2 });
    expect([...attack.perceive(Float32Array.of(0, 2), gradientTo(8), seats(2))]).toEqual([8, 2]);
    // 5 is a hole, in which no agent can believe itself.
    expect([...attack.perceive(Float32Array.of(0), gradientTo(5), seats(1))]).toEqual([8]);
  });
});

describe('random-observation', () => {
  it('stays within epsilon and fills it', () => {
    const policy = linearPolicy([[0, 0, 0, 0]]);
    const observations = new Float32Array(4000);
    const perceived = bind(random, pole, { epsilon: 0.1, cells: 0 }).perceive(
      observations,
      policy,
      seats(1000),
    );
    expect(Math.max(...perceived)).toBeLessThanOrEqual(Math.fround(0.1));
    expect(Math.max(...perceived)).toBeGreaterThan(0.099);
    expect(Math.min(...perceived)).toBeLessThan(-0.099);
  });

  it('believes in every cell within reach alike', () => {
    // From cell 0 the reach of one step is 0, 1 and 4; each has its own action.
    const choices = Array(16).fill(3);
    [choices[0], choices[1], choices[4]] = [0, 1, 2];
    const attack = bind(random, lake, { epsilon: 0, cells: 1 });
    const seen = attack.perceive(new Float32Array(3000), tablePolicy(choices, 4), seats(3000));
    for (const cell of [0, 1, 4]) {
      expect(seen.filter((state) => state === cell).length / 3000).toBeCloseTo(1 / 3, 1);
    }
  });
});

describe('the frame', () => {
  const greedy = {
    ...random,
    perturb: (observations: Float32Array) => observations.map((value) => value + 1),
  };

  it('projects into the budget and measures what it delivered', () => {
    const attack = bind(greedy, pole, { epsilon: 0.5, cells: 0 });
    const truth = Float32Array.of(0, 0, 0, 0, 1, 1, 1, 1);
    const perceived = attack.perceive(truth, linearPolicy([[0, 0, 0, 0]]), seats(2));
    // The third value is the angle, whose space ends at 24°.
    expect([...perceived.subarray(0, 2)]).toEqual([0.5, 0.5]);
    expect(perceived[2]).toBeCloseTo((24 * 2 * Math.PI) / 360, 6);
    expect([...attack.distances(truth, perceived)][0]).toBe(0.5);
  });

  it('is clean at a budget of zero', () => {
    for (const attack of [greedy, random]) {
      const truth = Float32Array.of(0.1, 0.2, 0.3, 0.4);
      expect(
        bind(attack, pole, { epsilon: 0, cells: 0 }).perceive(truth, linearPolicy([[0, 0, 0, 0]]), seats(2)),
      ).toEqual(truth);
    }
    expect([
      ...bind(random, lake, { epsilon: 0, cells: 0 }).perceive(
        Float32Array.of(4),
        tablePolicy([], 4),
        seats(1),
      ),
    ]).toEqual([4]);
  });

  it('refuses a displacement beyond the reach, a wrong size, and what is not a number', () => {
    const far = {
      ...random,
      displace: (reach: unknown[]) => reach.map(() => [{ state: 14, probability: 1 }]),
    };
    expect(() =>
      bind(far, lake, { epsilon: 0, cells: 1 }).perceive(Float32Array.of(0), tablePolicy([], 4), seats(1)),
    ).toThrow(/displaced cell 0 to 14, which is not within 1 steps/);
    const short = { ...random, perturb: () => new Float32Array(3) };
    const broken = { ...random, perturb: () => new Float32Array(4).fill(NaN) };
    const policy = linearPolicy([[0, 0, 0, 0]]);
    expect(() =>
      bind(short, pole, { epsilon: 1, cells: 0 }).perceive(new Float32Array(4), policy, seats(1)),
    ).toThrow(/gave back 3/);
    expect(() =>
      bind(broken, pole, { epsilon: 1, cells: 0 }).perceive(new Float32Array(4), policy, seats(1)),
    ).toThrow(/not a number/);
  });
});
