import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import cartpole from '../../../envs/cartpole';
import type { Environment } from '../../../src-main/contract/environment';
import { stream } from '../../../src-main/contract/random';
import { networkPolicy } from '../../../src-main/engine/agents/parts/network-policy';
import critic from '../../../src-main/engine/attacks/observation/critic-observation';
import fgsm from '../../../src-main/engine/attacks/observation/fgsm-observation';
import learnedAdversary from '../../../src-main/engine/attacks/observation/learned-adversary';
import mad from '../../../src-main/engine/attacks/observation/mad';
import pgd from '../../../src-main/engine/attacks/observation/pgd-observation';
import random from '../../../src-main/engine/attacks/observation/random-observation';
import robustSarsa from '../../../src-main/engine/attacks/observation/robust-sarsa';
import sensorFault from '../../../src-main/engine/attacks/observation/sensor-fault';
import targetAction from '../../../src-main/engine/attacks/observation/target-action';
import timed from '../../../src-main/engine/attacks/observation/timed';
import type { FittedEyes, ObservationAttack, Policy } from '../../../src-main/engine/definitions';
import { dense, Network } from '../../../src-main/engine/network';
import { Ball } from '../../../src-main/engine/rl/ball';
import { bindAttack } from '../../../src-main/engine/rl/eyes';
import { meanReturn, play } from '../../../src-main/engine/rl/episodes';
import { greedyActions } from '../../../src-main/engine/rl/greedy';
import { divergenceFrom, expectedLoss, marginOver, softmax } from '../../../src-main/engine/rl/score-losses';
import { contextOf } from '../../fixtures/tiny';
import { defaults, linearPolicy, seats } from './toys';

const pole = cartpole.create({ suttonBartoReward: false }) as Environment;
const box = pole.observationSpace as Extract<Environment['observationSpace'], { kind: 'box' }>;
const bind = (attack: unknown, values: object, fitted?: FittedEyes) => {
  const definition = attack as ObservationAttack;
  const given = defaults(definition.params, values as never);
  const params = { ...given, ...definition.derive?.(given), ...values };
  return bindAttack(definition, params as never, pole, stream(1, 'attack'), true, fitted);
};
/** Pushes the cart under the falling pole: action 1 where 0.1·x + 0.2·v + θ + 0.3·ω > 0; lasts all 500 steps. */
const BALANCE = [0.1, 0.2, 1, 0.3];
const balancer: Policy = linearPolicy([[0, 0, 0, 0], BALANCE]);
const start = Float32Array.of(0.02, -0.01, 0.01, 0.02, -0.3, 0.2, -0.05, 0.1);

const returnOf = async (policy: Policy, attack?: ReturnType<typeof bind>): Promise<number> =>
  meanReturn(
    await play({
      environment: pole,
      policy,
      episodes: 5,
      dynamics: (episode) => stream(5, 'evaluation', episode),
      attack,
      breathe: async () => {},
    }),
  );

describe('losses of scores', () => {
  it('have the values and gradients of their formulas', () => {
    const scores = Float32Array.of(1, 2, 0.5, -1, 0, 3);
    const p = softmax(Float32Array.of(0, 1, 0, 2, 1, 0), 3);
    const values = Float32Array.of(5, 1, 2, 0, 3, -1);
    for (const loss of [divergenceFrom(p, 3), expectedLoss(values, 3), marginOver(Int32Array.of(1, 0), 3)]) {
      const { gradient } = loss(scores);
      scores.forEach((_, k) => {
        const at = (by: number) => loss(scores.map((value, i) => value + (i === k ? by : 0))).loss;
        const row = Math.floor(k / 3);
        expect(gradient[k]).toBeCloseTo((at(1e-2)[row]! - at(-1e-2)[row]!) / 2e-2, 3);
      });
    }
    // KL(p ‖ p) = 0; margin of action 0 over 1 is 1 − 2.
    expect(divergenceFrom(softmax(scores, 3), 3)(scores).loss[0]).toBeCloseTo(0, 6);
    expect(marginOver(Int32Array.of(1, 0), 3)(scores).loss).toEqual(Float32Array.of(-1, 4));
  });
});

