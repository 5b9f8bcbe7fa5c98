/** Small worlds and a silent host for the tests of the RL engine. */
import type { Environment } from '../../../src-main/contract/environment';
import type { ArmPlan, RunEvent } from '../../../src-main/contract/events';
import type { ParamsOf, ParamSpecs } from '../../../src-main/contract/params';
import { armContext, type ArmContext } from '../../../src-main/engine/context';
import type { LearningAgent, Policy, TrainedAgent } from '../../../src-main/engine/definitions';
import type { Seat } from '../../../src-main/engine/rl/eyes';
import { createLesson } from '../../../src-main/engine/rl/lesson';

/** The defaults of some specs, with a few values replaced. */
export const defaults = <P extends ParamSpecs>(specs: P, values: Partial<ParamsOf<P>> = {}): ParamsOf<P> =>
  ({
    ...Object.fromEntries(
      Object.entries(specs).map(([name, spec]) => [name, 'default' in spec ? spec.default : null]),
    ),
    ...values,
  }) as ParamsOf<P>;

export function silentContext(
  seed: number,
  arm: Partial<ArmPlan> = {},
): { context: ArmContext; events: RunEvent[] } {
  const events: RunEvent[] = [];
  const host = {
    emit: (event: RunEvent) => void events.push(event),
    breathe: () => Promise.resolve(),
    signal: new AbortController().signal,
    now: () => 0,
  };
  return {
    context: armContext(
      host,
      { index: 0, model: null, poisoning: null, defense: null, seed, ...arm },
      () => {},
    ),
    events,
  };
}

/** One state, two actions paying 0 and 1, never ending but for a limit of five steps, or ending at once. */
export function slotMachine(terminates: boolean): Environment<number> {
  return {
    observationSpace: { kind: 'discrete', n: 1 },
    actionSpace: { n: 2, names: ['idle', 'pull'] },
    maxEpisodeSteps: 5,
    rewardThreshold: null,
    initial: () => 0,
    step: (state, action) => ({ state, reward: action, terminated: terminates }),
    observe: () => Float32Array.of(0),
    scene: () => ({ width: 1, height: 1, backdrop: [], shapes: [] }),
    toArray: (state) => [state],
    fromArray: () => 0,
    transitions: () => [[0, 1].map((reward) => [[1, 0, reward, terminates]])],
    startDistribution: () => [{ state: 0, probability: 1 }],
    neighbours: () => [],
  };
}

/** Scores that are linear in the observation: `weights[action][value]`. */
export function linearPolicy(weights: number[][]): Policy {
  const size = weights[0]!.length;
  const scoresOf = (observations: Float32Array): Float32Array =>
    Float32Array.from({ length: (observations.length / size) * weights.length }, (_, k) => {
      const row = Math.floor(k / weights.length) * size;
      return weights[k % weights.length]!.reduce(
        (sum, weight, i) => sum + weight * observations[row + i]!,
        0,
      );
    });
  return {
    observationSize: size,
    actions: weights.length,
    capabilities: ['scores', 'gradients'],
    scores: scoresOf,
    gradient(observations, loss) {
      const scores = scoresOf(observations);
      const climbed = loss(scores);
      const gradient = Float32Array.from({ length: observations.length }, (_, k) => {
        const row = Math.floor(k / size) * weights.length;
        return weights.reduce(
          (sum, ofAction, a) => sum + climbed.gradient[row + a]! * ofAction[k % size]!,
          0,
        );
      });
      return { scores, loss: climbed.loss, gradient };
    },
  };
}

/** Seats of `rows` environments with `left` steps left each. */
export const seats = (rows: number, left = 1): Seat[] =>
  Array.from({ length: rows }, (_, number) => ({ number, left }));

/** A policy that prefers one action in each state. */
export const tablePolicy = (choices: number[], actions: number): Policy => ({
  observationSize: 1,
  actions,
  capabilities: ['scores'],
  scores: (observations) =>
    Float32Array.from({ length: observations.length * actions }, (_, k) =>
      choices[observations[Math.floor(k / actions)]!] === k % actions ? 1 : 0,
    ),
});

/** An agent trained on an environment, defaults but for the given values. */
export async function train(
  definition: unknown,
  environment: unknown,
  params: object,
  seed = 1,
): Promise<TrainedAgent> {
  const agent = definition as LearningAgent;
  const { context } = silentContext(seed);
  const { lesson } = createLesson({ environment: environment as Environment, context });
  return agent.train(lesson, defaults(agent.params, params as never), context);
}
