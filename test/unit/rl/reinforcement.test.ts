import '@tensorflow/tfjs-node';
import { describe, expect, it } from 'vitest';
import { parseExperiment, type Experiment } from '../../../src-main/contract/experiment';
import type { RunEvent } from '../../../src-main/contract/events';
import { engineCatalog } from '../../../src-main/engine/registry';
import { greedyActions } from '../../../src-main/engine/rl/greedy';
import { run, type RunJob } from '../../../src-main/engine/run';

const base = {
  name: 'toy',
  task: 'reinforcement-learning',
  environment: { id: 'FrozenLake-v1', rows: ['SFF', 'HFH', 'FFG'], slippery: false },
  agent: { id: 'q-learning', steps: 5000, examinations: 10 },
  evaluation: { episodes: 4 },
};

function experiment(raw: object): Experiment {
  const parsed = parseExperiment({ ...base, ...raw }, engineCatalog());
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.experiment;
}

async function events(spec: Experiment, resume: RunJob['resume'] = null): Promise<RunEvent[]> {
  const found: RunEvent[] = [];
  const host = {
    emit: (event: RunEvent) => void found.push(structuredClone(event)),
    breathe: () => Promise.resolve(),
    signal: new AbortController().signal,
    now: () => 0,
  };
  await run({ experiment: spec, inputs: {}, host, resume });
  return found;
}

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;
const only = <T extends RunEvent['type']>(all: RunEvent[], type: T): EventOf<T>[] =>
  all.filter((event): event is EventOf<T> => event.type === type);
const lastProgress = (all: RunEvent[]): number => only(all, 'progress').at(-1)!.done;

