import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import cliffWalking from '../../../envs/cliff-walking';
import frozenLake from '../../../envs/frozen-lake';
import taxi from '../../../envs/taxi';
import type { Environment } from '../../../src-main/contract/environment';
import dqn from '../../../src-main/engine/agents/dqn';
import {
  encodingFor,
  networkPolicy,
  PlainNetwork,
} from '../../../src-main/engine/agents/parts/network-policy';
import { ReplayBuffer } from '../../../src-main/engine/agents/parts/replay-buffer';
import qLearning from '../../../src-main/engine/agents/q-learning';
import sarsa from '../../../src-main/engine/agents/sarsa';
import valueIteration from '../../../src-main/engine/agents/value-iteration';
import type { TrainedAgent } from '../../../src-main/engine/definitions';
import { dense, Network } from '../../../src-main/engine/network';
import { stream } from '../../../src-main/contract/random';
import { exactReturn, optimalReturn } from '../../../src-main/engine/rl/exact';
import { greedyChoices } from '../../../src-main/engine/rl/eyes';
import { crossEntropy } from '../../../src-main/engine/rl/score-losses';
import { stepLimit } from '../../../src-main/engine/rl/limit';
import { rowsOf } from '../../../src-main/engine/rl/worlds';
import { defaults, slotMachine, train } from './toys';

const SMALL_DQN = {
  steps: 1500,
  learningStarts: 200,
  trainEvery: 50,
  gradientSteps: 40,
  hidden: 32,
  explorationFraction: 0.5,
  finalExploration: 0.2,
  examineEvery: 500,
};

const small = frozenLake.create({
  ...defaults(frozenLake.params),
  rows: ['SFF', 'HFH', 'FFG'],
  slippery: false,
});
const exact = (agent: TrainedAgent, environment: Environment<number>): number => {
  const { observationSpace } = environment;
  const states = observationSpace.kind === 'discrete' ? observationSpace.n : 0;
  return exactReturn(
    environment as Environment,
    greedyChoices(agent.policy, states),
    stepLimit(environment as Environment),
  );
};

describe('q-learning', () => {
  it('bootstraps through truncation, not through termination', async () => {
    // Pulling pays 1 in every step: worth 1/(1 − γ) = 2 when only the time limit ends the episode, else 1.
    const params = { steps: 5000, discount: 0.5, finalLearningRate: 0.05 };
    const endless = await train(qLearning, slotMachine(false), params);
    expect(endless.weights.values![1]).toBeCloseTo(2, 3);
    expect(endless.weights.values![0]).toBeCloseTo(1, 3);
    const ending = await train(qLearning, slotMachine(true), params);
    expect(ending.weights.values![1]).toBeCloseTo(1, 3);
    expect(ending.weights.values![0]).toBeCloseTo(0, 3);
  });

  it('finds the way across a small lake', async () => {
    expect(exact(await train(qLearning, small, { steps: 5000 }), small)).toBe(1);
  });

  it('reaches 0.70 of at most 0.740 on slippery 4x4 with each of five seeds', async () => {
    const lake = frozenLake.create(defaults(frozenLake.params));
    for (const seed of [1, 2, 3, 4, 5]) {
      const value = exact(await train(qLearning, lake, { steps: 200_000 }, seed), lake);
      expect(value).toBeGreaterThanOrEqual(0.7);
      expect(value).toBeLessThanOrEqual(0.7402);
    }
  });

  it('gives the same table for the same seed, and acts alike when restored', async () => {
    const [first, second, other] = await Promise.all(
      [1, 1, 2].map((seed) => train(qLearning, small, { steps: 2000 }, seed)),
    );
    expect(second!.weights).toEqual(first!.weights);
    expect(other!.weights).not.toEqual(first!.weights);
    const restored = qLearning.restore(small as Environment, defaults(qLearning.params), first!.weights);
    const cells = Float32Array.from({ length: 9 }, (_, cell) => cell);
    expect(restored.policy.scores(cells)).toEqual(first!.policy.scores(cells));
    expect(() =>
      qLearning.restore(small as Environment, defaults(qLearning.params), { values: new Float32Array(3) }),
    ).toThrow(/expected a table of 36 values, found 3/);
  });
});

describe('sarsa', () => {
  it('bootstraps through truncation, not through termination, from the action that follows', async () => {
    // Half of the pulls are random: a step later is worth (0 + 1)/2 + … less than the best.
    const params = {
      steps: 20_000,
      discount: 0.5,
      finalLearningRate: 0.01,
      exploration: 1,
      finalExploration: 1,
    };
    const endless = await train(sarsa, slotMachine(false), params);
    expect(endless.weights.values![1]).toBeCloseTo(1.5, 1);
    expect(endless.weights.values![0]).toBeCloseTo(0.5, 1);
    const ending = await train(sarsa, slotMachine(true), params);
    expect(ending.weights.values![1]).toBeCloseTo(1, 3);
    expect(ending.weights.values![0]).toBeCloseTo(0, 3);
  });

  it('keeps away from the cliff that Q-learning walks along (Sutton and Barto, Example 6.6)', async () => {
    const cliff = cliffWalking.create({ slippery: false });
    const params = {
      steps: 60_000,
      learningRate: 0.5,
      finalLearningRate: 0.01,
      exploration: 0.1,
      finalExploration: 0.1,
    };
    const way = async (agent: unknown) => exact(await train(agent, cliff, params), cliff);
    expect(await way(qLearning)).toBe(-13);
    const safe = await way(sarsa);
    expect(safe).toBeLessThanOrEqual(-15);
    expect(safe).toBeGreaterThanOrEqual(-17);
  });
});