describe('the ball', () => {
  const truth = Float32Array.of(0, 0, 0, 0);

  it('projects in either norm and in either unit', () => {
    const out = Float32Array.of(3, 4, 0, 0);
    const l2 = new Ball(box, 1, 'l2').project(truth, out);
    expect(l2[0]).toBeCloseTo(0.6, 6);
    expect(l2[1]).toBeCloseTo(0.8, 6);
    const deviations = new Ball(box, 0.5, 'linf', 'deviations').project(truth, out);
    expect(deviations[0]).toBeCloseTo(0.5 * 0.732, 6);
    expect(deviations[1]).toBeCloseTo(0.5 * 1.063, 6);
    expect(new Ball(box, 0.5, 'linf', 'deviations').distances(truth, deviations)[0]).toBeCloseTo(0.5, 6);
  });

  it('ascends along the sign, or along the gradient at the length asked for', () => {
    const gradient = Float32Array.of(3, -4, 0, 0);
    expect([...new Ball(box, 1).ascend(truth, gradient, 0.5)]).toEqual([0.5, -0.5, 0, 0]);
    const along = new Ball(box, 1, 'l2').ascend(truth, gradient, 0.5);
    expect(along[0]).toBeCloseTo(0.3, 6);
    expect(along[1]).toBeCloseTo(-0.4, 6);
    // In deviations the step has that length there, and gains most of all such steps.
    const ball = new Ball(box, 1, 'l2', 'deviations');
    const step = ball.ascend(truth, gradient, 0.5);
    expect(ball.distances(truth, step)[0]).toBeCloseTo(0.5, 6);
  });

  it('refuses deviations where the environment knows none', () => {
    const { deviations: _, ...unknown } = box;
    expect(() => new Ball(unknown, 1, 'linf', 'deviations')).toThrow(/does not say how far/);
  });

  it('draws within itself and fills it', () => {
    const ball = new Ball(box, 0.2, 'l2', 'deviations');
    const rows = new Float32Array(4 * 2000);
    const lengths = ball.distances(rows, ball.draw(rows, stream(1, 'draw')));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(0.2 + 1e-6);
    expect(Math.max(...lengths)).toBeGreaterThan(0.19);
    // Uniform in four dimensions: half of the draws lie beyond ½^(1/4) of the radius.
    expect(lengths.filter((length) => length > 0.2 * 0.5 ** 0.25).length / 2000).toBeCloseTo(0.5, 1);
  });
});

