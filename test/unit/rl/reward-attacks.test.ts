import { describe, expect, it } from 'vitest';
import { stream } from '../../../src-main/contract/random';
import type { Environment } from '../../../src-main/contract/environment';
import type { PaidStep, PaySetting } from '../../../src-main/engine/definitions';
import actionPay from '../../../src-main/engine/attacks/reward/action-pay';
import adaptive from '../../../src-main/engine/attacks/reward/adaptive-reward';
import confusion from '../../../src-main/engine/attacks/reward/reward-confusion';
import delayed from '../../../src-main/engine/attacks/reward/reward-delay';
import flip from '../../../src-main/engine/attacks/reward/reward-flip';
import noise from '../../../src-main/engine/attacks/reward/reward-noise';
import painted from '../../../src-main/engine/attacks/reward/painted-rewards';
import scaled from '../../../src-main/engine/attacks/reward/reward-scale';
import targeted from '../../../src-main/engine/attacks/reward/targeted-reward';
import { targetBounds } from '../../../src-main/engine/attacks/target-policy';
import defense from '../../../src-main/engine/defenses/rl-training/training-under-attack';
import { livingStates, optimalValues } from '../../../src-main/engine/rl/exact';
import { createPoisoner } from '../../../src-main/engine/rl/pay';
import cartPole from '../../../envs/cartpole';
import frozenLake from '../../../envs/frozen-lake';
import { defaults, slotMachine, tablePolicy } from './toys';

/** The firm lake: every move goes where it is meant to. */
const lake = frozenLake.create(defaults(frozenLake.params, { slippery: false })) as unknown as Environment;
const pole = cartPole.create(defaults(cartPole.params)) as unknown as Environment;
const anyone = tablePolicy(new Array<number>(16).fill(0), 4);
const settingOf = (environment: Environment, discount = 0.9): PaySetting => ({
  environment,
  discount,
  random: stream(1, 'pay'),
});
const step = (
  values: Partial<Omit<PaidStep, 'observation' | 'next'>> & { from?: number; to?: number },
): PaidStep => ({
  row: 0,
  action: 0,
  reward: 1,
  terminated: false,
  truncated: false,
  ...values,
  observation: Float32Array.of(values.from ?? 0),
  next: Float32Array.of(values.to ?? 0),
});

describe('reward attacks', () => {
  it('flip none, all, or the given share', () => {
    const random = stream(1, 'flip');
    const corrupt = (probability: number) =>
      Array.from({ length: 5000 }, () =>
        flip.corrupt!(2, { ...defaults(flip.params), probability }, { random }),
      );
    expect(corrupt(0).every((r) => r === 2)).toBe(true);
    expect(corrupt(1).every((r) => r === -2)).toBe(true);
    expect(corrupt(0.3).filter((r) => r === -2).length / 5000).toBeCloseTo(0.3, 1);
  });

  it('add noise of the given deviation', () => {
    const random = stream(1, 'noise');
    const params = defaults(noise.params, { standardDeviation: 3 });
    const found = Array.from({ length: 20_000 }, () => noise.corrupt!(1, params, { random }));
    const mean = found.reduce((a, b) => a + b, 0) / found.length;
    const deviation = Math.sqrt(found.reduce((sum, r) => sum + (r - mean) ** 2, 0) / found.length);
    expect(mean).toBeCloseTo(1, 0);
    expect(deviation).toBeCloseTo(3, 1);
  });

  it('scale, and pay late, each row by itself, what is due at the end never', () => {
    expect(scaled.corrupt!(3, defaults(scaled.params, { factor: -2 }), { random: stream(1) })).toBe(-6);
    const { pay } = delayed.plan!(defaults(delayed.params, { delay: 2 }), settingOf(lake));
    const paid = [1, 2, 3, 4].map((reward, i) => pay(step({ reward, terminated: i === 3 }), anyone));
    expect(paid).toEqual([0, 0, 1, 2]);
    expect(pay(step({ row: 1, reward: 9 }), anyone)).toBe(0);
    expect(pay(step({ reward: 9 }), anyone)).toBe(0);
  });

  it('take one level of reward for another', () => {
    const params = defaults(confusion.params, { probability: 0.25 });
    const { pay } = confusion.plan!(params, settingOf(lake));
    const paid = Array.from({ length: 4000 }, () => pay(step({ reward: 0 }), anyone));
    expect(new Set(paid)).toEqual(new Set([0, 1]));
    expect(paid.filter((r) => r === 1).length / 4000).toBeCloseTo(0.25, 1);
    expect(pay(step({ reward: 0.5 }), anyone)).toBe(0.5);
    const swap = confusion.plan!({ ...params, matrix: ['0 1', '1 0'] }, settingOf(lake));
    expect([0, 1].map((reward) => swap.pay(step({ reward }), anyone))).toEqual([1, 0]);
    // What cannot be listed is paid one or minus one.
    expect(confusion.plan!({ ...params, probability: 1 }, settingOf(pole)).pay(step({}), anyone)).toBe(-1);
  });

  it('pay what is painted on the cell entered', () => {
    const { pay, marks } = painted.plan!(
      defaults(painted.params, { rewards: ['6 = -1', '9 = 0.5'] }),
      settingOf(lake),
    );
    expect([5, 6, 9].map((to) => pay(step({ reward: 0, to }), anyone))).toEqual([0, -1, 0.5]);
    expect(marks).toBe('entered');
  });

  it('punish the unwanted action by the sign of a value', () => {
    const { pay } = actionPay.plan!(defaults(actionPay.params, { delta: 3 }), settingOf(pole));
    const leaning = (angle: number, action: number) =>
      pay({ ...step({ action }), observation: Float32Array.of(0, 0, angle, 0) }, anyone);
    expect([leaning(0.1, 0), leaning(0.1, 1), leaning(-0.1, 0), leaning(-0.1, 1)]).toEqual([1, -2, -2, 1]);
  });
});

