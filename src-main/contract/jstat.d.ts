/** The two distributions used of jstat, which ships no types. */
declare module 'jstat' {
  const jStat: {
    studentt: { inv(probability: number, degreesOfFreedom: number): number };
    binomial: { cdf(successes: number, trials: number, probability: number): number };
  };
  export default jStat;
}