describe('attacks by gradient steps', () => {
  const worst = (attack: unknown, values: object) => bind(attack, values).perceive(start, balancer, seats(2));

  it('find the corner that a linear policy is moved by most', () => {
    // The first row's decision value is 0.018 and falls fastest along −BALANCE: every value by −ε.
    for (const attack of [fgsm, pgd]) {
      const seen = worst(attack, { epsilon: 0.05 });
      BALANCE.forEach((_, i) => expect(seen[i]).toBeCloseTo(start[i]! - 0.05, 5));
    }
    // In L2 along −BALANCE, which lowers the decision value by ε times its length.
    const l2 = worst(pgd, { epsilon: 0.05, norm: 'l2' });
    const lowered = balancer.scores(start)[1]! - balancer.scores(l2)[1]!;
    expect(lowered / (0.05 * Math.hypot(...BALANCE))).toBeGreaterThan(0.97);
  });

  it('MAD finds the divergence of the best corner, where FGSM on the true observation cannot look', () => {
    const sure = linearPolicy([[0, 0, 0, 0], BALANCE.map((weight) => 20 * weight)]);
    const divergence = divergenceFrom(softmax(sure.scores(start), 2), 2);
    const corners = Array.from({ length: 16 }, (_, c) =>
      start.map((value, i) => value + 0.05 * ((c >> (i % 4)) & 1 ? 1 : -1)),
    );
    const found = divergence(sure.scores(bind(mad, { epsilon: 0.05 }).perceive(start, sure, seats(2)))).loss;
    // Where the agent wavers, as in the first row, there are two hills.
    [0, 1].forEach((row) => {
      const best = Math.max(...corners.map((corner) => divergence(sure.scores(corner)).loss[row]!));
      expect(found[row]).toBeGreaterThanOrEqual(0.999 * best);
    });
  });

  it('critic-observation leads to the action of lowest value, or to where the critic sees least', () => {
    const valued = { ...balancer, capabilities: ['action-values' as const] };
    const actions = greedyActions(
      valued.scores(bind(critic, { epsilon: 0.05 }).perceive(start, valued, seats(2))),
      2,
    );
    expect(actions[0]).toBe(0);
    const judged: Policy = {
      ...balancer,
      judge: (rows) => ({
        values: rows.filter((_, i) => i % 4 === 0),
        gradient: rows.map((_, i) => (i % 4 === 0 ? 1 : 0)),
      }),
    };
    expect(bind(critic, { epsilon: 0.05 }).perceive(start, judged, seats(2))[0]).toBeCloseTo(-0.03, 5);
  });

  it('timed strikes where the agent is sure, and shows the truth elsewhere', () => {
    const sure = linearPolicy([
      [0, 0, 0, 0],
      [0, 100, 0, 0],
    ]);
    const rows = Float32Array.of(0, 0.001, 0, 0, 0, 0.05, 0, 0);
    const seen = bind(timed, { epsilon: 0.1, threshold: 0.5 }).perceive(rows, sure, seats(2));
    expect([...seen.subarray(0, 4)]).toEqual([...rows.subarray(0, 4)]);
    expect(seen[5]).toBeCloseTo(-0.05, 5);
  });

  it('target-action makes both rows take it', () => {
    for (const action of [0, 1]) {
      const seen = worst(targetAction, { action, epsilon: 0.3 });
      expect([...greedyActions(balancer.scores(seen), 2)]).toEqual([action, action]);
    }
    expect(() => worst(targetAction, { action: 2, epsilon: 0.3 })).toThrow(/from 0 to 1/);
  });

  it('on grids try every cell: MAD and PGD agree with the truth where there is nothing to gain', () => {
    const policy: Policy = {
      ...linearPolicy([[0], [1]]),
      scores: (cells) => Float32Array.from([...cells].flatMap((cell) => [0, [0.5, 2, -3][cell]!])),
    };
    const reach = [{ state: 0, cells: [0, 1, 2] }];
    for (const attack of [pgd, mad] as unknown as ObservationAttack[])
      expect(attack.displace!(reach, policy, {})).toEqual([[{ state: 2, probability: 1 }]]);
  });
});

describe('sensor-fault', () => {
  const steps = (values: object, count: number): number[][] => {
    const attack = bind(sensorFault, { probability: 1, ...values });
    return Array.from({ length: count }, (_, t) => [
      ...attack.perceive(Float32Array.of(t / 8, 1, 0, 0), balancer, [{ number: 3, left: 500 - t }]),
    ]);
  };

  it('freezes for its duration, then shows the truth of the moment it freezes again', () => {
    expect(steps({ fault: 'freeze', duration: 3, sensor: 0 }, 5).map(([x]) => x)).toEqual([
      0, 0, 0, 0.375, 0.375,
    ]);
  });

  it('delays, drops and biases the one sensor it is told', () => {
    expect(steps({ fault: 'delay', delay: 2, duration: 9 }, 5).map(([x]) => x)).toEqual([
      0, 0, 0, 0.125, 0.25,
    ]);
    expect(steps({ fault: 'drop', sensor: 1 }, 1)).toEqual([[0, 0, 0, 0]]);
    expect(steps({ fault: 'bias', bias: 0.5 }, 1)[0]!.slice(0, 2)).toEqual([0.5, 1.5]);
    expect(() => steps({ sensor: 4 }, 1)).toThrow(/from -1 to 3/);
  });

  it('forgets at the beginning of an episode, and keeps rows apart', () => {
    const attack = bind(sensorFault, { probability: 1, duration: 100 });
    const see = (x: number, number: number, left: number) =>
      attack.perceive(Float32Array.of(x, 0, 0, 0), balancer, [{ number, left }])[0];
    expect([see(0.5, 0, 500), see(1, 1, 500), see(2, 0, 499), see(2, 1, 499)]).toEqual([0.5, 1, 0.5, 1]);
    expect(see(2, 0, 500)).toBe(2);
  });
});

