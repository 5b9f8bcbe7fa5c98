import type { Problem } from './events';

/** An error told to a person: where, what was found and expected, what to do. Everything else thrown is a bug of ours. */
export class LabError extends Error {
  readonly problem: Problem;

  constructor(place: string, message: string, remedy?: string) {
    super(`${place}: ${message}`);
    this.name = 'LabError';
    this.problem = { place, message, ...(remedy ? { remedy } : {}) };
  }
}

/** Any thrown value as a problem. */
export function problemFrom(error: unknown, place: string): Problem {
  if (error instanceof LabError) return error.problem;
  return {
    place,
    message: error instanceof Error ? error.message : String(error),
    remedy: 'This is not expected: please report it with the session file.',
  };
}
