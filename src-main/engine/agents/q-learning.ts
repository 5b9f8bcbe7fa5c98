/**
 * Tabular Q-learning (Watkins and Dayan 1992): one value for each state and action, moved after each step towards
 *
 *     Q(s, a) ← Q(s, a) + α · (r + γ · max Q(s′, ·) − Q(s, a))
 *
 * with r alone as the target when the episode terminates. A time limit is no termination: the target bootstraps through.
 * The behaviour is ε-greedy. Both α and ε fall linearly, so that on a stochastic environment the values settle.
 */
import { integer, number } from '../../contract/params';
import type { Environment } from '../../contract/environment';
import { defineAgent, type Policy, type TrainedAgent } from '../definitions';
import { greedyActions } from '../rl/greedy';

/** Environment steps between two breaths: about 20 ms. */
const STEPS_A_BREATH = 10_000;

interface Table {
  states: number;
  actions: number;
  /** states × actions. */
  values: Float64Array;
}

function tableFor({ observationSpace, actionSpace }: Environment): Table {
  if (observationSpace.kind !== 'discrete')
    throw new RangeError('q-learning needs an environment with states that can be listed');
  const states = observationSpace.n;
  return { states, actions: actionSpace.n, values: new Float64Array(states * actionSpace.n) };
}

const policyOf = ({ actions, values }: Table): Policy => ({
  observationSize: 1,
  actions,
  capabilities: ['scores', 'training'],
  scores(observations) {
    const scores = new Float32Array(observations.length * actions);
    observations.forEach((state, i) =>
      scores.set(values.subarray(state * actions, (state + 1) * actions), i * actions),
    );
    return scores;
  },
});

/** Rounded to what is recorded, so that a restored agent acts alike. */
function trained(table: Table): TrainedAgent {
  const values = Float32Array.from(table.values);
  table.values.set(values);
  return { policy: policyOf(table), weights: { values }, dispose() {} };
}

export default defineAgent({
  id: 'q-learning',
  title: 'Q-learning (table)',
  summary:
    'Keeps one value for each cell and action in a table and learns it from single steps. Exact and fast on grid worlds; has no gradients to attack.',
  limits: 'Learning rate and exploration fall linearly over the training instead of per visit.',
  reference: {
    authors: 'Watkins, Dayan',
    title: 'Q-learning',
    year: 1992,
    where: 'Machine Learning 8, 279–292, doi:10.1007/BF00992698',
  },
  params: {
    steps: integer({
      default: 400_000,
      min: 100,
      max: 100_000_000,
      unit: 'environment steps',
      help: 'Length of the training.',
    }),
    learningRate: number({ default: 0.2, min: 0, exclusiveMin: true, max: 1, help: 'α at the start.' }),
    finalLearningRate: number({
      default: 0.001,
      min: 0,
      exclusiveMin: true,
      max: 1,
      help: 'α at the end.',
      advanced: true,
    }),
    discount: number({ default: 0.995, min: 0, max: 1, help: 'γ: what a reward one step later is worth.' }),
    exploration: number({
      default: 1,
      min: 0,
      max: 1,
      unit: 'probability',
      help: 'ε at the start: how often an action is random.',
    }),
    finalExploration: number({
      default: 0.1,
      min: 0,
      max: 1,
      unit: 'probability',
      help: 'ε at the end.',
      advanced: true,
    }),
    examinations: integer({
      default: 40,
      min: 1,
      max: 1000,
      unit: 'count',
      help: 'Greedy examinations over the training.',
      advanced: true,
    }),
  },
  capabilities: ['scores', 'training'],
  requires: ['finite-states'],
  cost: ({ steps }) => steps / 500,

  async train(lesson, params, context) {
    const { steps, learningRate, finalLearningRate, discount, exploration, finalExploration, examinations } =
      params;
    const table = tableFor(lesson.environment);
    const { values, actions } = table;
    const policy = policyOf(table);
    const random = context.random('exploration');
    const examineEvery = Math.ceil(steps / examinations);
    const best = (state: number): number => {
      let value = -Infinity;
      for (let a = 0; a < actions; a++) value = Math.max(value, values[state * actions + a]!);
      return value;
    };

    const practice = lesson.practise(policy, steps);
    await lesson.examine(policy, 0);
    let squaredError = 0;
    for (let step = 1; step <= steps; step++) {
      const progress = step / steps;
      const epsilon = exploration + (finalExploration - exploration) * progress;
      const alpha = learningRate + (finalLearningRate - learningRate) * progress;

      const action =
        random.uniform() < epsilon
          ? random.integer(actions)
          : greedyActions(policy.scores(practice.observation), actions)[0]!;
      const { observation, reward, next, terminated } = practice.step(action);

      const target = reward + (terminated ? 0 : discount * best(next[0]!));
      const error = target - values[observation[0]! * actions + action]!;
      values[observation[0]! * actions + action]! += alpha * error;
      squaredError += error * error;

      if (step % examineEvery === 0 || step === steps) {
        const since = step % examineEvery || examineEvery;
        const point = (series: string, value: number) =>
          context.emit({ type: 'point', arm: context.arm.index, series, x: step, value });
        point('temporalDifferenceLoss', squaredError / since);
        point('exploration', epsilon);
        squaredError = 0;
        await lesson.examine(policy, step);
      }
      if (step % STEPS_A_BREATH === 0 || step === steps) {
        context.worked((step % STEPS_A_BREATH || STEPS_A_BREATH) / 500, `training, step ${step} of ${steps}`);
        await context.breathe();
      }
    }
    return trained(table);
  },

  restore(environment, _params, weights) {
    const table = tableFor(environment);
    if (weights.values?.length !== table.values.length) {
      throw new RangeError(
        `q-learning: expected a table of ${table.values.length} values, found ${weights.values?.length ?? 'none'}`,
      );
    }
    table.values.set(weights.values);
    return trained(table);
  },
});
