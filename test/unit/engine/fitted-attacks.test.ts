/** Attacks that learn from other inputs first: what they learn, what it costs, and that it helps. */
import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { imageEdit, type Query } from '../../../envs/attack/image-edit';
import type { Entry } from '../../../src-main/contract/experiment';
import { stream } from '../../../src-main/contract/random';
import { evaluateAttack, predict } from '../../../src-main/engine/evaluate';
import { prepareAttack } from '../../../src-main/engine/evasion';
import { gradientStep } from '../../../src-main/engine/gradient-step';
import { Adam } from '../../../src-main/engine/optimizers';
import { attackById } from '../../../src-main/engine/registry';
import { resolve } from '../../../src-main/engine/resolve';
import { toBatch } from '../../../src-main/engine/splits';
import { CountingTarget, NetworkTarget } from '../../../src-main/engine/target-views';
import { contextOf, tinyDataset, tinyNetwork } from '../../fixtures/tiny';

const dataset = tinyDataset();
const target = new NetworkTarget(tinyNetwork(), 3);

beforeAll(() => {
  const optimizer = new Adam(target.network.parameters);
  const batch = toBatch(dataset.train, dataset.shape);
  for (let i = 0; i < 60; i++) gradientStep(target.network, optimizer, batch, 0.01);
  tf.dispose([batch.images, batch.labels]);
});

describe.each([
  ['rl-attacker', { trainingQueries: 2000 }],
  ['substitute', { substitute: 'article-cnn', rounds: 2, epochs: 2 }],
  ['universal-perturbation', { method: 'gradient', passes: 3 }],
  ['universal-perturbation', { method: 'deepfool', passes: 2, epsilon: 0.05 }],
])('%s', (id, params) => {
  it('tells how much of its fitting is done', async () => {
    const applied = resolve({ id, ...params }, attackById(id));
    const told: number[] = [];
    const progress = (share: number) => void told.push(share);
    const { fitted } = await prepareAttack(applied, target, dataset.train, contextOf(1), progress);
    fitted!.dispose();
    expect(told.length).toBeGreaterThan(1);
    told.forEach((share, i) => expect(share).toBeGreaterThan(told[i - 1] ?? 0));
    expect(told.at(-1)).toBeLessThanOrEqual(1);
  });
});

const run = async (entry: Entry) => {
  const applied = resolve(entry, attackById(entry.id));
  const counted = new CountingTarget(target);
  const ready = await prepareAttack(applied, counted, dataset.train, contextOf(1));
  const before = await predict(target, dataset.test);
  const { metrics } = await evaluateAttack(ready, target, dataset.test, before, contextOf(2), () => {});
  const learnt = ready.fitted?.metrics;
  ready.fitted?.dispose();
  return { metrics, learnt, counted };
};

