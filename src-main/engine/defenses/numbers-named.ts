import { lines } from '../../contract/params';
import { LabError } from '../../contract/problem';

/** The parameter of what a person picked, of which each is a `what`. */
export const removedByHand = (what: string) =>
  lines({ help: `Numbers of the ${what}s, from 0, a line each; 40-57 stands for all from 40 to 57.` });

/**
 * The samples or steps that lines name, rising: “12” one, “40-57” all from 40 to 57.
 *
 * @throws LabError at the place for a line that names none of `n`, of which each is a `what`
 */
export function numbersNamed(names: string[], n: number, place: string, what: string): Uint32Array {
  const named = names.flatMap((line) => {
    const [, first, last] = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(line) ?? [];
    const [from, to] = [Number(first), Number(last ?? first)];
    if (first === undefined || from > to || to >= n) {
      throw new LabError(
        place,
        `found “${line}”; expected the number of a ${what}, 0 to ${n - 1}, or a range such as 40-57`,
        'Take the line out, or correct it.',
      );
    }
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  return Uint32Array.from(new Set(named)).sort();
}
