/** The checks of an arm, run whole on tiny data: what a sound model and a saturated one are told. */
import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src-main/contract/experiment';
import type { AttackPlan, Check, RunEvent } from '../../../src-main/contract/events';
import { stream } from '../../../src-main/contract/random';
import { adaptiveNotWeaker, checksAfter, checksBefore } from '../../../src-main/engine/checks';
import { armContext } from '../../../src-main/engine/context';
import { predict } from '../../../src-main/engine/evaluate';
import { plan } from '../../../src-main/engine/plan';
import { run } from '../../../src-main/engine/run';
import { NetworkTarget } from '../../../src-main/engine/target-views';
import { fullCatalog } from '../../../src-main/worker/full-catalog';
import { recordingHost, tinyDataset, tinyNetwork } from '../../fixtures/tiny';

const dataset = tinyDataset();

function experimentOf(attacks: object[], evaluation: object = {}) {
  const parsed = parseExperiment(
    {
      ...{
        name: 'tiny',
        task: 'classification',
        dataset: { id: 'mnist', train: 96, test: 48 },
        model: { id: 'article-cnn' },
      },
      ...{ training: { epochs: 6, batchSize: 16, learningRate: 0.01 }, attacks },
      evaluation: { samples: 48, ...evaluation },
    },
    fullCatalog(),
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.experiment;
}

const ofType = <T extends RunEvent['type']>(events: RunEvent[], type: T) =>
  events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);

describe('a whole arm', () => {
  let events: RunEvent[];
  beforeAll(async () => {
    const host = recordingHost();
    const experiment = experimentOf([{ id: 'pgd', epsilon: 0.3, steps: 5 }], { corruptions: true });
    await run({ experiment, inputs: { dataset }, host, resume: null });
    events = host.events;
  });

  it('makes the weaker attacks that the experiment does not have', () => {
    const checks = new Map(ofType(events, 'check').map(({ check }) => [check.id, check]));
    expect([...checks.keys()]).toEqual(
      expect.arrayContaining([
        ...['zero-gradients', 'epsilon-zero-is-clean', 'attacked-on-logits', 'within-budget'],
        ...['huge-epsilon-breaks', 'more-steps-change-little'],
        ...['fgsm-not-stronger-than-pgd', 'random-noise-weakest'],
      ]),
    );
    expect(checks.get('attacked-on-logits')!.status).toBe('pass');
    expect(checks.get('random-noise-weakest')!.evidence).toMatch(
      /^Made for the check, on 48 inputs at epsilon 0.3: 0 inputs fell to random-noise alone/,
    );
    expect(checks.get('more-steps-change-little')!.evidence).toContain('pgd with 10 steps and 2 restarts');
  });

  it('tells what was predicted of which class, and what training and answers cost', () => {
    const [clean, attacked] = ofType(events, 'evaluation');
    expect(clean!.labels).toEqual(dataset.test.labels);
    const right = clean!.predicted!.filter((label, i) => label === dataset.test.labels[i]).length;
    expect(right / 48).toBeCloseTo(clean!.metrics.accuracy!, 12);
    expect(attacked!.predicted).toHaveLength(48);
    expect(attacked!.labels).toBeUndefined();
    // Six epochs over 96 images, one gradient each.
    expect(ofType(events, 'trained')[0]!.gradients).toBe(6 * 96);
  });

  it('meets five severities of five corruptions, the mild ones no harder than chance', () => {
    const told = ofType(events, 'corruption');
    expect(told).toHaveLength(25);
    expect(new Set(told.map(({ corruption }) => corruption)).size).toBe(5);
    const mild = told.filter(({ severity }) => severity === 1);
    mild.forEach(({ metrics }) => expect(metrics.accuracy).toBeGreaterThan(1 / 3));
  });

  it('adds its work up to the plan’s', () => {
    const [started] = ofType(events, 'run-started');
    expect(ofType(events, 'progress').at(-1)!.done / started!.plan.work).toBeCloseTo(1, 1);
  });
});

describe('a model whose softmax is saturated', () => {
  it('has no gradients, and that is told', async () => {
    const network = tinyNetwork();
    network.restore(
      Object.fromEntries(
        Object.entries(network.weights()).map(([name, values]) => [name, values.map((value) => 300 * value)]),
      ),
    );
    const experiment = experimentOf([{ id: 'pgd', epsilon: 0.3, steps: 3 }]);
    const { arms, attacks } = plan(experiment);
    const host = recordingHost();
    const target = new NetworkTarget(network, 3);
    const checking = {
      ...{ attacks, experiment, test: dataset.test, model: { target, dispose: () => {} } },
      clean: await predict(target, dataset.test),
      context: armContext(host, arms[0]!, () => {}),
    };
    // A network keeps what its first gradient made ready.
    await checksBefore(checking);
    const before = tf.memory().numTensors;
    await checksBefore(checking);
    await checksAfter(checking);
    expect(tf.memory().numTensors).toBe(before);
    const statuses = Object.fromEntries(
      ofType(host.events, 'check').map(({ check: { id, status } }): [string, Check['status']] => [
        id,
        status,
      ]),
    );
    expect(statuses['zero-gradients']).toBe('fail');
    expect(ofType(host.events, 'warning')[0]!.code).toBe('gradient-masking');
    network.dispose();
  });
});

it('an attacker who knows of the defence is not to be the weaker one', () => {
  const attack = { id: 'pgd' } as AttackPlan;
  const stood = (n: number) => Array.from({ length: 50 }, (_, i) => i < n);
  expect(adaptiveNotWeaker(attack, stood(10), stood(45)).status).toBe('pass');
  expect(adaptiveNotWeaker(attack, stood(45), stood(10)).status).toBe('fail');
});

it('streams of corruptions are the seed’s alone', () => {
  const host = recordingHost();
  const [one, two] = [0, 1].map((index) =>
    armContext(host, { index, model: null, poisoning: null, defense: null, seed: 4 }, () => {}),
  );
  expect(one!.random('corruption', 'noise', 1, 0).uniform()).toBe(
    two!.random('corruption', 'noise', 1, 0).uniform(),
  );
  expect(stream(4, 'corruption/noise/1/0').uniform()).toBe(
    one!.random('corruption', 'noise', 1, 0).uniform(),
  );
});