describe('attacks that try the agent first', () => {
  const ball = new Ball(box, 0.1);
  const fit = (attack: unknown, policy: Policy, values: object): Promise<FittedEyes> => {
    const definition = attack as ObservationAttack;
    return definition.fit!(
      { policy, environment: pole },
      defaults(definition.params, values as never) as never,
      { ...contextOf(1), ball },
    );
  };

  it('the learned adversary fells an agent that holds under noise of the same size', async () => {
    const upright = linearPolicy([
      [0, 0, 0, 0],
      [0, 0, 1, 0.3],
    ]);
    const tensors = tf.memory().numTensors;
    const noisy = await returnOf(upright, bind(random, { epsilon: 0.1 }));
    const fitted = await fit(learnedAdversary, upright, { trainingSteps: 8192 });
    const felled = await returnOf(upright, bind(learnedAdversary, { epsilon: 0.1 }, fitted));
    expect(felled).toBeLessThan(0.5 * noisy);
    fitted.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('robust Sarsa learns of steps alone which action is worth more', async () => {
    const fitted = await fit(robustSarsa, balancer, { trainingSteps: 6000, gradientSteps: 400 });
    const draws = stream(9, 'states');
    const states = Array.from({ length: 200 }, () => [0.5, 0.5, 0.08, 0.4].map((by) => by * draws.normal()));
    const decided = states.filter((state) => Math.abs(balancer.scores(Float32Array.from(state))[1]!) > 0.15);
    const rows = Float32Array.from(decided.flat());
    const seen = bind(robustSarsa, { epsilon: 0.1 }, fitted).perceive(rows, balancer, seats(decided.length));
    const [before, after] = [balancer.scores(rows), balancer.scores(seen)];
    const opposed = decided.filter((_, i) => {
      const decision = before[2 * i + 1]!;
      return Math.sign(after[2 * i + 1]! - decision) === -Math.sign(decision);
    });
    expect(opposed.length / decided.length).toBeGreaterThan(0.75);
    fitted.dispose();
  });
});

describe('certificates', () => {
  const network = new Network([4], [dense(16), dense(16), dense(2, 'linear')], stream(2, 'weights'));
  const encoding = { observationSize: 4, inputSize: 4, encode: (rows: Float32Array) => rows };
  const policy = networkPolicy(network, encoding, 2, ['scores', 'gradients']);

  it('are exact for a single layer: by hand', () => {
    const linear = new Network([4], [dense(2, 'linear')], stream(1, 'weights'));
    // Decision value 0.02 at the first row, moved by at most ε·(0.1 + 0.2 + 1 + 0.3), in L2 ε·1.0677.
    linear.restore({
      '0/kernel': Float32Array.from(BALANCE.flatMap((weight) => [0, weight])),
      '0/bias': new Float32Array(2),
    });
    const of = networkPolicy(linear, encoding, 2, ['scores']);
    const row = Float32Array.of(0.2, 0, 0, 0);
    const certified = (epsilon: number, norm: 'linf' | 'l2') =>
      of.certify!(row, new Ball(box, epsilon, norm))[0];
    expect([certified(0.0124, 'linf'), certified(0.0126, 'linf')]).toEqual([1, 0]);
    expect([certified(0.0186, 'l2'), certified(0.0188, 'l2')]).toEqual([1, 0]);
    linear.dispose();
  });

  it('hold against every attack, on many observations and budgets', () => {
    const draws = stream(3, 'rows');
    const rows = Float32Array.from({ length: 400 }, () => 0.1 * draws.normal());
    const clean = greedyActions(policy.scores(rows), 2);
    let certified = 0;
    for (const norm of ['linf', 'l2'] as const)
      for (const unit of ['absolute', 'deviations'] as const)
        for (const epsilon of [0.001, 0.01, 0.1]) {
          const safe = policy.certify!(rows, new Ball(box, epsilon, norm, unit));
          certified += safe.reduce((a, b) => a + b, 0);
          for (const attack of [fgsm, pgd, mad]) {
            const seen = bind(attack, { epsilon, norm, unit }).perceive(rows, policy, seats(100));
            greedyActions(policy.scores(seen), 2).forEach((action, i) => {
              if (safe[i]) expect(action).toBe(clean[i]);
            });
          }
        }
    expect(certified).toBeGreaterThan(300);
    network.dispose();
  });
});