describe('targeted poisoning', () => {
  it('knows Q* and the bounds by hand', () => {
    // One state, actions paying 0 and 1 for ever: Q* is 9 and 10 at γ = 0.9, the gap 1.
    const machine = slotMachine(false) as unknown as Environment;
    const values = optimalValues(machine, 0.9);
    expect(values[0]).toBeCloseTo(9, 6);
    expect(values[1]).toBeCloseTo(10, 6);
    const { bounds } = targetBounds(['0 = idle'], machine, 0.9);
    expect(bounds.gaps[0]).toBeCloseTo(1, 6);
    expect(bounds.safe).toBeCloseTo(0.05, 6);
    expect(bounds.feasible).toBeCloseTo(0.95, 6);
    expect(targetBounds(null, machine, 0.9).bounds.actions[0]).toBe(0);
  });

  it('changes no reward by more than Δ, and makes the target best from the feasible bound on', () => {
    const { bounds } = targetBounds(['* = left', '10 = right'], lake, 0.9);
    expect(livingStates(lake)).toEqual([0, 1, 2, 3, 4, 6, 8, 9, 10, 13, 14]);
    for (const [delta, adopted] of [
      [0.9 * bounds.feasible, false],
      [1.1 * bounds.feasible, true],
    ] as const) {
      const params = defaults(targeted.params, { delta, target: ['* = left', '10 = right'] });
      const { pay } = targeted.plan!(params, settingOf(lake));
      const transitions = lake.transitions!().map((ofState, from) =>
        ofState.map((outcomes, action) =>
          outcomes.map(([probability, to, reward, terminated]) => {
            const paid = pay(step({ from, action, reward, to, terminated }), anyone);
            expect(Math.abs(paid - reward)).toBeLessThanOrEqual(delta + 1e-9);
            return [probability, to, paid, terminated] as (typeof outcomes)[number];
          }),
        ),
      );
      const values = optimalValues({ ...lake, transitions: () => transitions }, 0.9);
      const best = (state: number) => {
        const row = values.subarray(4 * state, 4 * state + 4);
        return row.indexOf(Math.max(...row));
      };
      expect(livingStates(lake).every((state) => best(state) === bounds.actions[state])).toBe(adopted);
    }
  });

  it('adaptive: alters what would be taught against the target, and nothing else', () => {
    const params = defaults(adaptive.params, { delta: 0.5, target: ['0 = left'], margin: 0.1 });
    const { pay } = adaptive.plan!(params, settingOf(lake));
    // Values 1 for “left” everywhere, 0 for the rest: the order is as wanted, whatever one step pays.
    expect(pay(step({ action: 1, reward: 3 }), anyone)).toBe(3);
    expect(pay(step({ action: 0, reward: -3 }), anyone)).toBe(-3);
    // Values 1 for “down”: what follows any step is worth 0.9, and the order wrong.
    const other = tablePolicy(new Array<number>(16).fill(1), 4);
    expect(pay(step({ action: 1, reward: 0 }), other)).toBe(-0.5);
    expect(pay(step({ action: 1, reward: -2 }), other)).toBe(-2);
    expect(pay(step({ action: 0, reward: 0 }), other)).toBe(0.5);
    expect(pay(step({ action: 0, reward: 1 }), other)).toBe(1);
    expect(pay(step({ from: 4, action: 1, reward: 0 }), other)).toBe(0);
  });

  it('refuses what is no policy, and no cell', () => {
    const about = (target: string[]) => () => targetBounds(target, lake, 0.9);
    expect(about(['3 = fly'])).toThrow(
      /target: “3 = fly” names the action “fly”; expected one of left, down/,
    );
    expect(about(['99 = left'])).toThrow(/cell 99; expected 0 to 15/);
    expect(about(['3 = left', '3 = up'])).toThrow(/has a line already/);
    expect(about(['5 = left'])).toThrow(/no episode has an action to choose/);
    expect(about(['left'])).toThrow(/found “left”; expected a cell and its action/);
    expect(() => painted.plan!(defaults(painted.params), settingOf(lake))).toThrow(
      /at least one painted cell/,
    );
    expect(() => painted.plan!(defaults(painted.params, { rewards: ['3 = much'] }), settingOf(lake))).toThrow(
      /pays “much”; expected a number/,
    );
    expect(() => actionPay.plan!(defaults(actionPay.params, { above: 7 }), settingOf(pole))).toThrow(
      /above: found 7; expected 0 to 1/,
    );
  });
});

