/**
 * Deep Q-learning on a fixed buffer (the offline DQN of Agarwal et al. 2020): the update of `dqn.ts`, on the steps of a log
 * alone. Values that are promised too high are never put right by trying them; the maximum over them is what the next copy is
 * taught, and they grow without end. Conservative Q-learning (Kumar et al. 2020) presses them down by a penalty, see
 * `parts/conservative.ts`. The network as training leaves it is the agent: nothing of the environment may choose a checkpoint.
 */
import { integer, number } from '../../contract/params';
import type { ParamsOf } from '../../contract/params';
import { LabError } from '../../contract/problem';
import { defineAgent } from '../definitions';
import { Adam } from '../optimizers';
import { rowsOf } from '../rl/worlds';
import { logNetwork, restoredAgent } from './parts/log-network';
import { logParams } from './parts/log-params';
import { encodingFor, networkPolicy } from './parts/network-policy';
import { ReplayBuffer } from './parts/replay-buffer';
import { learnFromReplay } from './parts/replayed-learning';

const params = {
  ...logParams(0.5),
  gradientSteps: integer({
    default: 10_000,
    min: 1,
    max: 10_000_000,
    unit: 'count',
    help: 'Gradient steps of the training.',
  }),
  learningRate: number({ default: 0.001, min: 0, exclusiveMin: true, max: 1, help: 'Of Adam.' }),
  batchSize: integer({ default: 64, min: 1, max: 8192, unit: 'steps', help: 'Steps in one gradient step.' }),
  discount: number({ default: 0.99, min: 0, max: 1, help: 'γ: what a reward one step later is worth.' }),
  targetUpdate: integer({
    default: 100,
    min: 1,
    max: 1_000_000,
    unit: 'count',
    help: 'Gradient steps between two copies of Q⁻.',
    advanced: true,
  }),
  conservatism: number({
    default: 1,
    min: 0,
    max: 1e6,
    help: 'α: how firmly values are held to the recorded actions. 0 is plain Q-learning; the larger, the more of a copy.',
  }),
  gradientClip: number({
    default: 10,
    min: 0,
    exclusiveMin: true,
    max: 1e9,
    help: 'Largest norm of the gradient.',
    advanced: true,
  }),
  hidden: integer({ default: 64, min: 1, max: 4096, unit: 'units', help: 'Width of the two hidden layers.' }),
};

/** Looks at the agent over a training. */
const EXAMINATIONS = 10;
/** Recorded states, at most, of which it is told what the network promises there. */
const PROMISES = 256;
const CAPABILITIES = ['scores', 'action-values', 'gradients', 'critic'] as const;

// A gradient step takes about 1.5 ms.
const cost = ({ logSteps, gradientSteps }: ParamsOf<typeof params>): number =>
  logSteps / 50 + gradientSteps * 1.5;

export default defineAgent({
  id: 'offline-dqn',
  title: 'Deep Q-network on a fixed log',
  summary:
    'Learns the values of actions from recorded steps alone, without trying anything; conservative Q-learning keeps them from promising what the log does not show.',
  limits:
    'What the log does not show it does not learn: from actions drawn by chance it learns to keep CartPole up for 178 of 500 steps, where half of them drawn by chance, half chosen well, teach it 500.',
  reference: {
    authors: 'R. Agarwal, D. Schuurmans, M. Norouzi',
    title: 'An optimistic perspective on offline reinforcement learning',
    year: 2020,
    where: 'ICML, arXiv:1907.04543; penalty: Kumar et al. 2020, NeurIPS, arXiv:2006.04779',
  },
  params,
  capabilities: [...CAPABILITIES, 'training', 'recorded-steps'],
  requires: [],
  cost,

  async train(lesson, settings, context) {
    const { logSteps, exploration, gradientSteps, targetUpdate, hidden } = settings;
    const { environment } = lesson;
    const arm = context.arm.index;
    const actions = environment.actionSpace.n;
    const encoding = encodingFor(environment);
    const replaying = context.random('replay');
    const log = lesson.record(logSteps, exploration);
    const rows = log.actions.length;
    const buffer = new ReplayBuffer(rows, log.size);
    for (let row = 0; row < rows; row++) {
      buffer.add({
        observation: rowsOf(log.observations, [row], log.size),
        next: rowsOf(log.next, [row], log.size),
        action: log.actions[row]!,
        reward: log.rewards[row]!,
        terminated: log.terminated[row] === 1,
        truncated: false,
      });
    }
    const online = logNetwork(environment, hidden, context.random('weights'));
    const target = logNetwork(environment, hidden, context.random('weights'));
    const policy = networkPolicy(online, encoding, actions, [...CAPABILITIES]);
    const optimizer = new Adam(online.parameters);
    const learning = { online, target, optimizer, buffer, encoding, actions, ...settings };

    const states = Math.min(rows, PROMISES);
    const told = rowsOf(
      log.observations,
      Array.from({ length: states }, (_, i) => Math.floor((i * rows) / states)),
      log.size,
    );
    /** Plays greedy episodes, and tells the mean of the largest values: no return can be above what is possible, a promise can. */
    const examine = async (step: number): Promise<void> => {
      const values = policy.scores(told);
      let sum = 0;
      for (let at = 0; at < values.length; at += actions)
        sum += Math.max(...values.subarray(at, at + actions));
      context.emit({ type: 'point', arm, series: 'promisedValue', x: step, value: sum / states });
      await lesson.examine(policy, step);
    };

    await examine(0);
    let examined = 0;
    for (let step = 0; step < gradientSteps;) {
      target.restore(online.weights());
      const steps = Math.min(targetUpdate, gradientSteps - step);
      const loss = await learnFromReplay(learning, steps, replaying, context.breathe);
      if (!Number.isFinite(loss)) {
        throw new LabError(
          'agent.learningRate',
          `found ${settings.learningRate}; the temporal-difference loss is ${loss} after ${step} gradient steps, expected a finite number: lower it`,
          'Lower the learning rate.',
        );
      }
      step += steps;
      context.emit({ type: 'point', arm, series: 'temporalDifferenceLoss', x: step, value: loss });
      context.worked(
        (cost(settings) * steps) / gradientSteps,
        `learnt, ${step} of ${gradientSteps} gradient steps`,
      );
      if (step === gradientSteps || (step - examined) * EXAMINATIONS >= gradientSteps) {
        examined = step;
        await examine(step);
      }
    }
    optimizer.dispose();
    target.dispose();
    return { policy, weights: online.weights(), dispose: () => online.dispose() };
  },

  restore: (environment, { hidden }, weights) => restoredAgent(environment, hidden, weights, CAPABILITIES),
});
