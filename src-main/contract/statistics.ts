/** Intervals and paired tests. Distributions come from jstat; what is ours is how they are used. */
import jStat from 'jstat';
import { stream } from './random';

/** A mean over seeds with its 95 % interval; the bounds are null with a single seed, which tells nothing of spread. */
export interface Interval {
  mean: number;
  low: number | null;
  high: number | null;
  n: number;
}

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Mean with the Student-t interval at 95 %: for supervised runs, one value a seed. Null for no values. */
export function meanInterval(values: readonly number[]): Interval | null {
  const n = values.length;
  if (n === 0) return null;
  const mean = average(values);
  if (n === 1) return { mean, low: null, high: null, n };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const margin = jStat.studentt.inv(0.975, n - 1) * Math.sqrt(variance / n);
  return { mean, low: mean - margin, high: mean + margin, n };
}

/** Mean of the middle half of the values, those at its edges counted in part (Agarwal et al. 2021). */
export function interquartileMean(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = sorted.length / 4;
  const weight = (i: number) => Math.max(0, Math.min(i + 1, sorted.length - cut) - Math.max(i, cut));
  return sorted.reduce((sum, value, i) => sum + weight(i) * value, 0) / (sorted.length / 2);
}

const RESAMPLES = 2000;

/**
 * Interquartile mean with a 95 % percentile-bootstrap interval over seeds: for reinforcement learning, whose returns
 * have heavy tails (Agarwal et al. 2021, “Deep reinforcement learning at the edge of the statistical precipice”).
 * Resampling uses a fixed stream: the same values always give the same interval. Null for no values.
 */
export function interquartileInterval(values: readonly number[]): Interval | null {
  const n = values.length;
  if (n === 0) return null;
  const mean = interquartileMean(values);
  if (n === 1) return { mean, low: null, high: null, n };
  const random = stream(1, 'bootstrap');
  const means = Float64Array.from({ length: RESAMPLES }, () =>
    interquartileMean(Array.from({ length: n }, () => values[random.integer(n)]!)),
  ).sort();
  return { mean, low: means[Math.floor(0.025 * RESAMPLES)]!, high: means[Math.ceil(0.975 * RESAMPLES) - 1]!, n };
}

/** Exact two-sided McNemar test: of the pairs that differ, `a` went one way and `b` the other. 1 when none differ. */
export function mcnemar(a: number, b: number): number {
  return a + b === 0 ? 1 : Math.min(1, 2 * jStat.binomial.cdf(Math.min(a, b), a + b, 0.5));
}
