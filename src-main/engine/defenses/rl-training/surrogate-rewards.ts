import { boolean, choice, integer, lines } from '../../../contract/params';
import { defineRlTrainingDefense } from '../../definitions';
import {
  confusionFrom,
  levelIndex,
  levelsFrom,
  surrogateLevels,
  symmetricConfusion,
} from '../../rl/confusion';
import { contextsOf } from '../../rl/contexts';

/**
 * Surrogate rewards (Wang et al. 2020): with C the confusion matrix of the reward levels R, the learner takes a paid level
 * for its entry of R̂ = C⁻¹ R, whose expectation is the true reward. C is estimated meanwhile: in each context (state,
 * action, next state) the level paid most often is taken for the true one, and
 *
 *     C(i, j) = share of j among all that was paid in contexts whose true level is i.
 *
 * Surrogates vary more than what was paid, and a learner that maximises over its values takes chance for merit. Hence the
 * paper's variance reduction (after Romoff et al. 2018): the learner is given the mean of a context's surrogates so far.
 */
export default defineRlTrainingDefense({
  id: 'surrogate-rewards',
  title: 'Surrogate rewards',
  summary:
    'Estimates how often each level of reward is taken for another and learns from surrogates that are right on average. Undoes a confusion of rewards as long as the true level is the one paid most often.',
  limits:
    'The paper estimates by state and action; here the next state is part of the context, on which grid worlds’ rewards depend. Its code averages the last 100 surrogates of a context, here all of them. A level that is nowhere the most frequent is taken to be confused as the others are on average. What the estimate is wrong by is paid at every step, so that a long episode needs an exact one. Where a confusion leaves the best way the best, as where every step costs, the repair does harm until there are steps enough: it spreads what is paid.',
  reference: {
    authors: 'J. Wang, Y. Liu, B. Li',
    title: 'Reinforcement learning with perturbed rewards',
    year: 2020,
    where: 'AAAI, arXiv:1810.01032; noise_estimator.py of github.com/wangjksjtu/rl-perturbed-reward',
  },
  params: {
    average: boolean({
      default: true,
      help: 'Whether the learner is given the mean of a context’s surrogates so far (the paper’s variance reduction), or each as it comes.',
    }),
    truth: choice({
      options: ['most frequent', 'least frequent'],
      default: 'most frequent',
      help: 'Which level of a context is taken for its true one. The least frequent is for a pay of two levels known to be false more often than not, as in the authors’ code.',
      advanced: true,
    }),
    oracle: boolean({
      default: false,
      help: 'Takes the matrix from the attack instead of estimating it, as no real defender can: it tells what the estimate costs.',
      advanced: true,
    }),
    every: integer({
      default: 500,
      min: 1,
      max: 1e6,
      unit: 'steps',
      help: 'Steps between two estimates of the matrix.',
      advanced: true,
    }),
    least: integer({
      default: 10,
      min: 1,
      max: 1e6,
      unit: 'steps',
      help: 'Steps in a context before its most frequent level counts.',
      advanced: true,
    }),
    levels: lines({
      help: 'The amounts that can be paid, a line each. Unless given: all that the environment can pay; −1 and 1 where they cannot be listed.',
      advanced: true,
    }),
    matrix: lines({
      help: 'The confusion matrix, where it is known, a line a level, as in “0.9 0.1”. Estimated unless given; a singular one is refused.',
      advanced: true,
    }),
  },
  repair(
    { average, truth, oracle, every, least, levels: given, matrix },
    { environment, confusion: attack },
  ) {
    const levels = levelsFrom(given, environment);
    const secret = attack ?? symmetricConfusion(0, levels.length);
    const known = matrix ? confusionFrom(matrix, levels.length) : oracle ? secret : null;
    const inverted = known && surrogateLevels(known, levels);
    if (matrix && !inverted)
      throw new RangeError(
        `matrix: found a singular confusion matrix (${matrix.join('; ')}); expected one that can be inverted, since nothing can be told from levels that are paid alike`,
      );
    const contextOf = contextsOf(environment);
    // Levels that are paid alike tell nothing: what is paid is then taken as it is.
    let surrogates = inverted ?? levels;
    /** Of each context how often each level was paid. */
    const paid = new Map<string, Uint32Array>();
    let confusion = known;
    let steps = 0;
    /** `counts`: of the step's context. */
    const surrogateOf = (level: number, counts: Uint32Array | undefined): number =>
      average && counts ? meanOf(surrogates, counts) : surrogates[level]!;
    return {
      learn(step) {
        const level = levelIndex(levels, step.reward);
        if (level < 0) return step.reward;
        const context = contextOf(step);
        const counts = paid.get(context) ?? new Uint32Array(levels.length);
        counts[level]!++;
        paid.set(context, counts);
        if (!known && ++steps % every === 0) {
          confusion = estimated([...paid.values()], levels.length, least, truth);
          surrogates = surrogateLevels(confusion, levels) ?? levels;
        }
        return surrogateOf(level, counts);
      },
      judge(step) {
        const level = levelIndex(levels, step.reward);
        return level < 0 ? step.reward : surrogateOf(level, paid.get(contextOf(step)));
      },
      findings: () => ({
        estimatedConfusion: confusion
          ? confusion.reduce((sum, row, i) => sum + 1 - row[i]!, 0) / levels.length
          : null,
      }),
    };
  },
});

/** Mean of some values, each as often as it is counted. */
function meanOf(values: readonly number[], counts: Uint32Array): number {
  let [sum, count] = [0, 0];
  values.forEach((value, i) => {
    sum += value * counts[i]!;
    count += counts[i]!;
  });
  return sum / count;
}

/** The matrix by the contexts' true levels, as far as they can be told; the identity before any context counts. */
function estimated(
  contexts: Uint32Array[],
  levels: number,
  least: number,
  truth: 'most frequent' | 'least frequent',
): number[][] {
  const paid = Array.from({ length: levels }, () => new Float64Array(levels));
  for (const count of contexts) {
    if (count.reduce((a, b) => a + b, 0) < least) continue;
    const extreme = truth === 'most frequent' ? Math.max(...count) : Math.min(...count);
    count.forEach((times, level) => (paid[count.indexOf(extreme)]![level]! += times));
  }
  const sums = paid.map((row) => row.reduce((a, b) => a + b, 0));
  const seen = sums.filter((sum) => sum > 0).length;
  const kept = paid.reduce((sum, row, i) => sum + (sums[i]! > 0 ? row[i]! / sums[i]! : 0), 0) / (seen || 1);
  return paid.map((row, i) =>
    Array.from(row, (times, j) => {
      if (sums[i]! > 0) return times / sums[i]!;
      if (seen === 0) return i === j ? 1 : 0;
      return i === j ? kept : (1 - kept) / (levels - 1);
    }),
  );
}
