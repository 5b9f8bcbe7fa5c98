/** Logs of recorded steps: made by a good policy that errs now and then, poisoned, and looked through for what does not fit. */
import type { Environment } from '../../contract/environment';
import type { Metrics, RecordedSteps, RunEvent } from '../../contract/events';
import { LabError } from '../../contract/problem';
import type { Random } from '../../contract/random';
import type { TransitionLog } from '../definitions';
import { transitionsOf } from './exact';
import { greedyActions } from './greedy';
import { rowsOf, Worlds } from './worlds';

/** γ and sweeps of the values that a recorded policy on a grid acts by. */
const DISCOUNT = 0.99;
const SWEEPS = 500;

/** Values of all states and actions of a finite environment, states × actions. */
function optimalValues(environment: Environment): Float32Array {
  const transitions = transitionsOf(environment);
  const actions = environment.actionSpace.n;
  const best = new Float64Array(transitions.length);
  const values = new Float32Array(transitions.length * actions);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    transitions.forEach((ofState, state) => {
      let most = -Infinity;
      ofState.forEach((outcomes, action) => {
        let value = 0;
        for (const [chance, next, reward, terminated] of outcomes)
          value += chance * (reward + (terminated ? 0 : DISCOUNT * best[next]!));
        values[state * actions + action] = value;
        most = Math.max(most, value);
      });
      best[state] = most;
    });
  }
  return values;
}

/** @throws LabError where neither values can be computed nor the environment brings a controller of its own */
function expertOf(environment: Environment): (observation: Float32Array) => number {
  const { expert, actionSpace } = environment;
  if (expert) return expert;
  if (environment.transitions) {
    const choices = greedyActions(optimalValues(environment), actionSpace.n);
    return ([state]) => choices[state!]!;
  }
  throw new LabError(
    'agent',
    'a log is recorded from a good policy, which this environment neither brings nor lets be computed',
    'Choose CartPole-v1 or a grid world; of Taxi-v4 the one without a fickle passenger.',
  );
}

/** `epsilon`: how often the recorded policy does any action instead of its own. */
export function recordLog(
  environment: Environment,
  steps: number,
  epsilon: number,
  random: { dynamics: Random; erring: Random },
): TransitionLog {
  const expert = expertOf(environment);
  const worlds = new Worlds(environment, 1, random.dynamics);
  const { size } = worlds;
  const choices = environment.actionSpace.n;
  const log: TransitionLog = {
    observations: new Float32Array(steps * size),
    next: new Float32Array(steps * size),
    actions: new Uint8Array(steps),
    rewards: new Float32Array(steps),
    terminated: new Uint8Array(steps),
    size,
    choices,
  };
  for (let step = 0; step < steps; step++) {
    const observation = worlds.truth();
    const errs = random.erring.uniform() < epsilon;
    const action = errs ? random.erring.integer(choices) : expert(observation);
    const [outcome] = worlds.step([action]);
    log.observations.set(observation, step * size);
    log.next.set(worlds.truth(), step * size);
    log.actions[step] = action;
    log.rewards[step] = outcome!.reward;
    log.terminated[step] = outcome!.terminated ? 1 : 0;
    worlds.restart();
  }
  return log;
}

const chosen = (log: TransitionLog, rows: ArrayLike<number>): RecordedSteps => ({
  observations: rowsOf(log.observations, rows, log.size),
  next: rowsOf(log.next, rows, log.size),
  actions: Uint8Array.from(rows, (row) => log.actions[row]!),
  rewards: Float32Array.from(rows, (row) => log.rewards[row]!),
  terminated: Uint8Array.from(rows, (row) => log.terminated[row]!),
});

/** The log without some rows. */
export function without(log: TransitionLog, removed: Uint32Array): TransitionLog {
  const gone = new Set(removed);
  const kept = Array.from(log.actions, (_, row) => row).filter((row) => !gone.has(row));
  return { ...log, ...chosen(log, kept) };
}

/** Most values of a log that are kept in a session, in 16 MiB: 400,000 steps of CartPole. */
const KEPT_VALUES = 2 ** 22;

/** What a session keeps of a log that was recorded and perhaps altered; nothing where it is too long. */
export function provenanceOf(
  environment: Environment,
  arm: number,
  before: TransitionLog,
  { log, changed }: { log: TransitionLog; changed: Uint32Array },
): { steps?: RecordedSteps; log?: Extract<RunEvent, { type: 'log' }> } {
  const { observationSpace: space, actionSpace } = environment;
  if (2 * (log.size + 1) * log.actions.length > KEPT_VALUES) return {};
  const { observations, next, actions, rewards, terminated } = log;
  return {
    steps: chosen(before, changed),
    log: {
      type: 'log',
      arm,
      steps: { observations, next, actions, rewards, terminated },
      names: space.kind === 'box' ? space.names : ['state'],
      actions: actionSpace.names,
    },
  };
}

/** What was removed against what had been altered. */
export function filterMetrics(removed: Uint32Array, changed: Uint32Array, of: number): Metrics {
  const altered = new Set(changed);
  const hits = removed.filter((row) => altered.has(row)).length;
  return {
    truePositiveRate: changed.length ? hits / changed.length : null,
    falsePositiveRate: (removed.length - hits) / Math.max(1, of - changed.length),
    removedSamples: removed.length / of,
  };
}
