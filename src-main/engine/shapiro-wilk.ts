/**
 * Shapiro–Wilk statistic W: how nearly normal a sample is, 1 being the most. With the coefficients of Royston 1995
 * (AS R94, Applied Statistics 44), from 12 values up.
 */
export function shapiroWilk(values: readonly number[]): number {
  const x = Float64Array.from(values).sort();
  const n = x.length;
  const scores = Float64Array.from(x, (_, i) => normalQuantile((i + 1 - 0.375) / (n + 0.25)));
  const norm = scores.reduce((sum, m) => sum + m * m, 0);
  const u = 1 / Math.sqrt(n);
  const polynomial = (coefficients: number[], first: number) =>
    coefficients.reduce((sum, c, i) => sum + c * u ** (i + 1), first);
  const last = polynomial(
    [0.221157, -0.147981, -2.07119, 4.434685, -2.706056],
    scores[n - 1]! / Math.sqrt(norm),
  );
  const next = polynomial(
    [0.042981, -0.293762, -1.752461, 5.682633, -3.582633],
    scores[n - 2]! / Math.sqrt(norm),
  );
  const rest =
    (norm - 2 * scores[n - 1]! ** 2 - 2 * scores[n - 2]! ** 2) / (1 - 2 * last ** 2 - 2 * next ** 2);
  const weights = scores.map((m) => m / Math.sqrt(rest));
  [weights[0], weights[1], weights[n - 2], weights[n - 1]] = [-last, -next, next, last];
  const mean = x.reduce((a, b) => a + b, 0) / n;
  const squares = x.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  if (squares === 0) return 0;
  return x.reduce((sum, value, i) => sum + weights[i]! * value, 0) ** 2 / squares;
}

/** Inverse of the standard normal distribution (Acklam's rational approximation; relative error below 1.2e-9). */
export function normalQuantile(p: number): number {
  const a = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
    2.506628277459239,
  ];
  const b = [
    -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1,
  ];
  const c = [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ];
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
  const horner = (coefficients: number[], x: number) => coefficients.reduce((sum, k) => sum * x + k, 0);
  if (p > 1 - 0.02425) return -normalQuantile(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return horner(c, q) / horner(d, q);
  }
  const q = p - 0.5;
  return (horner(a, q * q) * q) / horner(b, q * q);
}