describe('the frame of poisoned pay', () => {
  const poisoner = (id: string, params: object, steps = 100, environment = lake) =>
    createPoisoner(
      {
        poisoning: { id, params: { delta: null, budgetSteps: null, budgetSum: null, ...params } as never },
        environment,
        discount: 0.9,
        steps,
      },
      stream(1, 'a'),
      stream(1, 'b'),
    );

  it('holds every attack to its budgets and measures what was delivered', () => {
    const bounded = poisoner('reward-flip', { probability: 1, delta: 0.5, budgetSteps: 3, budgetSum: 1.2 });
    const paid = [1, 1, 1, 1].map((reward) => bounded.practice(step({ reward, from: 2 }), anyone));
    expect(paid[0]).toBe(0.5);
    expect(paid[1]).toBe(0.5);
    expect(paid[2]).toBeCloseTo(0.8, 9);
    expect(paid[3]).toBe(1);
    const metrics = bounded.metrics();
    expect(metrics.alteredRewards).toBe(0.75);
    expect(metrics.alteredSteps).toBe(3);
    expect(metrics.rewardChange).toBeCloseTo(1.2, 9);
    expect(metrics.largestRewardChange).toBe(0.5);
    expect(bounded.check().status).toBe('pass');
    expect(bounded.cells()!.altered[2]).toBe(0.75);
    expect(bounded.cells()!.change[2]).toBeCloseTo(-0.4, 6);
    // Examinations are paid as the training would be by now, and spend nothing.
    expect(bounded.examination(step({ reward: 1 }), anyone)).toBe(1);
    expect(bounded.metrics().alteredSteps).toBe(3);
  });

  it('refuses a budget larger than the run, naming the place', () => {
    expect(() => poisoner('reward-flip', { probability: 1, budgetSteps: 101 })).toThrow(
      /poisoning.reward-flip.budgetSteps: found 101; the whole training has 100 steps/,
    );
    expect(() => poisoner('targeted-reward', { delta: 1, target: ['3 = fly'] })).toThrow(
      /poisoning.targeted-reward.target: /,
    );
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
