/** Where a model is weak: robust accuracy by class, and what its inputs are taken for. */
import type { ArmState } from './fold';
import { shareInterval, type Interval } from './statistics';

export interface ClassResult {
  /** Index of the class. */
  label: number;
  /** Inputs of it, in one arm. */
  inputs: number;
  /** Share right before and after; without an attack, right. */
  robustAccuracy: Interval;
}

export interface ClassResults {
  /** The weakest first, so that the next training knows where to look; of equals in the order of the classes. */
  classes: ClassResult[];
  /** True class × predicted class, inputs of all arms as perturbed; those without an answer (abstained, rejected) in no column. */
  confusion: number[][];
}

/**
 * Of arms of one family, under one attack of the plan (null: none). Null where it was not evaluated, and for sessions recorded
 * before predictions were.
 */
export function classResults(
  arms: readonly ArmState[],
  attack: number | null,
  classes: number,
): ClassResults | null {
  const found = arms.flatMap(({ clean, attacks, labels }) => {
    const evaluation = attack === null ? clean : attacks[attack];
    return evaluation?.outcome && evaluation.predicted && labels
      ? [{ outcome: evaluation.outcome, predicted: evaluation.predicted, labels }]
      : [];
  });
  if (found.length === 0) return null;
  const confusion = Array.from({ length: classes }, () => Array<number>(classes).fill(0));
  for (const { labels, predicted } of found) {
    labels.forEach((label, i) => {
      if (predicted[i]! < classes) confusion[label]![predicted[i]!]!++;
    });
  }
  const results = confusion.flatMap((_, label): ClassResult[] => {
    const shares = found.flatMap(({ labels, outcome }) => {
      const own = [...labels.keys()].filter((i) => labels[i] === label);
      // Bits: right before, right after.
      return own.length ? [own.filter((i) => (outcome[i]! & 3) === 3).length / own.length] : [];
    });
    const robustAccuracy = shareInterval(shares);
    const inputs = found[0]!.labels.filter((one) => one === label).length;
    return robustAccuracy ? [{ label, inputs, robustAccuracy }] : [];
  });
  return {
    classes: results.sort((a, b) => a.robustAccuracy.mean - b.robustAccuracy.mean || a.label - b.label),
    confusion,
  };
}
