import { describe, expect, it } from 'vitest';
import optimalAction from '../../../src-main/engine/attacks/action/optimal-action';
import randomAction from '../../../src-main/engine/attacks/action/random-action';
import worstAction from '../../../src-main/engine/attacks/action/worst-action';
import type { ActionAttack } from '../../../src-main/engine/definitions';
import type { AnyParams } from '../../../src-main/contract/params';
import { bindHands, checkHands } from '../../../src-main/engine/rl/hands';
import { stream } from '../../../src-main/contract/random';
import qLearning from '../../../src-main/engine/agents/q-learning';
import type { LearningAgent } from '../../../src-main/engine/definitions';
import { seats, silentContext, slotMachine, tablePolicy, defaults } from './toys';
import { createLesson } from '../../../src-main/engine/rl/lesson';
import type { Environment } from '../../../src-main/contract/environment';
import goldBomb from '../../../envs/gold-bomb';
import frozenLake from '../../../envs/frozen-lake';

const bind = (attack: unknown, environment: unknown, params: object, policy = tablePolicy([1], 2)) =>
  bindHands(
    attack as ActionAttack,
    params as AnyParams,
    environment as Environment,
    stream(1, 'hands'),
    policy,
  );

describe('attacks on actions', () => {
  // Five pulls pay 1 each; whoever has the hands idles.
  const machine = slotMachine(false);
  const pulls = tablePolicy([1], 2);

  it('cost what is to be reckoned by hand', () => {
    const earned = (attack: unknown, probability: number, budget: number | null) =>
      bind(attack, machine, { probability, budget }).exactReturn!(pulls);
    expect(earned(worstAction, 0.2, null)).toBeCloseTo(5 * 0.8, 12);
    expect(earned(randomAction, 0.2, null)).toBeCloseTo(5 * 0.9, 12);
    expect(earned(optimalAction, 0.2, null)).toBeCloseTo(5 * 0.8, 12);
    expect(earned(worstAction, 1, 2)).toBeCloseTo(3, 12);
    expect(earned(optimalAction, 1, 0)).toBe(5);
    // Struck in at least one of five steps, and spent with that.
    expect(earned(worstAction, 0.5, 1)).toBeCloseTo(5 - (1 - 0.5 ** 5), 12);
  });

  it('spend no more than their budget, anew in every episode', () => {
    const hands = bind(worstAction, machine, { probability: 1, budget: 2 });
    const episode = () =>
      [5, 4, 3, 2, 1].map(
        (left) => hands.act(new Float32Array(1), Float32Array.of(0, 1), Int32Array.of(1), seats(1, left))[0],
      );
    expect(episode()).toEqual([0, 0, 1, 1, 1]);
    expect(episode()).toEqual([0, 0, 1, 1, 1]);
  });

  it('do no more harm than the optimal one, and that saves its budget for where it counts', () => {
    const environment = goldBomb.create({ successRate: 0.8 }) as Environment;
    const up = tablePolicy(
      Array.from({ length: 25 }, () => 1),
      4,
    );
    for (const budget of [null, 1, 3]) {
      const [random, worst, optimal] = [randomAction, worstAction, optimalAction].map((attack) =>
        bind(attack, environment, { probability: 0.3, budget }, up).exactReturn!(up),
      );
      expect(optimal!).toBeLessThanOrEqual(Math.min(random!, worst!) + 1e-12);
    }
    // Without an attack the lake is crossed along row 0 and column 2; one action led into a hole ends it.
    const lake = frozenLake.create({
      map: '4x4',
      rows: ['SFF', 'HFH', 'FFG'],
      slippery: false,
      successRate: 1,
    });
    const goes = tablePolicy([2, 1, 0, 0, 1, 0, 2, 2, 0], 4);
    const unharmed = bind(optimalAction, lake, { probability: 1, budget: 0 }, goes).exactReturn!(goes);
    expect(unharmed).toBe(1);
    expect(bind(optimalAction, lake, { probability: 1, budget: 1 }, goes).exactReturn!(goes)).toBe(0);
  });

  it('are refused a budget larger than an episode', () => {
    expect(() => checkHands({ probability: 1, budget: 6 }, machine as Environment, 'attacks.0')).toThrow(
      /attacks\.0\.budget: found 6; expected a whole number from 0 up to 5/,
    );
    checkHands({ probability: 1, budget: 5 }, machine as Environment, 'attacks.0');
  });
});

describe('action-robust training', () => {
  it('learns the values of the probabilistic action-robust operator', async () => {
    const { context } = silentContext(1);
    const machine = slotMachine(true) as Environment;
    const hands = bind(worstAction, machine, { probability: 0.25, budget: null });
    const { lesson } = createLesson({
      environment: { ...machine, maxEpisodeSteps: 5, step: slotMachine(false).step } as Environment,
      context,
      disobedience: { probability: 0.25, practice: hands, examination: hands },
    });
    const params = {
      ...defaults(qLearning.params),
      steps: 40_000,
      discount: 0.5,
      learningRate: 0.2,
      examinations: 1,
    };
    const { weights } = await (qLearning as unknown as LearningAgent).train(lesson, params, context);
    // V = 0.75·Q(pull) + 0.25·Q(idle), Q(pull) = 1 + V/2, Q(idle) = V/2: V = 0.75 + V/2 = 1.5.
    expect(weights['values']![0]).toBeCloseTo(0.75, 2);
    expect(weights['values']![1]).toBeCloseTo(1.75, 2);
  });
});
