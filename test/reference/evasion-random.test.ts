/**
 * The parts of attacks that can be pinned although the attacks draw, and attacks that draw, over seeds, against what
 * torchattacks, Foolbox and ART gave for the same weights (evasion-golden.py, evasion.json).
 */
import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src-main/contract/experiment';
import { ontoHyperplane } from '../../src-main/engine/attacks/evasion/fab';
import type { Context } from '../../src-main/engine/context';
import { evaluateAttack, predict, type AttackResult } from '../../src-main/engine/evaluate';
import { craft, prepareAttack, readyAttack } from '../../src-main/engine/evasion';
import {
  crossEntropy,
  differenceOfLogitsRatio,
  targetedDifferenceOfLogitsRatio,
} from '../../src-main/engine/losses';
import { distanceIn } from '../../src-main/engine/norms';
import { attackById } from '../../src-main/engine/registry';
import { resolve } from '../../src-main/engine/resolve';
import { toBatch } from '../../src-main/engine/splits';
import { contextOf } from '../fixtures/tiny';
import { golden, split, target } from './golden';

const N = split.labels.length;
const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
};
const ready = (entry: Entry) => readyAttack(resolve(entry, attackById(entry.id)));

async function attacked(entry: Entry, seed = 1): Promise<AttackResult> {
  const before = await predict(target, split);
  return evaluateAttack(ready(entry), target, split, before, contextOf(seed), () => {});
}

/** Distance of each adversarial image from its clean one. */
const distances = ({ adversarial }: AttackResult, norm: 'l0' | 'l2' | 'linf'): number[] =>
  Array.from({ length: N }, (_, i) => distanceIn(norm, split.images, adversarial, i * 64, 64));

const close = (found: ArrayLike<number>, expected: number[], digits: number) => {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, digits));
};

describe('the difference of logits ratio', () => {
  const { logits, labels, targets, dlr, targetedDlr } = golden.losses;
  const own = tf.tensor1d(labels, 'int32');
  const z = tf.tensor2d(logits, [labels.length, logits.length / labels.length]);

  it.each([
    ['as it is', dlr, differenceOfLogitsRatio(own, 'untargeted')],
    ['targeted', targetedDlr, targetedDifferenceOfLogitsRatio(own, tf.tensor1d(targets, 'int32'))],
  ] as const)('%s has the values and gradients of torchattacks', (_, expected, loss) => {
    const { loss: values, gradient } = loss(z);
    close(values.dataSync(), expected.loss, 5);
    close(gradient.dataSync(), expected.gradient, 5);
  });
});

describe('FAB', () => {
  it.each(['l2', 'linf'] as const)('projects onto a hyperplane as torchattacks does (%s)', (norm) => {
    const { points, planes, offsets } = golden.projections;
    const [n, size] = [offsets.length, points.length / offsets.length];
    const found = tf.tidy(() => {
      const [x, w] = [points, planes].map((values) => tf.tensor4d(values, [n, size, 1, 1]));
      const value = tf.sub(tf.sum(tf.mul(x!, w!), [1, 2, 3]), tf.tensor1d(offsets)) as tf.Tensor1D;
      return ontoHyperplane(x!, value, w!, norm).dataSync();
    });
    close(found, golden.projections[norm], 4);
  });

  it.each(['l2', 'linf'] as const)('finds perturbations as small as torchattacks’ (%s)', async (norm) => {
    const result = await attacked({ id: 'fab', norm });
    expect(result.metrics.attackSuccessRate).toBe(1);
    expect(mean(distances(result, norm))).toBeLessThanOrEqual(1.02 * mean(golden.fab[norm]));
  });
});

