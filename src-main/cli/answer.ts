/** How a command ends: exit codes, and errors as a person reads them. */
import { CommanderError } from 'commander';
import type { Problem } from '../contract/events';
import { LabError } from '../contract/problem';

export const EXIT = { done: 0, failed: 1, refused: 2, interrupted: 130 } as const;

/** The input was refused, for one or more reasons. */
export class Refused extends Error {
  constructor(readonly problems: Problem[]) {
    super(problems.map(({ message }) => message).join('; '));
  }
}

export function printProblem({ place, message, remedy }: Problem): void {
  process.stderr.write(`sparring: ${place}: ${message}\n${remedy ? `  ${remedy}\n` : ''}`);
}

/** Tells the error on standard error; answers the exit code. */
export function answerTo(error: unknown): number {
  // Commander has told already; help and version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.refused;
  if (error instanceof Refused) {
    error.problems.forEach(printProblem);
    return EXIT.refused;
  }
  if (error instanceof LabError) {
    printProblem(error.problem);
    return EXIT.refused;
  }
  process.stderr.write(
    `sparring: this is not expected, please report it.\n${error instanceof Error ? error.stack : String(error)}\n`,
  );
  return EXIT.failed;
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
