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

const criticalValues = new Map<number, number>();

/** Two-sided 95 % critical value of Student's t; kept, since views ask for the same few again and again. */
function criticalValue(degreesOfFreedom: number): number {
  let value = criticalValues.get(degreesOfFreedom);
  if (value === undefined) {
    value = jStat.studentt.inv(0.975, degreesOfFreedom);
    criticalValues.set(degreesOfFreedom, value);
  }
  return value;
}

/** Mean with the Student-t interval at 95 %: for supervised runs, one value a seed. Null for no values. */
export function meanInterval(values: readonly number[]): Interval | null {
  const n = values.length;
  if (n === 0) return null;
  const mean = average(values);
  if (n === 1) return { mean, low: null, high: null, n };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const margin = criticalValue(n - 1) * Math.sqrt(variance / n);
  return { mean, low: mean - margin, high: mean + margin, n };
}

/** The same of shares: their mean lies in [0, 1], which Student's t does not know. */
export function shareInterval(values: readonly number[]): Interval | null {
  const found = meanInterval(values);
  if (found?.low == null) return found;
  return { ...found, low: Math.max(0, found.low), high: Math.min(1, found.high!) };
}

/** Mean of the middle half of the values, those at its edges counted in part (Agarwal et al. 2021). */
export const interquartileMean = (values: readonly number[]): number =>
  middleMean(Float64Array.from(values).sort());

/** The same of values in ascending order. */
function middleMean(sorted: Float64Array): number {
  const cut = sorted.length / 4;
  let sum = 0;
  for (let i = Math.floor(cut); i < Math.ceil(sorted.length - cut); i++) {
    sum += (Math.min(i + 1, sorted.length - cut) - Math.max(i, cut)) * sorted[i]!;
  }
  return sum / (sorted.length / 2);
}

const RESAMPLES = 2000;
/** Views ask for the same intervals at every event; the values say all that the interval depends on. */
const bootstrapped = new Map<string, { low: number; high: number }>();

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
  const key = values.join();
  let bounds = bootstrapped.get(key);
  if (!bounds) {
    if (bootstrapped.size > 10_000) bootstrapped.clear();
    bounds = bootstrap(values);
    bootstrapped.set(key, bounds);
  }
  return { mean, ...bounds, n };
}

function bootstrap(values: readonly number[]): { low: number; high: number } {
  const random = stream(1, 'bootstrap');
  const sample = new Float64Array(values.length);
  const means = new Float64Array(RESAMPLES);
  for (let r = 0; r < RESAMPLES; r++) {
    for (let i = 0; i < sample.length; i++) sample[i] = values[random.integer(values.length)]!;
    means[r] = middleMean(sample.sort());
  }
  means.sort();
  return { low: means[Math.floor(0.025 * RESAMPLES)]!, high: means[Math.ceil(0.975 * RESAMPLES) - 1]! };
}

/** Exact two-sided McNemar test: of the pairs that differ, `a` went one way and `b` the other. 1 when none differ. */
export function mcnemar(a: number, b: number): number {
  return a + b === 0 ? 1 : Math.min(1, 2 * jStat.binomial.cdf(Math.min(a, b), a + b, 0.5));
}

/** From here on two attacks of paired inputs are told apart. Not corrected for the number of comparisons: docs/verdict.md. */
export const SIGNIFICANT = 0.05;

/** One attack against another on the same inputs. */
export interface Paired {
  /** Inputs that fell to the one alone, and to the other alone. */
  fell: number;
  held: number;
  p: number;
  /** Whether the one is the stronger by more than chance. */
  beats: boolean;
}

/** Whether the attack that left `left` standing is stronger than the one that left `other`, by the exact McNemar test. */
export function beats(left: ArrayLike<boolean>, other: ArrayLike<boolean>): Paired {
  let [fell, held] = [0, 0];
  for (let i = 0; i < left.length; i++) {
    if (!left[i] && other[i]) fell++;
    if (left[i] && !other[i]) held++;
  }
  const p = mcnemar(fell, held);
  return { fell, held, p, beats: fell > held && p < SIGNIFICANT };
}

export const pairedEvidence = (one: string, other: string, { fell, held, p }: Paired): string =>
  `${fell} inputs fell to ${one} alone, ${held} to ${other} alone, exact McNemar p ${p < 1e-6 ? '< 1e-6' : `= ${p.toPrecision(2)}`}`;
/**
 * One-sided lower bound on a probability (Clopper & Pearson 1934): the true one lies below it with probability at most
 * `alpha`, whatever it is, when `successes` of `trials` independent draws succeeded.
 */
export function clopperPearsonLower(successes: number, trials: number, alpha: number): number {
  if (successes === 0) return 0;
  // The largest p at which so many successes or more still have a chance of at most alpha.
  const [a, b] = [successes, trials - successes + 1];
  let bound = b === 1 ? alpha ** (1 / trials) : jStat.beta.inv(alpha, a, b);
  // jstat's inverse is iterated; a bound must not be too high by what the iteration left.
  for (let step = 1e-15; bound > 0 && jStat.ibeta(bound, a, b) > alpha; step *= 2) bound -= step;
  return Math.max(0, bound);
}

/** Quantile of the standard normal distribution. */
export const normalQuantile = (probability: number): number => jStat.normal.inv(probability, 0, 1);

/** Beyond this many pairs the signs are drawn rather than gone through: 2²⁰ sums take about ten milliseconds. */
const EXACT_PAIRS = 20;
const DRAWS = 99_999;

/** Two-sided test of paired values, one pair a seed. */
export interface SeedTest {
  /** Pairs: seeds that both have. */
  n: number;
  /** Mean of the differences. */
  difference: number;
  p: number;
  /** No p of this many pairs lies below: 2¹⁻ⁿ, with five seeds .0625. */
  least: number;
}

/**
 * Exact paired permutation test (Fisher 1935): of all ways to swap the two in each pair, the share whose mean difference is
 * at least as large. Assumes nothing of how the values are distributed. Null for no pairs.
 */
export function pairedPermutation(differences: readonly number[]): SeedTest | null {
  const n = differences.length;
  if (n === 0) return null;
  const sum = differences.reduce((a, b) => a + b, 0);
  // Sums of the same numbers in another order differ in their last bits.
  const size = differences.reduce((a, b) => a + Math.abs(b), 0);
  const asLarge = (other: number): boolean => Math.abs(other) >= Math.abs(sum) - 1e-9 * size;
  const difference = sum / n;
  if (n <= EXACT_PAIRS) {
    let extreme = 0;
    // The first sign can stay: the other half of the swaps mirrors these.
    const swaps = 2 ** (n - 1);
    for (let swap = 0; swap < swaps; swap++) {
      let other = differences[0]!;
      for (let i = 1; i < n; i++) other += swap & (1 << (i - 1)) ? -differences[i]! : differences[i]!;
      if (asLarge(other)) extreme++;
    }
    return { n, difference, p: extreme / swaps, least: 1 / swaps };
  }
  const random = stream(1, 'permutation');
  let extreme = 1;
  for (let draw = 0; draw < DRAWS; draw++) {
    let other = 0;
    for (const value of differences) other += random.uniform() < 0.5 ? -value : value;
    if (asLarge(other)) extreme++;
  }
  return { n, difference, p: extreme / (DRAWS + 1), least: 1 / (DRAWS + 1) };
}
