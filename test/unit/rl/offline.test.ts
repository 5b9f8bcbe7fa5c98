import '@tensorflow/tfjs-node';
import { describe, expect, it } from 'vitest';
import cartpole from '../../../envs/cartpole';
import frozenLake from '../../../envs/frozen-lake';
import type { Environment } from '../../../src-main/contract/environment';
import { stream } from '../../../src-main/contract/random';
import cloning from '../../../src-main/engine/agents/behaviour-cloning';
import { conservativeGradient } from '../../../src-main/engine/agents/parts/conservative';
import offline from '../../../src-main/engine/agents/offline-dqn';
import poisoning from '../../../src-main/engine/attacks/log/transition-poisoning';
import anomaly from '../../../src-main/engine/defenses/rl-filtering/transition-anomaly';
import type { TransitionLog } from '../../../src-main/engine/definitions';
import { greedyChoices } from '../../../src-main/engine/rl/eyes';
import { exactReturn } from '../../../src-main/engine/rl/exact';
import { filterMetrics, recordLog, without } from '../../../src-main/engine/rl/log';
import { createLesson } from '../../../src-main/engine/rl/lesson';
import { defaults, silentContext, slotMachine, train } from './toys';

const pole = cartpole.create({ suttonBartoReward: false }) as Environment;
const lake = frozenLake.create({
  map: '4x4',
  rows: ['SFF', 'HFH', 'FFG'],
  slippery: false,
  successRate: 1,
}) as Environment;
const record = (environment: Environment, steps: number, epsilon: number) =>
  recordLog(environment, steps, epsilon, { dynamics: stream(1, 'd'), erring: stream(1, 'e') });
const poisoned = (log: TransitionLog, values: object) =>
  poisoning.poison(log, defaults(poisoning.params, values as never), { random: stream(1, 'p') });

describe('logs', () => {
  it('record a good policy: the pole never falls, the lake is crossed in four steps', () => {
    expect(record(pole, 2000, 0).terminated.reduce((a, b) => a + b, 0)).toBe(0);
    const log = record(lake, 8, 0);
    expect([...log.observations]).toEqual([0, 1, 4, 7, 0, 1, 4, 7]);
    expect([...log.next]).toEqual([1, 4, 7, 8, 1, 4, 7, 8]);
    expect([...log.actions]).toEqual([2, 1, 1, 2, 2, 1, 1, 2]);
    expect([...log.rewards]).toEqual([0, 0, 0, 1, 0, 0, 0, 1]);
    expect([...log.terminated]).toEqual([0, 0, 0, 1, 0, 0, 0, 1]);
    expect([...without(log, Uint32Array.of(0, 3)).next]).toEqual([4, 7, 1, 4, 7, 8]);
  });

  it('are altered in the share asked for, and what was altered is told', () => {
    const log = record(lake, 1000, 0.5);
    for (const alters of ['action', 'reward', 'next'] as const) {
      const { log: after, changed } = poisoned(log, { alters, share: 0.2, targetAction: 3 });
      const differ = [...log.actions.keys()].filter(
        (row) =>
          after.actions[row] !== log.actions[row] ||
          after.rewards[row] !== log.rewards[row] ||
          after.next[row] !== log.next[row],
      );
      expect([...changed]).toEqual(differ);
      expect(changed).toHaveLength(200);
    }
    expect(() => poisoned(log, { targetAction: 4 })).toThrow(/found 4; expected a whole number from 0 to 3/);
  });
});