describe('reinforcement learning runs', () => {
  it('trains, evaluates clean and attacked, draws twins, and checks itself', async () => {
    const all = await events(experiment({ attacks: [{ id: 'random-observation', cells: [0, 1] }] }));
    const [clean, zero, one] = only(all, 'evaluation');
    expect(clean!.metrics).toMatchObject({ return: 1, exactReturn: 1, length: 4, episodes: 4 });
    expect(zero!.metrics).toMatchObject({
      return: 1,
      exactReturn: 1,
      attackedSteps: 0,
      flippedActions: 0,
      maxCells: 0,
    });
    expect(one!.metrics.exactReturn).toBeLessThan(1);
    expect(one!.metrics.maxCells).toBe(1);

    const played = only(all, 'trajectory');
    expect(played.filter((event) => event.trainedSteps !== null)).toHaveLength(11);
    const [cleanTwin, zeroTwin, oneTwin] = played.filter((event) => event.trainedSteps === null);
    expect(cleanTwin!.frames).toHaveLength(5);
    expect(cleanTwin!.perceivedFrames).toHaveLength(0);
    expect(zeroTwin!.perceivedFrames).toEqual(zeroTwin!.frames.slice(0, -1));
    // What the agent thought of its actions, before and after the perturbation.
    expect(cleanTwin).toMatchObject({ reach: [], budget: null, perceivedScores: new Float32Array() });
    expect(cleanTwin!.scores).toHaveLength(4 * cleanTwin!.actions.length);
    expect(zeroTwin!.perceivedScores).toEqual(zeroTwin!.scores);
    expect(zeroTwin!.distances).toEqual(new Float32Array(zeroTwin!.actions.length));
    expect(oneTwin).toMatchObject({ reach: [1], budget: 1, actionNames: ['left', 'down', 'right', 'up'] });
    expect(greedyActions(oneTwin!.perceivedScores!, 4)).toEqual(Int32Array.from(oneTwin!.actions));
    expect(Math.max(...oneTwin!.distances!)).toBe(1);
    expect(zeroTwin!.actions).toEqual(cleanTwin!.actions);

    const checks = only(all, 'check').map(({ check }) => `${check.id} ${check.status}`);
    expect(checks).toEqual([
      'within-budget pass',
      'certificate-holds pass',
      'epsilon-zero-is-clean pass',
      'within-budget pass',
      'certificate-holds pass',
    ]);
    const series = new Set(only(all, 'point').map((event) => event.series));
    expect(series).toEqual(
      new Set(['return', 'greedyReturn', 'exactReturn', 'temporalDifferenceLoss', 'exploration']),
    );
    expect(lastProgress(all)).toBeCloseTo(only(all, 'run-started')[0]!.plan.work, 6);
  });

  it('shows every attack on a grid as a share of what the optimum achieves', async () => {
    const spec = experiment({
      environment: { id: 'GoldBomb-5x5' },
      attacks: ['random-observation', 'lowest-value', 'optimal-displacement'].map((id) => ({
        id,
        cells: [0, 1],
      })),
    });
    const [clean, ...attacked] = only(await events(spec), 'evaluation').map(({ metrics }) => metrics);
    expect(clean!.optimalReturn).toBeCloseTo(1.0438, 4);
    expect(clean!.exactReturn).toBeLessThanOrEqual(clean!.optimalReturn! + 1e-12);
    const idle = attacked.filter((_, i) => i % 2 === 0);
    for (const metrics of idle) {
      expect(metrics).toMatchObject({ exactReturn: clean!.exactReturn, certifiedReturn: clean!.exactReturn });
      expect(metrics).not.toHaveProperty('shareOfOptimum');
    }
    const [random, lowest, optimum] = attacked.filter((_, i) => i % 2 === 1);
    expect(optimum!.shareOfOptimum).toBe(1);
    expect(optimum!.exactReturn).toBe(optimum!.certifiedReturn);
    for (const metrics of [random!, lowest!]) {
      expect(metrics.certifiedReturn).toBe(optimum!.exactReturn);
      const share =
        (clean!.exactReturn! - metrics.exactReturn!) / (clean!.exactReturn! - optimum!.exactReturn!);
      expect(metrics.shareOfOptimum).toBeCloseTo(share, 12);
      expect(share).toBeLessThan(1);
    }
  });

  it('scores the true return beneath a poisoned pay, and tells what was paid', async () => {
    const spec = experiment({
      poisoning: [{ id: 'reward-flip', probability: 1 }],
      agent: { ...base.agent, finalExploration: 1 },
    });
    const all = await events(spec);
    const [, poisoned] = only(all, 'evaluation');
    expect(poisoned!.metrics.return).toBe(0);
    expect(poisoned!.metrics.perceivedReturn).toBeLessThan(0);
    expect(poisoned!.metrics.alteredRewards).toBeGreaterThan(0);
    const last = (series: string) =>
      only(all, 'point')
        .filter((event) => event.arm === 1 && event.series === series)
        .at(-1)!;
    expect(last('perceivedReturn').value).toBeCloseTo(-last('return').value, 12);
  });

  it('attacks a network, and trains one under attack', async () => {
    const agent = {
      id: 'dqn',
      steps: 200,
      learningStarts: 50,
      trainEvery: 50,
      gradientSteps: 5,
      hidden: 8,
      examineEvery: 100,
    };
    const spec = experiment({
      agent,
      defenses: [{ id: 'training-under-attack', attack: { id: 'fgsm-observation' } }],
      attacks: [{ id: 'fgsm-observation' }],
    });
    const all = await events(spec);
    expect(only(all, 'evaluation')).toHaveLength(4);
    expect(only(all, 'evaluation')[0]!.metrics).toHaveProperty('finalReturn');
    expect(only(all, 'check').map(({ check }) => check.id)).toContain('zero-gradients');
    expect(
      only(all, 'point').some((event) => event.arm === 1 && event.series === 'attackedGreedyReturn'),
    ).toBe(true);
    expect(lastProgress(all)).toBeCloseTo(only(all, 'run-started')[0]!.plan.work, 6);
    expect(await events(spec)).toEqual(all);
  });

  it('goes on from a checkpoint exactly as it would have gone on', async () => {
    const spec = experiment({ attacks: [{ id: 'random-observation', cells: [0, 1, 2] }], seeds: [1, 2] });
    const whole = await events(spec);
    const checkpoints = only(whole, 'checkpoint');
    expect(checkpoints.map(({ position }) => position.done)).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
    for (const checkpoint of [checkpoints[0]!, checkpoints[2]!, checkpoints[5]!]) {
      const upTo = whole.indexOf(checkpoint) + 1;
      const { position, state } = checkpoint;
      expect(await events(spec, { position, state, history: whole.slice(0, upTo) })).toEqual(
        whole.slice(upTo),
      );
    }
  });

  it('refuses what cannot be, naming the place', async () => {
    const bad = experiment({ environment: { ...base.environment, rows: ['SF', 'FFG'] } });
    await expect(events(bad)).rejects.toThrow(/environment: .*row 2 “FFG” has 3 cells/);
    const gradients = experiment({
      defenses: [{ id: 'training-under-attack', attack: { id: 'fgsm-observation' } }],
    });
    await expect(events(gradients)).rejects.toThrow(
      /needs gradients, which “q-learning” on “FrozenLake-v1” does not have/,
    );
    const fickle = experiment({
      environment: { id: 'Taxi-v4', ficklePassenger: true },
      attacks: [{ id: 'optimal-displacement' }],
    });
    await expect(events(fickle)).rejects.toThrow(/attacks\.0\.id: .*needs finite-states/);
    const idle = await events(experiment({ attacks: [{ id: 'random-observation', epsilon: 0.1 }] }));
    expect(only(idle, 'warning')[0]!.message).toMatch(/“epsilon” of “random-observation” has no meaning/);
  });
});
