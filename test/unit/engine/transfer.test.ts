/** Several models in one experiment, and the transfer of examples between them. */
import '@tensorflow/tfjs-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src-main/contract/experiment';
import type { RunEvent } from '../../../src-main/contract/events';
import { fold, initialState } from '../../../src-main/contract/fold';
import { summarize } from '../../../src-main/contract/summary';
import { transferTables } from '../../../src-main/cli/table';
import { plan } from '../../../src-main/engine/plan';
import { run } from '../../../src-main/engine/run';
import { fullCatalog } from '../../../src-main/worker/full-catalog';
import { recordingHost, tinyDataset } from '../../fixtures/tiny';

const catalog = fullCatalog();
const raw = {
  name: 'tiny',
  task: 'classification',
  seeds: [1, 2],
  dataset: { id: 'mnist' },
  model: { id: 'article-cnn' },
  furtherModels: [{ id: 'mlp' }],
  training: { epochs: 8, batchSize: 16, learningRate: 0.01 },
  attacks: [{ id: 'pgd', epsilon: 0.3, steps: 5 }],
  evaluation: { samples: 48, transfer: true },
};

function parsed(changes: object = {}) {
  const result = parseExperiment({ ...raw, ...changes }, catalog);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.experiment;
}
const problemsOf = (changes: object) => {
  const result = parseExperiment({ ...raw, ...changes }, catalog);
  return result.ok ? [] : result.problems;
};

let events: RunEvent[];
beforeAll(async () => {
  const host = recordingHost();
  await run({ experiment: parsed(), inputs: { dataset: tinyDataset() }, host, resume: null });
  events = host.events;
});

const state = () =>
  events.reduce((before, event, i) => fold(before, { sequence: i + 1, at: i, event }), initialState());

describe('several models', () => {
  it('each make an arm with every seed and defence', () => {
    const { arms } = plan(parsed({ defenses: [{ id: 'noise-augmentation' }] }));
    expect(arms.map(({ model, defense, seed }) => [model!.id, defense?.id ?? null, seed])).toEqual([
      ['article-cnn', null, 1],
      ['article-cnn', 'noise-augmentation', 1],
      ['mlp', null, 1],
      ['mlp', 'noise-augmentation', 1],
      ['article-cnn', null, 2],
      ['article-cnn', 'noise-augmentation', 2],
      ['mlp', null, 2],
      ['mlp', 'noise-augmentation', 2],
    ]);
  });
  it('are families of their own', () => {
    expect(summarize(state()).summary.map(({ model, seeds }) => [model!.id, seeds])).toEqual([
      ['article-cnn', [1, 2]],
      ['mlp', [1, 2]],
    ]);
  });
  it('cannot come trained, but for the one under “model”', () => {
    const [problem] = problemsOf({ furtherModels: [{ id: 'layers-model', path: '/m/model.json' }] });
    expect(problem).toMatchObject({ place: 'furtherModels.0.id' });
    const { arms } = plan(
      parsed({
        model: { id: 'layers-model', path: '/m/model.json' },
        defenses: [{ id: 'noise-augmentation' }],
      }),
    );
    expect(arms.filter(({ model }) => model!.id === 'layers-model')).toHaveLength(1);
  });
});

describe('the transfer matrix', () => {
  it('has an entry for every ordered pair of arms and every attack', () => {
    const { transfers } = state();
    expect(transfers).toHaveLength(4 * 3);
    expect(transfers.every(({ source, target }) => source !== target)).toBe(true);
  });
  it('counts what the source’s examples do to the target', () => {
    for (const { metrics } of state().transfers) {
      expect(metrics.robustAccuracy).toBeLessThanOrEqual(metrics.accuracy!);
      expect(metrics.transferRate).toBeGreaterThanOrEqual(0);
      expect(metrics.transferRate).toBeLessThanOrEqual(1);
    }
    // Same data, same architecture: most of what turns one seed's model turns the other's.
    const { arms, transfers } = state();
    const twins = transfers.filter(
      ({ source, target }) => arms[source]!.plan.model!.id === arms[target]!.plan.model!.id,
    );
    expect(Math.max(...twins.map(({ metrics }) => metrics.transferRate!))).toBeGreaterThan(0.3);
  });
  it('is told by name in the summary and drawn on the terminal', () => {
    const { summary, transfers } = summarize(state());
    expect(transfers![0]).toMatchObject({ source: { seed: 1 }, target: { seed: 1 }, id: 'pgd' });
    expect(transferTables(summary, transfers!)).toMatch(/transfer rate of pgd.*article-cnn.*mlp/);
  });
  it('needs two arms and a classifier', () => {
    expect(() => plan(parsed({ furtherModels: [], seeds: [1] }))).toThrow(/one arm only/);
    const rl = { task: 'reinforcement-learning', environment: { id: 'CartPole-v1' }, agent: { id: 'dqn' } };
    const result = parseExperiment({ name: 'x', ...rl, evaluation: { transfer: true } }, catalog);
    expect(result.ok ? [] : result.problems.map(({ place }) => place)).toEqual(['evaluation.transfer']);
  });
});

describe('what is recorded of an attack', () => {
  it('shows one input’s way, from clean to adversarial, with its loss growing', () => {
    const steps = events.filter((event) => event.type === 'attack-steps');
    expect(steps).toHaveLength(4);
    for (const { asked, images, loss, predicted, label, shape } of steps) {
      const size = shape.reduce((a, b) => a * b);
      expect(images).toHaveLength(asked.length * size);
      expect(asked[0]).toBe(0);
      expect([...asked]).toEqual([...asked].sort((a, b) => a - b));
      expect(predicted[0]).toBe(label);
      expect(loss.at(-1)).toBeGreaterThan(loss[0]!);
    }
  });
});
