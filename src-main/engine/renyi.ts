/**
 * Rényi accountant of DP-SGD: how much privacy is spent by steps that each see a random part of the data, one image with
 * probability q (Poisson sampling), and add Gaussian noise of σ times the clipping norm.
 */

/** Orders α that the guarantee is looked for at: those of Opacus. */
const ORDERS = [
  ...Array.from({ length: 99 }, (_, i) => 1 + (i + 1) / 10),
  ...Array.from({ length: 52 }, (_, i) => 12 + i),
];

/** Half-width of the integral in deviations: what lies beyond is below 1e-30 of it. */
const WIDTH = 12;

export interface Steps {
  /** q: chance that an image takes part in a step, in (0, 1]. */
  rate: number;
  /** σ: standard deviation of the noise in clipping norms. */
  noise: number;
  steps: number;
}

/**
 * Rényi divergence of order α > 1 that one step costs (Mironov, Talwar, Zhang 2019, arXiv:1908.10530, section 3.3),
 *
 *     1/(α − 1) · log E_{z ~ N(0, σ²)} [ (1 − q + q · exp((2z − 1) / 2σ²))^α ],
 *
 * the expectation by the trapezoidal rule, which converges faster than any power of its step for such integrands. One
 * formula for whole and broken orders.
 */
export function divergenceOfStep({ rate, noise }: Omit<Steps, 'steps'>, order: number): number {
  const variance = noise * noise;
  const step = Math.min(noise, variance) / 10;
  const [from, to] = [-WIDTH * noise, order + WIDTH * noise];
  const logs: number[] = [];
  for (let z = from; z <= to; z += step) {
    const exponent = (2 * z - 1) / (2 * variance);
    // Where the exponential overflows it is all there is.
    const ratio = exponent > 700 ? Math.log(rate) + exponent : Math.log(1 - rate + rate * Math.exp(exponent));
    logs.push(-(z * z) / (2 * variance) + order * ratio);
  }
  const largest = logs.reduce((a, b) => Math.max(a, b), -Infinity);
  const sum = logs.reduce((total, log) => total + Math.exp(log - largest), 0);
  const logExpectation = largest + Math.log((sum * step) / (noise * Math.sqrt(2 * Math.PI)));
  return Math.max(0, logExpectation / (order - 1));
}

/**
 * ε of all steps at δ, the best over the orders (Canonne, Kamath, Steinke 2020, arXiv:2004.00010, proposition 12).
 * Infinite without noise.
 */
export function epsilonOf({ rate, noise, steps }: Steps, delta: number): number {
  if (noise === 0) return Infinity;
  const each = ORDERS.map(
    (order) =>
      steps * divergenceOfStep({ rate, noise }, order) -
      (Math.log(delta) + Math.log(order)) / (order - 1) +
      Math.log((order - 1) / order),
  );
  return Math.max(0, Math.min(...each));
}

/** Least and largest noise that is looked for. */
const LEAST_NOISE = 0.2;
export const LARGEST_NOISE = 512;

/** The smallest noise, to a thousandth of itself, with which all steps stay within ε; null where none does. */
export function noiseFor(
  epsilon: number,
  { rate, steps }: Omit<Steps, 'noise'>,
  delta: number,
): number | null {
  let [low, high] = [LEAST_NOISE, LARGEST_NOISE];
  if (epsilonOf({ rate, steps, noise: high }, delta) > epsilon) return null;
  while (high / low > 1.001) {
    const middle = Math.sqrt(low * high);
    if (epsilonOf({ rate, steps, noise: middle }, delta) > epsilon) low = middle;
    else high = middle;
  }
  return high;
}