describe('rl-attacker', () => {
  const [epsilon, queries] = [0.35, 24];

  /** The environment's own actions, drawn at random among the open ones. */
  async function randomPolicy(seed: number): Promise<{ success: number; queries: number }> {
    const environment = imageEdit({
      shape: dataset.shape,
      classes: 3,
      goal: 'untargeted',
      epsilon,
      levels: 3,
      queries,
      price: 0,
    });
    let asked = 0;
    const query: Query = async (images, rows) => {
      asked += rows.length;
      return tf.tidy(() => target.logits(tf.tensor4d(images, [rows.length, 8, 8, 1])).dataSync<'float32'>());
    };
    const random = stream(seed, 'random policy');
    const states = await environment.initial(dataset.test.images, dataset.test.labels, query);
    for (;;) {
      const standing = states.filter((state) => !environment.ended(state));
      if (standing.length === 0) break;
      const actions = standing.map((state) => {
        const open = [...environment.open(state).entries()].filter(([, is]) => is);
        return open[random.integer(open.length)]![0];
      });
      for (const { state } of await environment.step(standing, actions, query)) states[state.input] = state;
    }
    const turned = states.filter(({ margin }) => margin < 0).length;
    return { success: turned / states.length, queries: asked / states.length };
  }

  it('learns to turn more unseen inputs with fewer queries than the same actions at random', async () => {
    const { metrics, learnt, counted } = await run({
      id: 'rl-attacker',
      epsilon,
      queries,
      trainingQueries: 4000,
    });
    const random = [await randomPolicy(1), await randomPolicy(2), await randomPolicy(3)];
    const best = Math.max(...random.map(({ success }) => success));
    const quickest = Math.min(...random.map((played) => played.queries));
    expect(metrics.attackSuccessRate!).toBeGreaterThan(best + 0.2);
    expect(metrics.queries!).toBeLessThan(quickest - 2);
    expect(metrics.queries!).toBeLessThanOrEqual(queries);
    expect(learnt!.fittedSuccessRate!).toBeGreaterThan(best);
    // The training stops with the step in which its queries were spent.
    expect(counted.queries).toBeGreaterThanOrEqual(4000);
    expect(counted.queries).toBeLessThan(4000 + 2 * 32);
    expect(counted.gradients).toBe(0);
  });

  it('learns towards a class', async () => {
    const targeted = { id: 'rl-attacker', goal: 'targeted-next', epsilon: 0.3, queries: 16 };
    const [little, much] = [
      await run({ ...targeted, trainingQueries: 100 }),
      await run({ ...targeted, trainingQueries: 4000 }),
    ];
    expect(much.metrics.attackSuccessRate!).toBeGreaterThan(little.metrics.attackSuccessRate! + 0.1);
  });

  it('refuses blocks finer than the pixels', async () => {
    const small = { ...target, inputShape: [4, 4, 1] as [number, number, number], classes: 3 };
    const applied = resolve({ id: 'rl-attacker' }, attackById('rl-attacker'));
    const fitting = prepareAttack(applied, small as unknown as NetworkTarget, dataset.train, contextOf(1));
    await expect(fitting).rejects.toMatchObject({ problem: { place: 'rl-attacker.levels' } });
  });
});

describe('substitute', () => {
  const entry = { id: 'substitute', substitute: 'article-cnn', epsilon: 0.25, rounds: 2, newInputs: 60 };

  it('learns a copy from labels alone, whose examples turn the target', async () => {
    const { metrics, learnt, counted } = await run(entry);
    expect(learnt!.fidelity!).toBeGreaterThan(0.9);
    // 48 seeds (half of the inputs), 48 and then 60 new ones, 48 held out.
    expect(counted.queries).toBe(48 + 48 + 60 + 48);
    expect(counted.gradients).toBe(0);
    expect(metrics.queries).toBe(0);
    const noise = await run({ id: 'random-noise', epsilon: 0.25 });
    const pgd = await run({ id: 'pgd', epsilon: 0.25 });
    expect(metrics.attackSuccessRate!).toBeGreaterThan(noise.metrics.attackSuccessRate! + 0.3);
    expect(metrics.attackSuccessRate!).toBeLessThanOrEqual(pgd.metrics.attackSuccessRate!);
  });

  it('hands its ball to the inner attack, the steps in proportion', async () => {
    const one = { ...entry, rounds: 0, epsilon: 0.1 };
    const [fgsm, step] = [
      await run({ ...one, attack: { id: 'fgsm', epsilon: 0.3 } }),
      await run({ ...one, attack: { id: 'i-fgsm', epsilon: 0.3, steps: 1, stepSize: 0.15 } }),
    ];
    expect(fgsm.metrics.maxLinf).toBeCloseTo(0.1, 6);
    expect(step.metrics.maxLinf).toBeCloseTo(0.05, 6);
  });

  it('refuses an architecture that the images are too small for', async () => {
    await expect(run({ ...entry, substitute: 'small-cnn' })).rejects.toThrow(/small-cnn does not fit/);
  });

  it('refuses an inner attack that has to be fitted itself', async () => {
    await expect(run({ ...entry, rounds: 0, attack: { id: 'substitute' } })).rejects.toThrow(/fitted/);
  });
});