describe('transition-anomaly', () => {
  const rates = (log: TransitionLog, values: object) => {
    const { log: after, changed } = poisoned(log, values);
    const { removed } = anomaly.inspect(after, { threshold: 8 });
    return filterMetrics(removed, changed, log.actions.length);
  };

  it('finds on a box what contradicts the physics, whatever was altered', () => {
    const log = record(pole, 2000, 0.3);
    for (const alters of ['action', 'reward', 'next'] as const) {
      const { truePositiveRate, falsePositiveRate } = rates(log, { alters, share: 0.1, bonus: 5 });
      expect(truePositiveRate, alters).toBeGreaterThan(0.95);
      expect(falsePositiveRate, alters).toBeLessThan(0.05);
    }
    expect(anomaly.inspect(log, { threshold: 8 }).removed.length).toBeLessThan(100);
  });

  it('finds on a grid what happens rarely', () => {
    const { truePositiveRate, falsePositiveRate } = rates(record(lake, 4000, 0.5), {
      alters: 'next',
      share: 0.05,
    });
    expect(truePositiveRate).toBeGreaterThan(0.7);
    expect(falsePositiveRate).toBeLessThan(0.05);
  });

  it('counts against the provenance by hand', () => {
    expect(filterMetrics(Uint32Array.of(1, 2, 3), Uint32Array.of(2, 3, 4, 5), 10)).toEqual({
      truePositiveRate: 0.5,
      falsePositiveRate: 1 / 6,
      removedSamples: 0.3,
    });
    expect(filterMetrics(new Uint32Array(), new Uint32Array(), 10).truePositiveRate).toBeNull();
  });
});

describe('offline learners', () => {
  const earned = async (agent: unknown, params: object): Promise<number> => {
    const { policy, dispose } = await train(agent, lake, params);
    const found = exactReturn(lake, greedyChoices(policy, 9), 100);
    dispose();
    return found;
  };

  it('cross the lake by what was recorded alone', async () => {
    expect(await earned(cloning, { logSteps: 500, epochs: 20, hidden: 16, learningRate: 0.01 })).toBe(1);
    expect(
      await earned(offline, {
        logSteps: 1000,
        gradientSteps: 800,
        discount: 0.7,
        hidden: 16,
        targetUpdate: 20,
        learningRate: 0.005,
      }),
    ).toBe(1);
  });
});

describe('conservative Q-learning', () => {
  it('presses down what softmax(Q) does oftener than the log, by hand', () => {
    // softmax(ln 1, ln 3) = (1/4, 3/4), softmax(0, 0) = (1/2, 1/2); α = 2, two rows.
    const values = Float32Array.of(0, Math.log(3), 0, 0);
    const gradient = conservativeGradient(2, values, Int32Array.of(0, 1), 2);
    [-0.75, 0.75, 0.5, -0.5].forEach((slope, i) => expect(gradient[i]).toBeCloseTo(slope, 6));
  });

  it('has the values at which both pulls are equal, where they can be computed', async () => {
    // Each arm is recorded half of the time, β = 1/2, and pays r = 0 or 1. Where α(π(a) − β) + β(Q(a) − r(a)) = 0,
    // d = Q(1) − Q(0) = 1 − 2α·tanh(d/2): 0.675 at α = 1/2, so that Q is 0.163 and 0.837.
    const { policy, dispose } = await train(offline, slotMachine(true), {
      logSteps: 4000,
      exploration: 1,
      gradientSteps: 600,
      conservatism: 0.5,
      hidden: 8,
      learningRate: 0.003,
      batchSize: 256,
    });
    const [idle, pull] = policy.scores(Float32Array.of(0));
    dispose();
    expect(Math.abs(idle! - 0.163)).toBeLessThan(0.04);
    expect(Math.abs(pull! - 0.837)).toBeLessThan(0.04);
  });

  it('keeps a pole’s values within what is to be had, where plain Q-learning leaves it', async () => {
    const promised = async (conservatism: number): Promise<number> => {
      const { context, events } = silentContext(1);
      const { lesson } = createLesson({ environment: pole, context });
      const settings = { logSteps: 3000, gradientSteps: 2000, targetUpdate: 20, conservatism };
      const agent = await offline.train(lesson, defaults(offline.params, settings), context);
      agent.dispose();
      const told = events.filter((event) => event.type === 'point' && event.series === 'promisedValue');
      return (told.at(-1) as { value: number }).value;
    };
    // 1 a step at γ = 0.99 is worth 100 at most.
    expect(await promised(0)).toBeGreaterThan(200);
    expect(await promised(1)).toBeLessThan(100);
  });
});
