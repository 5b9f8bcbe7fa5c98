/** What is suspicious by its score. */

/** The lowest of the scores that at most a share `rate` of them exceeds. */
export function thresholdFor(scores: Float32Array, rate: number): number {
  const sorted = scores.slice().sort().reverse();
  return sorted[Math.min(sorted.length - 1, Math.floor(rate * sorted.length))]!;
}

/** Indices of the `count` highest scores, rising; of equal scores the first. */
export const highest = (scores: Float32Array, count: number): Uint32Array =>
  Uint32Array.from(scores.keys())
    .sort((a, b) => scores[b]! - scores[a]! || a - b)
    .slice(0, count)
    .sort();

export function medianOf(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
