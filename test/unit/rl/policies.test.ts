/** PPO, the variants of DQN, and policies that come from outside and go there. */
import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import cartpole from '../../../envs/cartpole';
import frozenLake from '../../../envs/frozen-lake';
import type { Environment } from '../../../src-main/contract/environment';
import type { LayersArtifacts } from '../../../src-main/contract/layers-artifacts';
import { stream } from '../../../src-main/contract/random';
import dqn from '../../../src-main/engine/agents/dqn';
import imported from '../../../src-main/engine/agents/imported-policy';
import ppo from '../../../src-main/engine/agents/ppo';
import type { TrainedAgent } from '../../../src-main/engine/definitions';
import { exactReturn } from '../../../src-main/engine/rl/exact';
import { greedyChoices } from '../../../src-main/engine/rl/eyes';
import { meanReturn, play, trajectory } from '../../../src-main/engine/rl/episodes';
import { greedyActions } from '../../../src-main/engine/rl/greedy';
import { stepLimit } from '../../../src-main/engine/rl/limit';
import { crossEntropy } from '../../../src-main/engine/rl/score-losses';
import { denseLayers, layersModel } from '../../../src-main/sessions/exporters/formats/layers-model';
import { defaults, linearPolicy, slotMachine, train } from './toys';

const pole = cartpole.create({ suttonBartoReward: false }) as Environment;
const lake = frozenLake.create({
  ...defaults(frozenLake.params),
  rows: ['SFF', 'HFH', 'FFG'],
  slippery: false,
}) as Environment;
const SHORT_PPO = { steps: 6144, hidden: 16, epochs: 10, examineEvery: 2048 };

const onLake = ({ policy }: TrainedAgent): number =>
  exactReturn(lake, greedyChoices(policy, 9), stepLimit(lake));