describe('APGD', () => {
  it.each(golden.apgd.map((run) => [run.loss, run] as const))(
    'reaches the loss of torchattacks from the same start (%s)',
    async (name, { epsilon, steps, draws, reached, predictions }) => {
      let at = 0;
      const given: Context = {
        ...contextOf(1),
        random: (...purpose) => ({ ...contextOf(1).random(...purpose), uniform: () => draws[at++]! }),
      };
      const loss = name === 'ce' ? 'cross-entropy' : name;
      const images = await craft(
        ready({ id: 'apgd', epsilon, steps, loss }),
        target,
        split,
        given,
        false,
        () => {},
      );
      expect(at).toBe(draws.length);
      const values = tf.tidy(() => {
        const { images: x, labels } = toBatch({ images, labels: split.labels }, [8, 8, 1]);
        const climbed = name === 'ce' ? crossEntropy : differenceOfLogitsRatio;
        return climbed(labels, 'untargeted')(target.logits(x)).loss.dataSync();
      });
      close(values, reached, 3);
      expect([...(await predict(target, { images, labels: split.labels })).labels]).toEqual(predictions);
    },
  );
});

it('JSMA changes no more pixels of any input than ART’s towards the same classes', async () => {
  const { pixels, success } = golden.saliency;
  const result = await attacked({ id: 'jsma', goal: 'targeted-next', gamma: 1 });
  expect(success).not.toContain(false);
  distances(result, 'l0').forEach((changed, i) => expect(changed).toBeLessThanOrEqual(pixels[i]!));
  // ART goes on where no pair of pixels raises the class any more, and gets one of the twelve there after 26 pixels; the
  // paper’s attack, and this one, end there.
  expect(result.metrics.attackSuccessRate).toBeGreaterThanOrEqual(11 / 12);
});

it('a universal perturbation by gradient ascent fools as many images as ART’s by DeepFool', async () => {
  const { epsilon, rate, images, labels } = golden.universal;
  const data = { images: Float32Array.from(images), labels: Uint8Array.from(labels) };
  const entry = { id: 'universal-perturbation', method: 'gradient', epsilon };
  const { fitted } = await prepareAttack(resolve(entry, attackById(entry.id)), target, data, contextOf(1));
  expect(rate).toBeGreaterThan(0);
  expect(fitted!.metrics!.fittedSuccessRate).toBeGreaterThanOrEqual(rate);
  fitted!.dispose();
});

/** As many seeds as the peers were given. */
const SEEDS = Array.from({ length: 10 }, (_, i) => i);

/** Whether a mean over seeds is at least the peer's, or below by less than two standard errors of the difference. */
function notBelow(ours: number[], theirs: number[]): void {
  const variance = (values: number[]) =>
    values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1) / values.length;
  const tolerance = 2 * Math.sqrt(variance(ours) + variance(theirs));
  expect(mean(ours)).toBeGreaterThanOrEqual(mean(theirs) - tolerance);
}

const rates = async (entry: Entry): Promise<number[]> =>
  Promise.all(SEEDS.map(async (seed) => (await attacked(entry, seed)).metrics.attackSuccessRate!));

it.each(golden.square.map((run) => [run.queries, run] as const))(
  'Square turns as many inputs as torchattacks’ within %i queries, over seeds',
  async (queries, { epsilon, rates: theirs }) =>
    notBelow(await rates({ id: 'square', epsilon, queries }), theirs),
);

it.each(golden.genetic.map((run) => [run.queries, run] as const))(
  'GenAttack brings as many inputs to a class as Foolbox’s within %i queries, over seeds',
  async (queries, { epsilon, population, rates: theirs }) =>
    notBelow(await rates({ id: 'genetic', goal: 'targeted-next', epsilon, population, queries }), theirs),
);

it.each(golden.hopSkipJump.map((run) => [run.norm, run] as const))(
  'HopSkipJump comes as near as Foolbox’s with as many queries, over seeds (%s)',
  async (norm, { queries, medians }) => {
    const ours = await Promise.all(
      SEEDS.map(async (seed) => {
        const result = await attacked({ id: 'hop-skip-jump', norm, queries }, seed);
        expect(result.metrics.attackSuccessRate).toBe(1);
        return median(distances(result, norm));
      }),
    );
    expect(mean(ours)).toBeLessThanOrEqual(1.05 * mean(medians));
  },
);
