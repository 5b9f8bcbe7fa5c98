/** FGSM, I-FGSM and PGD against what ART and Foolbox gave for the same weights (evasion-golden.py, evasion.json). */
import '@tensorflow/tfjs-node';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src-main/contract/experiment';
import { evaluateAttack, predict } from '../../src-main/engine/evaluate';
import { craft, readyAttack } from '../../src-main/engine/evasion';
import { l2Distance } from '../../src-main/engine/norms';
import { attackById } from '../../src-main/engine/registry';
import { resolve } from '../../src-main/engine/resolve';
import { toBatch } from '../../src-main/engine/splits';
import { contextOf } from '../fixtures/tiny';
import { golden, split, target } from './golden';

const TRAINING = {
  epochs: 1,
  batchSize: 1,
  optimizer: 'adam',
  learningRate: 1,
  finalLearningRate: 1,
  finalShare: 0,
} as const;

/** The peers' settings; none of them stops at the first success, so neither do we here. */
const OURS: Record<string, Entry> = {
  'fgsm-linf': { id: 'fgsm' },
  'fgsm-l2': { id: 'fgsm', norm: 'l2' },
  'i-fgsm-linf': { id: 'i-fgsm', steps: 10, stepSize: 0.03 },
  'pgd-l2': { id: 'pgd', norm: 'l2', steps: 10, stepSize: 0.2, randomStart: false },
};

describe('evasion attacks against their peers', () => {
  it('the network gives the logits of PyTorch', () => {
    const logits = target.logits(toBatch(split, [8, 8, 1]).images).dataSync();
    logits.forEach((value, i) => expect(value).toBeCloseTo(golden.logits[i]!, 4));
  });

  it.each(golden.attacks.map((attack) => [attack.name, attack.epsilon, attack] as const))(
    '%s at epsilon %d',
    async (name, epsilon, expected) => {
      const entry = { ...OURS[name]!, epsilon };
      const applied = resolve(entry, attackById(entry.id), TRAINING);
      const images = await craft(readyAttack(applied), target, split, contextOf(1), false, () => {});
      images.forEach((value, i) => expect(value).toBeCloseTo(expected.images[i]!, 4));
      const { labels } = await predict(target, { images, labels: split.labels });
      expect([...labels]).toEqual(expected.predictions);
    },
  );

  it.each(Object.entries(golden.smallest))(
    '%s finds perturbations as small as its peer’s, as surely',
    async (id, peer) => {
      const applied = resolve({ id }, attackById(id), TRAINING);
      const before = await predict(target, split);
      const { metrics, adversarial } = await evaluateAttack(
        readyAttack(applied),
        target,
        split,
        before,
        contextOf(1),
        () => {},
      );
      const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
      const distances = Array.from(split.labels, (_, i) => l2Distance(split.images, adversarial, i * 64, 64));
      expect(metrics.attackSuccessRate).toBe(1);
      expect(mean(distances)).toBeLessThanOrEqual(1.03 * mean(peer.l2));
    },
  );
});
