/** Every evasion attack, on a tiny trained network: budget, range, epsilon 0, seeds, memory. */
import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Entry } from '../../src-main/contract/experiment';
import { evaluateAttack, predict } from '../../src-main/engine/evaluate';
import { prepareAttack } from '../../src-main/engine/evasion';
import { gradientStep } from '../../src-main/engine/gradient-step';
import { Adam } from '../../src-main/engine/optimizers';
import { attacks, type Attack } from '../../src-main/engine/registry';
import { resolve } from '../../src-main/engine/resolve';
import { toBatch } from '../../src-main/engine/splits';
import { NetworkTarget } from '../../src-main/engine/target-views';
import { contextOf, tinyDataset, tinyNetwork } from '../fixtures/tiny';

type Evasion = Extract<Attack, { surface: 'evasion' }>;
const evasion = attacks.filter((attack): attack is Evasion => attack.surface === 'evasion');
const dataset = tinyDataset();
const target = new NetworkTarget(tinyNetwork(), 3);
const TRAINING = {
  epochs: 1,
  batchSize: 32,
  optimizer: 'adam',
  learningRate: 0.01,
  finalLearningRate: 0.01,
  finalShare: 0,
} as const;

beforeAll(() => {
  const optimizer = new Adam(target.network.parameters);
  const batch = toBatch(dataset.train, dataset.shape);
  for (let i = 0; i < 60; i++) gradientStep(target.network, optimizer, batch, 0.01);
});

/** Fitting that goes through everything, but not for long. */
const FITTING: Record<string, Partial<Entry>> = {
  substitute: { rounds: 1, epochs: 2, substitute: 'article-cnn' },
  'rl-attacker': { trainingQueries: 800, queries: 20 },
};

const run = async (entry: Entry, seed = 1) => {
  const applied = resolve(
    { ...FITTING[entry.id], ...entry },
    evasion.find(({ id }) => id === entry.id)!,
    TRAINING,
  );
  const before = await predict(target, dataset.test);
  const ready = await prepareAttack(applied, target, dataset.train, contextOf(seed));
  const result = await evaluateAttack(ready, target, dataset.test, before, contextOf(seed), () => {});
  ready.fitted?.dispose();
  return result;
};

it('the tiny network has learnt its task', async () => {
  const { labels } = await predict(target, dataset.test);
  expect(labels.filter((label, i) => label === dataset.test.labels[i]).length).toBeGreaterThanOrEqual(46);
});

const budgeted = evasion.filter(({ params }) => 'epsilon' in params);
const unbounded = evasion.filter(({ params }) => !('epsilon' in params));

describe.each(budgeted.map((attack) => [attack.id, attack] as const))('%s', (id, attack) => {
  const norms =
    'norm' in attack.params && attack.params.norm?.kind === 'choice'
      ? attack.params.norm.options
      : [undefined];

  it.each(norms.map((norm) => [norm]))('stays within its budget and in [0, 1] (%s)', async (norm) => {
    for (const epsilon of [0.05, 0.3, 1]) {
      const { metrics, adversarial } = await run({ id, epsilon, ...(norm ? { norm } : {}) });
      const largest = { linf: metrics.maxLinf, l2: metrics.maxL2, l1: metrics.maxL1 }[norm ?? 'linf'];
      expect(largest).toBeLessThanOrEqual(epsilon);
      expect(Math.min(...adversarial)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...adversarial)).toBeLessThanOrEqual(1);
    }
  });

  it('changes nothing at epsilon 0', async () => {
    const { adversarial, metrics } = await run({ id, epsilon: 0 });
    expect(adversarial).toEqual(dataset.test.images);
    expect(metrics.attackSuccessRate).toBe(0);
  });

  it('gives equal bits for equal seeds', async () => {
    const [a, b] = [await run({ id, epsilon: 0.2 }, 3), await run({ id, epsilon: 0.2 }, 3)];
    expect(a.adversarial).toEqual(b.adversarial);
    expect(a.metrics).toEqual(b.metrics);
  });

  it('leaves no tensor behind', async () => {
    await run({ id, epsilon: 0.2 });
    const before = tf.memory().numTensors;
    await run({ id, epsilon: 0.2 });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('counts what it asks of its target', async () => {
    const { metrics } = await run({ id, epsilon: 0.2 });
    const white = attack.requires.includes('gradients');
    // A fitted attack may have asked all it needs while it was fitted.
    if (!attack.fit) expect(metrics.gradients! > 0).toBe(white);
    if (attack.knowledge === 'none') expect(metrics.queries).toBe(0);
  });
});

it('orders attacks as theory has it: noise, one step, many steps', async () => {
  const robust = async (entry: Entry) => (await run({ epsilon: 0.25, ...entry })).metrics.robustAccuracy!;
  const [noise, fgsm, pgd] = [
    await robust({ id: 'random-noise' }),
    await robust({ id: 'fgsm' }),
    await robust({ id: 'pgd', restarts: 2 }),
  ];
  expect(noise).toBeGreaterThan(fgsm);
  expect(fgsm).toBeGreaterThanOrEqual(pgd);
});

describe.each(unbounded.map((attack) => [attack.id, attack] as const))(
  '%s, which seeks the smallest perturbation',
  (id, attack) => {
    const norm = attack.norm(resolve({ id }, attack).params as never)!;
    // A cap of its own on what may change is lifted: what it leaves standing is another matter.
    const entry = { id, ...('gamma' in attack.params ? { gamma: 1 } : {}) };

    it('turns every input, stays in [0, 1], and gives equal bits for equal seeds', async () => {
      const [a, b] = [await run(entry, 3), await run(entry, 3)];
      expect(a.metrics.attackSuccessRate).toBe(1);
      expect(Math.min(...a.adversarial)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...a.adversarial)).toBeLessThanOrEqual(1);
      expect(a.adversarial).toEqual(b.adversarial);
    });

    it(`finds smaller perturbations than ${norm === 'l0' ? 'an attack that minds their length' : 'PGD needs to be sure'}`, async () => {
      const { metrics } = await run(entry);
      if (norm === 'l0') {
        const elsewhere = await run({ id: 'deepfool' });
        expect(metrics.medianL0).toBeLessThan(elsewhere.metrics.medianL0! / 2);
        return;
      }
      const pgd = await run({ id: 'pgd', norm: 'l2', epsilon: metrics.medianL2! / 2 });
      expect(metrics.medianL2).toBeLessThan(2);
      expect(pgd.metrics.attackSuccessRate).toBeLessThan(0.9);
    });

    it('leaves no tensor behind', async () => {
      await run({ id });
      const before = tf.memory().numTensors;
      await run({ id });
      expect(tf.memory().numTensors).toBe(before);
    });
  },
);
