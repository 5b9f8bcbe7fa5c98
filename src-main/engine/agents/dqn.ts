/**
 * Deep Q-network (Mnih et al. 2015): a network is trained on replayed steps towards
 *
 *     y = r + γ · max Q⁻(s′, ·),   y = r when the episode terminated,
 *
 * with Q⁻ a copy of the network taken now and then. A time limit is no termination: y bootstraps through it.
 *
 * Defaults are those of rl-baselines3-zoo for CartPole-v1. Differences from the paper, shared with Stable-Baselines3:
 * dense layers instead of convolutions, Adam instead of RMSProp, the norm of the gradient clipped, and `gradientSteps` of
 * training in one go after every `trainEvery` steps. `double` and `dueling` add what van Hasselt et al. 2016
 * (arXiv:1509.06461) and Wang et al. 2016 (arXiv:1511.06581) did; the two heads of the latter share their hidden layers. The best checkpoint, found by separate greedy episodes, is the
 * agent; the network as training left it is evaluated beside it.
 */
import type { Environment } from '../../contract/environment';
import { boolean, integer, number } from '../../contract/params';
import type { ParamsOf } from '../../contract/params';
import { LabError } from '../../contract/problem';
import type { Random } from '../../contract/random';
import { defineAgent } from '../definitions';
import { dense, Network } from '../network';
import { Adam } from '../optimizers';
import { stream } from '../../contract/random';
import { greedyActions } from '../rl/greedy';
import { BestCheckpoint } from './parts/best-checkpoint';
import { encodingFor, networkPolicy, PlainNetwork } from './parts/network-policy';
import { duelingHeads, plainHeads, type Heads } from './parts/heads';
import { learnFromReplay } from './parts/replayed-learning';
import { smoothingGradients } from './parts/smooth-policy';
import { ReplayBuffer } from './parts/replay-buffer';

const params = {
  steps: integer({
    default: 50_000,
    min: 100,
    max: 100_000_000,
    unit: 'environment steps',
    help: 'Length of the training.',
  }),
  learningRate: number({ default: 0.0023, min: 0, exclusiveMin: true, max: 1, help: 'Of Adam.' }),
  batchSize: integer({
    default: 64,
    min: 1,
    max: 8192,
    unit: 'steps',
    help: 'Replayed steps in one gradient step.',
  }),
  bufferSize: integer({
    default: 100_000,
    min: 100,
    max: 10_000_000,
    unit: 'steps',
    help: 'Steps remembered for replay.',
    advanced: true,
  }),
  learningStarts: integer({
    default: 1000,
    min: 0,
    max: 10_000_000,
    unit: 'environment steps',
    help: 'Random steps before the first training.',
    advanced: true,
  }),
  discount: number({ default: 0.99, min: 0, max: 1, help: 'γ: what a reward one step later is worth.' }),
  targetUpdate: integer({
    default: 10,
    min: 1,
    max: 10_000_000,
    unit: 'environment steps',
    help: 'How often Q⁻ is copied.',
    advanced: true,
  }),
  trainEvery: integer({
    default: 256,
    min: 1,
    max: 1_000_000,
    unit: 'environment steps',
    help: 'Steps between two trainings.',
    advanced: true,
  }),
  gradientSteps: integer({
    default: 128,
    min: 1,
    max: 1_000_000,
    unit: 'count',
    help: 'Gradient steps of one training.',
    advanced: true,
  }),
  explorationFraction: number({
    default: 0.16,
    min: 0,
    max: 1,
    unit: 'share',
    help: 'Share of the training in which ε falls from 1.',
    advanced: true,
  }),
  finalExploration: number({
    default: 0.04,
    min: 0,
    max: 1,
    unit: 'probability',
    help: 'ε afterwards: how often an action is random.',
    advanced: true,
  }),
  hidden: integer({
    default: 256,
    min: 1,
    max: 4096,
    unit: 'units',
    help: 'Width of the two hidden layers.',
  }),
  double: boolean({
    default: false,
    help: 'Double Q-learning: the next action is chosen by the network itself and valued by Q⁻.',
    advanced: true,
  }),
  dueling: boolean({
    default: false,
    help: 'Dueling heads: the value of a state and the advantages of its actions are learnt apart.',
    advanced: true,
  }),
  gradientClip: number({
    default: 10,
    min: 0,
    exclusiveMin: true,
    max: 1e9,
    help: 'Largest norm of the gradient.',
    advanced: true,
  }),
  examineEvery: integer({
    default: 1024,
    min: 1,
    max: 10_000_000,
    unit: 'environment steps',
    help: 'How often greedy episodes are played to find the best checkpoint.',
    advanced: true,
  }),
};

/** Environment steps between two breaths: up to 50 ms where an attack looks over each of them. */
const STEPS_A_BREATH = 64;

// A gradient step takes about 2 ms, an environment step 0.1 ms.
const cost = ({ steps, learningStarts, trainEvery, gradientSteps }: ParamsOf<typeof params>): number =>
  steps / 10 + (Math.max(0, steps - learningStarts) / trainEvery) * gradientSteps * 2;

const networkFor = (
  environment: Environment,
  { hidden }: ParamsOf<typeof params>,
  random: Random,
  outputs = environment.actionSpace.n,
): Network =>
  new Network(
    [encodingFor(environment).inputSize],
    [dense(hidden), dense(hidden), dense(outputs, 'linear')],
    random,
  );

/** Weights of the network of the same values with a plain last layer. */
const folded = (weights: Record<string, Float32Array>, { fold }: Heads): Record<string, Float32Array> => ({
  ...weights,
  '2/kernel': fold(weights['2/kernel']!),
  '2/bias': fold(weights['2/bias']!),
});