describe('ppo', () => {
  it('bootstraps through truncation, not through termination', async () => {
    // Pulling pays 1 a step: worth 1/(1 − γ) = 2 where only the time limit ends the episode, else 1.
    const worth = async (terminates: boolean) => {
      const agent = await train(ppo, slotMachine(terminates), {
        ...SHORT_PPO,
        discount: 0.5,
        learningRate: 0.01,
      });
      const { values } = agent.policy.judge!(Float32Array.of(0));
      expect(greedyActions(agent.policy.scores(Float32Array.of(0)), 2)[0]).toBe(1);
      agent.dispose();
      return values[0];
    };
    expect(await worth(false)).toBeCloseTo(2, 1);
    expect(await worth(true)).toBeCloseTo(1, 1);
  });

  it('finds the way across a small lake; the same bits for the same seed, restored alike, nothing leaked', async () => {
    const before = tf.memory().numTensors;
    const params = { ...SHORT_PPO, learningRate: 0.003, entropyCoefficient: 0.01 };
    const [first, second] = [await train(ppo, lake, params), await train(ppo, lake, params)];
    expect(onLake(first)).toBe(1);
    expect(second.weights).toEqual(first.weights);
    const restored = ppo.restore(lake, defaults(ppo.params, params), first.weights);
    const cells = Float32Array.from({ length: 9 }, (_, cell) => cell);
    expect(restored.policy.scores(cells)).toEqual(first.policy.scores(cells));
    expect(restored.policy.judge!(cells)).toEqual(first.policy.judge!(cells));
    for (const agent of [first, second, restored]) agent.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('stops with the learning rate named when the loss is no number', async () => {
    const exploding = {
      ...slotMachine(false),
      step: () => ({ state: 0, reward: Infinity, terminated: false }),
    };
    await expect(train(ppo, exploding, SHORT_PPO)).rejects.toThrow(/the loss is .* lower it/);
  });
});

describe('double and dueling DQN', () => {
  const params = {
    steps: 1500,
    learningStarts: 200,
    trainEvery: 50,
    gradientSteps: 40,
    hidden: 32,
    explorationFraction: 0.5,
    finalExploration: 0.2,
    examineEvery: 500,
  };

  it.each([{ double: true }, { dueling: true }, { double: true, dueling: true }])(
    '%o learns a small lake and restores as a plain network',
    async (variant) => {
      const before = tf.memory().numTensors;
      const agent = await train(dqn, lake, { ...params, ...variant });
      expect(onLake(agent)).toBe(1);
      const restored = dqn.restore(lake, defaults(dqn.params, { ...params, ...variant }), agent.weights);
      const cells = Float32Array.from({ length: 9 }, (_, cell) => cell);
      expect(restored.policy.scores(cells)).toEqual(agent.policy.scores(cells));
      agent.dispose();
      restored.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});

/** A model of TensorFlow.js as its files would be read. */
async function artifactsOf(model: tf.LayersModel): Promise<LayersArtifacts> {
  let found!: tf.io.ModelArtifacts;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      found = artifacts;
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
    }),
  );
  return {
    topology: found.modelTopology,
    weightSpecs: found.weightSpecs as LayersArtifacts['weightSpecs'],
    weights: new Float32Array(found.weightData as ArrayBuffer),
  };
}

describe('policies as TensorFlow.js models', () => {
  it('an exported agent comes back as it was, with its certificates', async () => {
    const agent = await train(ppo, pole, { ...SHORT_PPO, steps: 512 });
    const { json, weights } = layersModel(denseLayers(agent.weights)!);
    const { modelTopology, weightsManifest } = json as {
      modelTopology: unknown;
      weightsManifest: { weights: LayersArtifacts['weightSpecs'] }[];
    };
    const again = await imported.load(
      pole,
      { path: '' },
      {
        topology: modelTopology,
        weightSpecs: weightsManifest[0]!.weights,
        weights: new Float32Array(Uint8Array.from(weights).buffer),
      },
    );
    const observation = Float32Array.of(0.1, -0.2, 0.05, 0.3);
    expect(again.policy.scores(observation)).toEqual(agent.policy.scores(observation));
    expect(again.policy.certify).toBeDefined();
    agent.dispose();
    again.dispose();
  });

  it('a policy cloned from recorded trajectories does what it saw done', async () => {
    const balancer = linearPolicy([
      [0, 0, 0, 0],
      [0.1, 0.2, 1, 0.3],
    ]);
    const played = await play({
      environment: pole,
      policy: balancer,
      episodes: 1,
      dynamics: () => stream(1, 'recorded'),
      breathe: async () => {},
    });
    const event = trajectory(pole, played, { arm: 0, attack: null, trainedSteps: null });
    if (event.type !== 'trajectory') throw new Error('no trajectory');
    // Cross-entropy on the recorded observations and actions; tanh layers, so that TensorFlow.js runs and differentiates it.
    const clone = tf.sequential({
      layers: [
        tf.layers.dense({
          units: 16,
          activation: 'tanh',
          inputShape: [4],
          kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
        }),
        tf.layers.dense({
          units: 2,
          activation: 'softmax',
          kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }),
        }),
      ],
    });
    const optimizer = tf.train.adam(0.03);
    const observations = tf.tensor2d(event.observations, [event.actions.length, 4]);
    const actions = tf.oneHot(tf.tensor1d([...event.actions], 'int32'), 2);
    for (let step = 0; step < 200; step++)
      optimizer.minimize(() =>
        tf.losses.softmaxCrossEntropy(actions, tf.log(clone.apply(observations.mul(10)) as tf.Tensor)),
      );
    // The clone was shown ten times the values: its first layer takes them as they are.
    const first = clone.layers[0]!;
    first.setWeights([first.getWeights()[0]!.mul(10), first.getWeights()[1]!]);

    const { policy, dispose } = await imported.load(pole, { path: '' }, await artifactsOf(clone));
    const agreed = greedyActions(policy.scores(event.observations), 2).filter(
      (action, i) => action === event.actions[i],
    ).length;
    expect(agreed / event.actions.length).toBeGreaterThan(0.9);
    const cloned = await play({
      environment: pole,
      policy,
      episodes: 5,
      dynamics: (episode) => stream(2, 'evaluation', episode),
      breathe: async () => {},
    });
    expect(meanReturn(cloned)).toBeGreaterThan(400);

    const loss = crossEntropy(Int32Array.of(0), 2);
    const observation = Float32Array.of(0.1, -0.2, 0.05, 0.3);
    const { gradient } = policy.gradient!(observation, loss);
    observation.forEach((_, i) => {
      const at = (by: number) =>
        loss(policy.scores(observation.map((value, k) => (k === i ? value + by : value)))).loss[0]!;
      expect(gradient[i]).toBeCloseTo((at(1e-3) - at(-1e-3)) / 2e-3, 1);
    });
    dispose();
  });

  it('refuses a model of other shapes, naming both', async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
    await expect(imported.load(pole, { path: '' }, await artifactsOf(model))).rejects.toThrow(
      /takes \[\[null,4\]\] and gives \[\[null,3\]\]; expected one input \[n, 4\] and one output \[n, 2\]/,
    );
  });
});
