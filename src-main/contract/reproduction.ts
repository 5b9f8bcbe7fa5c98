/** What came of running a recorded session again. */
import type { Problem } from './events';

export interface Reproduction {
  identical: boolean;
  /** Events that are the same. */
  compared: number;
  /** The first that is not: its number in the session, its type, the field, and both values as text. Null when all are the same. */
  difference: { sequence: number; type: string; path: string; recorded: string; found: string } | null;
  /** Likely reasons, the likeliest first. Empty where nothing differs between then and now. */
  causes: string[];
}

/** As main tells it while it lasts, and in the end. */
export interface ReproductionState {
  /** The session's id. */
  id: string;
  compared: number;
  /** Events of the session. */
  of: number;
  outcome: Reproduction | null;
  /** Why it could not be run. */
  problem: Problem | null;
}

/** The causes as one sentence. */
export const causesInWords = (causes: readonly string[]): string =>
  causes.length
    ? `Likely cause: ${causes.join('; ')}.`
    : 'Versions, settings and machine are the same as then: this is a fault of Sparring, please report it.';

/** The outcome in sentences. */
export function inWords({ identical, compared, difference, causes }: Reproduction): string {
  if (identical || !difference) return `Identical: all ${compared} recorded events came again bit for bit.`;
  const { sequence, type, path, recorded, found } = difference;
  return (
    `Differs at event ${sequence} (${type}), ${path || 'its type'}: recorded ${recorded}, now ${found}.\n` +
    `${compared} events before it are identical. ${causesInWords(causes)}`
  );
}
