/**
 * Learning a table from single steps: after each one the value of state and action moves towards
 *
 *     Q(s, a) ← Q(s, a) + α · (r + γ · future(s′) − Q(s, a))
 *
 * with r alone as the target when the episode terminates. A time limit is no termination: the target bootstraps through.
 * The behaviour is ε-greedy. Both α and ε fall linearly, so that on a stochastic environment the values settle.
 */
import { integer, number, type ParamsOf } from '../../../contract/params';
import type { ArmContext } from '../../context';
import type { Lesson, TrainedAgent } from '../../definitions';
import { greedyActions } from '../../rl/greedy';
import { tableFor, tablePolicy, trained } from './table';

/** Environment steps between two breaths: about 20 ms. */
const STEPS_A_BREATH = 10_000;

export const temporalDifferenceParams = {
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
};
type TemporalDifferenceParams = ParamsOf<typeof temporalDifferenceParams>;

export const temporalDifferenceCost = ({ steps }: TemporalDifferenceParams): number => steps / 500;

/**
 * What the step after this one is worth: `values` are those of the actions in s′; `follow` chooses the action that will
 * be taken there, by the behaviour.
 */
export type Future = (values: Float64Array, follow: () => number) => number;

export async function learnTable(
  agent: string,
  lesson: Lesson,
  params: TemporalDifferenceParams,
  context: ArmContext,
  future: Future,
): Promise<TrainedAgent> {
  const { steps, learningRate, finalLearningRate, discount, exploration, finalExploration, examinations } =
    params;
  const table = tableFor(agent, lesson.environment);
  const { values, actions } = table;
  const { pessimism = 0 } = lesson;
  const policy = tablePolicy(table);
  const random = context.random('exploration');
  const examineEvery = Math.ceil(steps / examinations);
  const choose = (observation: Float32Array, epsilon: number): number =>
    random.uniform() < epsilon
      ? random.integer(actions)
      : greedyActions(policy.scores(observation), actions)[0]!;

  const practice = lesson.practise(policy, steps);
  await lesson.examine(policy, 0);
  let squaredError = 0;
  let chosen: number | null = null;
  for (let step = 1; step <= steps; step++) {
    const progress = step / steps;
    const epsilon = exploration + (finalExploration - exploration) * progress;
    const alpha = learningRate + (finalLearningRate - learningRate) * progress;

    const intended: number = chosen ?? choose(practice.observations, epsilon);
    chosen = null;
    const { observation, action, reward, next, terminated, truncated } = practice.step([intended])[0]!;

    const row = next[0]! * actions;
    const follow = (): number => (chosen = choose(next, epsilon));
    const ahead = (ofNext: Float64Array): number => {
      const own = future(ofNext, follow);
      return pessimism > 0 ? (1 - pessimism) * own + pessimism * Math.min(...ofNext) : own;
    };
    const target = reward + (terminated ? 0 : discount * ahead(values.subarray(row, row + actions)));
    // An episode that was cut goes on nowhere: what would have followed is not done.
    if (truncated) chosen = null;
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
      const units = temporalDifferenceCost({ ...params, steps: step % STEPS_A_BREATH || STEPS_A_BREATH });
      context.worked(units, `training, step ${step} of ${steps}`);
      await context.breathe();
    }
  }
  return trained(table);
}
