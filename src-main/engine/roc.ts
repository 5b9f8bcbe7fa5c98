/** ROC of two sets of scores: of a detector, and of membership inference. */
import { LabError } from '../contract/problem';

/** True against false positives of a detector as its threshold falls. */
export interface Roc {
  /** False-positive rate, rising from 0 to 1, and the true-positive rate at each. */
  x: Float32Array;
  y: Float32Array;
  /** Area under the curve: the chance that an attacked input scores higher than a clean one, ties counting half. */
  auc: number;
  tprAt5PercentFpr: number;
}

/**
 * ROC of scores of clean and of attacked inputs.
 * @throws LabError when one of the two classes has no input
 */
export function rocOf(clean: Float32Array, attacked: Float32Array): Roc {
  if (clean.length === 0 || attacked.length === 0) {
    throw new LabError(
      'detector',
      `a ROC needs clean and adversarial inputs, found ${clean.length} clean and ${attacked.length} adversarial`,
      attacked.length === 0
        ? 'No attack succeeded here: take a stronger attack, a larger epsilon or more samples.'
        : 'Give clean inputs: raise evaluation.samples.',
    );
  }
  const all = [
    ...Array.from(clean, (score) => ({ score, positive: false })),
    ...Array.from(attacked, (score) => ({ score, positive: true })),
  ].sort((a, b) => b.score - a.score);
  const points = [{ x: 0, y: 0 }];
  let [falses, trues, area] = [0, 0, 0];
  for (let i = 0; i < all.length;) {
    const [from, before] = [falses, trues];
    // Inputs of one score pass the threshold together.
    for (const { score } = all[i]!; i < all.length && all[i]!.score === score; i++) {
      if (all[i]!.positive) trues++;
      else falses++;
    }
    area += ((falses - from) * (before + trues)) / 2;
    points.push({ x: falses / clean.length, y: trues / attacked.length });
  }
  return {
    x: Float32Array.from(points, ({ x }) => x),
    y: Float32Array.from(points, ({ y }) => y),
    auc: area / (clean.length * attacked.length),
    tprAt5PercentFpr: points.filter(({ x }) => x <= 0.05).at(-1)!.y,
  };
}