const CAPABILITIES = ['scores', 'action-values', 'gradients', 'critic'] as const;

export default defineAgent({
  id: 'dqn',
  title: 'Deep Q-network',
  summary:
    'Learns a network that values each action, from replayed steps. Solves CartPole in 50,000 steps, yet its last network may have collapsed: the best checkpoint is kept and the last one reported beside it.',
  limits: 'Returns swing during training.',
  reference: {
    authors: 'Mnih et al.',
    title: 'Human-level control through deep reinforcement learning',
    year: 2015,
    where: 'Nature 518, 529–533, doi:10.1038/nature14236; settings of rl-baselines3-zoo',
  },
  params,
  capabilities: [...CAPABILITIES, 'training', 'own-steps'],
  requires: [],
  cost,

  async train(lesson, settings, context) {
    const {
      steps,
      learningRate,
      batchSize,
      learningStarts,
      discount,
      targetUpdate,
      trainEvery,
      gradientSteps,
    } = settings;
    const { explorationFraction, finalExploration, gradientClip, examineEvery } = settings;
    const { environment } = lesson;
    const arm = context.arm.index;
    const actions = environment.actionSpace.n;
    const encoding = encodingFor(environment);
    const exploring = context.random('exploration');
    const replaying = context.random('replay');
    const smoothing = context.random('smoothing');

    const heads = settings.dueling ? duelingHeads(actions) : plainHeads(actions);
    const online = networkFor(environment, settings, context.random('weights'), heads.units);
    const target = networkFor(environment, settings, context.random('weights'), heads.units);
    // What acts and is examined: the network as it was after the last training, its heads folded.
    const agent = networkFor(environment, settings, context.random('weights'));
    agent.restore(folded(online.weights(), heads));
    const optimizer = new Adam(online.parameters);
    const buffer = new ReplayBuffer(Math.min(settings.bufferSize, steps), encoding.observationSize);
    const acting = new PlainNetwork(agent);
    const policy = networkPolicy(agent, encoding, actions, [...CAPABILITIES]);
    const best = new BestCheckpoint(lesson, policy, () => agent.weights());
    let targetIsCurrent = true;
    const learning = {
      online,
      target,
      optimizer,
      buffer,
      encoding,
      actions,
      batchSize,
      learningRate,
      discount,
      gradientClip,
      heads,
      double: settings.double,
      pessimism: lesson.pessimism ?? 0,
    };

    /** `gradientSteps` steps of gradient descent; returns the mean loss. */
    const learn = async (step: number): Promise<number> => {
      const regularizer = lesson.regularizer?.(step / steps);
      const penalty =
        regularizer &&
        ((observations: Float32Array, values: Float32Array) =>
          smoothingGradients(online, heads, 'hinge', observations, values, regularizer, smoothing));
      const loss = await learnFromReplay(
        { ...learning, ...(penalty && { penalty }) },
        gradientSteps,
        replaying,
        context.breathe,
      );
      if (!Number.isFinite(loss)) {
        throw new LabError(
          'agent.learningRate',
          `found ${learningRate}; the temporal-difference loss is ${loss} at environment step ${step}, expected a finite number: lower it`,
          'Lower the learning rate, or the noise of the rewards.',
        );
      }
      agent.restore(folded(online.weights(), heads));
      acting.refresh();
      targetIsCurrent = false;
      return loss;
    };

    const practice = lesson.practise(policy, steps);
    await best.examine(0);
    let reported = 0;
    for (let step = 1; step <= steps; step++) {
      const epsilon = Math.max(
        finalExploration,
        1 - ((1 - finalExploration) * step) / Math.max(1, explorationFraction * steps),
      );
      const random = step <= learningStarts || exploring.uniform() < epsilon;
      const action = random
        ? exploring.integer(actions)
        : greedyActions(acting.outputs(encoding.encode(practice.observations)), actions)[0]!;
      buffer.add(practice.step([action])[0]!);

      if (step % targetUpdate === 0 && !targetIsCurrent) {
        target.restore(online.weights());
        targetIsCurrent = true;
      }
      if (step % trainEvery === 0 && step > learningStarts) {
        const loss = await learn(step);
        context.emit({ type: 'point', arm, series: 'temporalDifferenceLoss', x: step, value: loss });
        context.emit({ type: 'point', arm, series: 'exploration', x: step, value: epsilon });
        const work = cost({ ...settings, steps: step }) - reported;
        context.worked(work, `training, step ${step} of ${steps}`);
        reported += work;
      }
      if (step % examineEvery === 0 || step === steps) await best.examine(step);
      if (step % STEPS_A_BREATH === 0) await context.breathe();
    }
    context.worked(cost(settings) - reported, 'trained');

    const final = networkFor(environment, settings, context.random('weights'));
    final.restore(agent.weights());
    agent.restore(best.weights);
    for (const used of [optimizer, target, online]) used.dispose();
    return {
      policy,
      weights: best.weights,
      final: networkPolicy(final, encoding, actions, [...CAPABILITIES]),
      dispose() {
        agent.dispose();
        final.dispose();
      },
    };
  },

  restore(environment, settings, weights) {
    const network = networkFor(environment, settings, stream(1, 'overwritten by the recorded weights'));
    network.restore(weights);
    return {
      policy: networkPolicy(network, encodingFor(environment), environment.actionSpace.n, [...CAPABILITIES]),
      weights,
      dispose: () => network.dispose(),
    };
  },
});
