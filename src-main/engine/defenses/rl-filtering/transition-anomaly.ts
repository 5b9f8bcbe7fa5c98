import { number } from '../../../contract/params';
import { defineRlFilteringDefense, type TransitionLog } from '../../definitions';

/** Share of an action's steps that a model is fitted to, the ones that fit it best: at most the rest may be poisoned. */
const TRUSTED = 0.6;
const ROUNDS = 8;
/** A residual this small a part of its quantity's spread is rounding. */
const LEAST_SPREAD = 0.01;
/** 1.4826 · MAD is the standard deviation of a normal distribution. */
const NORMAL = 1.4826;

const median = (values: Float64Array): number => {
  const sorted = values.slice().sort();
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
};

/** 1, s, and all products of two values of s. */
function features(observations: Float32Array, row: number, size: number): number[] {
  const s = observations.subarray(row * size, (row + 1) * size);
  const found = [1, ...s];
  for (let i = 0; i < size; i++) for (let j = i; j < size; j++) found.push(s[i]! * s[j]!);
  return found;
}

/** Solves (A + λI)·x = b by Gaussian elimination; A is k × k, symmetric and not negative. */
function solve(a: number[][], b: number[], ridge: number): number[] {
  const k = b.length;
  const rows = a.map((row, i) => [...row.map((value, j) => value + (i === j ? ridge : 0)), b[i]!]);
  for (let i = 0; i < k; i++) {
    let pivot = i;
    for (let r = i + 1; r < k; r++) if (Math.abs(rows[r]![i]!) > Math.abs(rows[pivot]![i]!)) pivot = r;
    [rows[i], rows[pivot]] = [rows[pivot]!, rows[i]!];
    for (let r = i + 1; r < k; r++) {
      const factor = rows[r]![i]! / rows[i]![i]!;
      for (let c = i; c <= k; c++) rows[r]![c]! -= factor * rows[i]![c]!;
    }
  }
  const x = new Array<number>(k).fill(0);
  for (let i = k - 1; i >= 0; i--) {
    let sum = rows[i]![k]!;
    for (let c = i + 1; c < k; c++) sum -= rows[i]![c]! * x[c]!;
    x[i] = sum / rows[i]![i]!;
  }
  return x;
}

/** Least squares over some rows: coefficients of the features. */
function fit(inputs: number[][], outputs: Float64Array, rows: number[]): number[] {
  const k = inputs[0]!.length;
  const a = Array.from({ length: k }, () => new Array<number>(k).fill(0));
  const b = new Array<number>(k).fill(0);
  for (const row of rows) {
    const x = inputs[row]!;
    for (let i = 0; i < k; i++) {
      b[i]! += x[i]! * outputs[row]!;
      for (let j = 0; j < k; j++) a[i]![j]! += x[i]! * x[j]!;
    }
  }
  return solve(a, b, 1e-9 * rows.length);
}

/** Deviations of each row from a model of most of them: least trimmed squares by concentration steps. */
function deviations(inputs: number[][], outputs: Float64Array): Float64Array {
  const n = outputs.length;
  const trusted = Math.max(1, Math.ceil(TRUSTED * n));
  const centre = median(outputs);
  let residuals = outputs.map((value) => Math.abs(value - centre));
  for (let round = 0; round < ROUNDS; round++) {
    const best = Array.from(residuals, (_, row) => row).sort((i, j) => residuals[i]! - residuals[j]!);
    const model = fit(inputs, outputs, best.slice(0, trusted));
    residuals = outputs.map((value, row) =>
      Math.abs(value - inputs[row]!.reduce((sum, x, i) => sum + x * model[i]!, 0)),
    );
  }
  const spread = median(outputs.map((value) => Math.abs(value - centre)));
  const scale = NORMAL * Math.max(median(residuals), LEAST_SPREAD * (spread || Math.abs(centre) || 1));
  return residuals.map((residual) => residual / scale);
}

/** Boxes: how far change of observation and pay lie from what a quadratic model of state and action expects, at most. */
function onBox(log: TransitionLog): Float32Array {
  const { observations, next, actions, rewards, size, choices } = log;
  const scores = new Float32Array(actions.length);
  for (let action = 0; action < choices; action++) {
    const rows = Array.from(actions, (_, row) => row).filter((row) => actions[row] === action);
    if (rows.length === 0) continue;
    const inputs = rows.map((row) => features(observations, row, size));
    for (let value = 0; value <= size; value++) {
      const outputs = Float64Array.from(rows, (row) =>
        value === size ? rewards[row]! : next[row * size + value]! - observations[row * size + value]!,
      );
      deviations(inputs, outputs).forEach((deviation, i) => {
        scores[rows[i]!] = Math.max(scores[rows[i]!]!, deviation);
      });
    }
  }
  return scores;
}

/** Finite environments: how much rarer an outcome is than the commonest one of the same state and action, as a multiple. */
function onStates(log: TransitionLog): Float32Array {
  const { observations, next, actions, rewards } = log;
  const pairOf = (row: number): string => `${observations[row]}/${actions[row]}`;
  const outcomeOf = (row: number): string => `${next[row]}/${rewards[row]}`;
  const counts = new Map<string, Map<string, number>>();
  actions.forEach((_, row) => {
    const ofPair = counts.get(pairOf(row)) ?? new Map<string, number>();
    counts.set(pairOf(row), ofPair.set(outcomeOf(row), (ofPair.get(outcomeOf(row)) ?? 0) + 1));
  });
  return Float32Array.from(actions, (_, row) => {
    const ofPair = counts.get(pairOf(row))!;
    return Math.max(...ofPair.values()) / ofPair.get(outcomeOf(row))!;
  });
}

/**
 * Recorded steps that do not fit the others. Most of a log tells how the world works: on a box a quadratic model of change
 * and pay is fitted for each action by least trimmed squares (Rousseeuw 1984), and a step is as suspicious as its largest
 * residual in robust standard deviations; on finite environments it is as suspicious as its outcome is rare. A relabelled
 * action betrays itself by what followed.
 */
export default defineRlFilteringDefense({
  id: 'transition-anomaly',
  title: 'Transition anomaly',
  summary:
    'Learns from most of a log what an action leads to and pays, and removes the steps that deviate; the agent is trained anew on what is left. Needs no clean data, only that most are.',
  limits:
    'Finds what contradicts the other steps; poison that agrees with itself, or is the majority somewhere, passes. What is rare by nature, such as the last step of an episode, may be removed as well.',
  reference: {
    authors: 'P. J. Rousseeuw',
    title: 'Least median of squares regression',
    year: 1984,
    where: 'Journal of the American Statistical Association 79, 871–880, doi:10.1080/01621459.1984.10477105',
  },
  params: {
    threshold: number({
      default: 8,
      min: 0,
      max: 1e6,
      help: 'Suspicion from which a step is removed: robust standard deviations, on grids how many times rarer than the commonest outcome of the same state and action.',
    }),
  },
  requires: ['recorded-steps'],
  inspect(log, { threshold }) {
    const scores = log.size === 1 ? onStates(log) : onBox(log);
    const rows = Array.from(scores, (_, row) => row).filter((row) => scores[row]! > threshold);
    return { scores, removed: Uint32Array.from(rows) };
  },
});
