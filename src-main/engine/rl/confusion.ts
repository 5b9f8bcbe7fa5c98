/** Levels of reward, and the matrices by which one is taken for another: row true, column paid (Wang et al. 2020). */
import type { Environment } from '../../contract/environment';
import { livingStates, transitionsOf } from './exact';

/** Rewards that differ by less are one level. */
const SAME = 1e-9;

/** Place of a reward among the levels; −1 where it is none of them. */
export const levelIndex = (levels: readonly number[], reward: number): number =>
  levels.findIndex((level) => Math.abs(level - reward) <= SAME);

/**
 * The amounts an environment pays, smallest first; `given` instead, where it is.
 *
 * @throws RangeError, naming the line, for what is no number, and for fewer than two levels
 */
export function levelsFrom(given: string[] | null, environment: Environment): number[] {
  const paid = () => {
    const transitions = transitionsOf(environment);
    return livingStates(environment).flatMap((state) =>
      transitions[state]!.flat().map(([, , reward]) => reward),
    );
  };
  const all =
    given?.map((line) => {
      const level = Number(line.replace('−', '-'));
      if (line.trim() === '' || !Number.isFinite(level))
        throw new RangeError(`levels: found “${line}”; expected a number`);
      return level;
    }) ?? (environment.transitions ? paid() : [-1, 1]);
  const levels = all.filter((level, i) => levelIndex(all, level) === i).sort((a, b) => a - b);
  if (levels.length < 2)
    throw new RangeError(
      `levels: found ${levels.length === 1 ? `only ${levels[0]}` : 'none'}; expected at least two`,
    );
  return levels;
}

/** Every level is left with the probability given, each other one being as likely. */
export const symmetricConfusion = (probability: number, levels: number): number[][] =>
  Array.from({ length: levels }, (_, i) =>
    Array.from({ length: levels }, (__, j) => (i === j ? 1 - probability : probability / (levels - 1))),
  );

/** @throws RangeError, naming the line, for rows that are no distributions over the levels */
export function confusionFrom(lines: string[], levels: number): number[][] {
  if (lines.length !== levels)
    throw new RangeError(`matrix: found ${lines.length} rows; expected one for each of the ${levels} levels`);
  return lines.map((line) => {
    const row = line
      .trim()
      .split(/[\s,]+/)
      .map(Number);
    if (row.length !== levels || !row.every((share) => share >= 0 && share <= 1))
      throw new RangeError(`matrix: found “${line}”; expected ${levels} probabilities between 0 and 1`);
    const sum = row.reduce((a, b) => a + b, 0);
    if (Math.abs(sum - 1) > 1e-6)
      throw new RangeError(`matrix: the row “${line}” sums to ${Number(sum.toFixed(6))}; expected 1`);
    return row;
  });
}

/** Pivots below this are rounding or noise: what was drawn from such a matrix does not tell the levels apart. */
const SINGULAR = 1e-3;

/** C⁻¹ · levels, by elimination with pivots; null for a matrix that is singular or nearly so. */
export function surrogateLevels(confusion: number[][], levels: number[]): number[] | null {
  const rows = confusion.map((row, i) => [...row, levels[i]!]);
  const n = levels.length;
  for (let column = 0; column < n; column++) {
    const pivot = rows
      .slice(column)
      .reduce(
        (best, row, i) => (Math.abs(row[column]!) > Math.abs(rows[best]![column]!) ? column + i : best),
        column,
      );
    if (Math.abs(rows[pivot]![column]!) < SINGULAR) return null;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const top = rows[column]!;
    rows.forEach((row, i) => {
      if (i === column) return;
      const factor = row[column]! / top[column]!;
      for (let k = column; k <= n; k++) row[k]! -= factor * top[k]!;
    });
  }
  return rows.map((row, i) => row[n]! / row[i]!);
}
