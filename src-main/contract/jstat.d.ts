/** What is used of jstat, which ships no types. */
declare module 'jstat' {
  const jStat: {
    studentt: { inv(probability: number, degreesOfFreedom: number): number };
    binomial: { cdf(successes: number, trials: number, probability: number): number };
    beta: { inv(probability: number, alpha: number, beta: number): number };
    normal: { inv(probability: number, mean: number, deviation: number): number };
    /** Regularised incomplete beta function. */
    ibeta(x: number, alpha: number, beta: number): number;
  };
  export default jStat;
}