describe('value-iteration', () => {
  it('finds the best policy: its value by hand on two cells', async () => {
    // S G, right succeeds with 0.6 and else stays: Q = 0.6 + 0.4·γ·Q.
    const environment = frozenLake.create({ ...defaults(frozenLake.params), rows: ['SG'], successRate: 0.6 });
    const { weights } = await train(valueIteration, environment, { discount: 0.9 });
    expect(weights.values![2]).toBeCloseTo(0.6 / (1 - 0.4 * 0.9), 6);
  });

  it('reaches the optimum where the time limit does not matter, and 0.740 of 0.744 on slippery ice', async () => {
    for (const environment of [cliffWalking.create({ slippery: true }), taxi.create(defaults(taxi.params))]) {
      const optimum = optimalReturn(environment as Environment, stepLimit(environment as Environment));
      expect(exact(await train(valueIteration, environment, {}), environment)).toBeCloseTo(optimum, 9);
    }
    const lake = frozenLake.create(defaults(frozenLake.params));
    expect(exact(await train(valueIteration, lake, {}), lake)).toBeCloseTo(0.7402, 4);
  });

  it('refuses an environment that no table describes', async () => {
    const fickle = taxi.create(defaults(taxi.params, { ficklePassenger: true }));
    await expect(train(valueIteration, fickle, {})).rejects.toThrow(/table of every transition/);
  });
});

describe('dqn', () => {
  it('learns a small lake from one-hot cells', async () => {
    const agent = await train(dqn, small, SMALL_DQN);
    expect(exact(agent, small)).toBe(1);
    agent.dispose();
  });

  it('bootstraps through truncation, not through termination', async () => {
    const params = { ...SMALL_DQN, discount: 0.5 };
    const worth = async (terminates: boolean) => {
      const agent = await train(dqn, slotMachine(terminates), params);
      const values = [...agent.policy.scores(Float32Array.of(0))];
      agent.dispose();
      return values;
    };
    const [idle, pull] = await worth(false);
    expect(idle).toBeCloseTo(1, 1);
    expect(pull).toBeCloseTo(2, 1);
    expect((await worth(true))[1]).toBeCloseTo(1, 1);
  });

  it('gives the same bits for the same seed, restores, and leaks nothing', async () => {
    const params = { ...SMALL_DQN, steps: 600 };
    const before = tf.memory().numTensors;
    const [first, second, other] = [
      await train(dqn, small, params),
      await train(dqn, small, params),
      await train(dqn, small, params, 2),
    ];
    expect(second.weights).toEqual(first.weights);
    expect(other.weights).not.toEqual(first.weights);
    const restored = dqn.restore(small as Environment, defaults(dqn.params, params), first.weights);
    const cells = Float32Array.from({ length: 9 }, (_, cell) => cell);
    expect(restored.policy.scores(cells)).toEqual(first.policy.scores(cells));
    for (const agent of [first, second, other, restored]) agent.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('stops with the learning rate named when the loss is no number', async () => {
    const exploding = {
      ...slotMachine(false),
      step: () => ({ state: 0, reward: Infinity, terminated: false }),
    };
    await expect(train(dqn, exploding, SMALL_DQN)).rejects.toThrow(/temporal-difference loss is .* lower it/);
  });
});

describe('the parts', () => {
  it('a replay buffer forgets the oldest', () => {
    const buffer = new ReplayBuffer(2, 1);
    for (const value of [1, 2, 3]) {
      const observation = Float32Array.of(value);
      buffer.add({
        observation,
        next: observation,
        action: value,
        reward: value,
        terminated: false,
        truncated: true,
      });
    }
    expect([...buffer.rewards]).toEqual([3, 2]);
    expect([...buffer.terminated]).toEqual([0, 0]);
    expect([...rowsOf(buffer.observations, Uint32Array.of(1, 0, 1), 1)]).toEqual([2, 3, 2]);
    expect(Math.max(...buffer.draw(50, stream(1, 'draw')))).toBe(1);
  });

  it('the plain network agrees with TensorFlow, and gradients with finite differences', () => {
    const network = new Network([3], [dense(16), dense(16), dense(2, 'linear')], stream(1, 'weights'));
    const encoding = { observationSize: 3, inputSize: 3, encode: (rows: Float32Array) => rows };
    const policy = networkPolicy(network, encoding, 2, ['scores', 'gradients']);
    const observation = Float32Array.of(0.3, -0.8, 0.5);
    const scores = policy.scores(observation);
    [...new PlainNetwork(network).outputs(observation)].forEach((value, i) =>
      expect(value).toBeCloseTo(scores[i]!, 5),
    );

    const loss = (values: Float32Array): number => {
      const [a, b] = policy.scores(values);
      return Math.log(Math.exp(a!) + Math.exp(b!)) - b!;
    };
    const { gradient } = policy.gradient!(observation, crossEntropy(Int32Array.of(1), 2));
    observation.forEach((_, i) => {
      const shifted = (by: number) => observation.map((value, j) => value + (i === j ? by : 0));
      expect(gradient[i]).toBeCloseTo((loss(shifted(1e-2)) - loss(shifted(-1e-2))) / 2e-2, 3);
    });
    network.dispose();
  });

  it('state indices become one-hot rows', () => {
    const { encode, inputSize } = encodingFor(small as Environment);
    expect(inputSize).toBe(9);
    const rows = encode(Float32Array.of(2, 0));
    expect([...rows.keys()].filter((i) => rows[i] === 1)).toEqual([2, 9]);
  });
});
