/** Messages between main and the engine process of one run. */
import type { DuelAnswers, DuelAsk } from './duel';
import type { Problem, RecordedEvent } from './events';
import type { Reproduction } from './reproduction';

/**
 * Main → engine process. The first is `run`, `export`, `reproduce` or `duel`; a process does one of the first three and ends, or answers
 * what is asked of a duel until main ends it.
 */
export type EngineCommand =
  | {
      command: 'run';
      /** The session: main creates it when the run is queued. One that has events is taken up from its last checkpoint. */
      file: string;
      /** Paths and addresses the user granted; what the experiment names must lie in one of them, or be one. */
      grants: string[];
    }
  | { command: 'pause' }
  | { command: 'continue' }
  | { command: 'stop' }
  /** Write an export of a session to `out`. */
  | { command: 'export'; file: string; format: string; out: string }
  /** Run a recorded session again and compare. */
  | { command: 'reproduce'; file: string; grants: string[] }
  | ({ command: 'duel'; number: number } & DuelAsk);

/** Engine process → main. */
export type EngineReport =
  /** Recorded events, weights and checkpoint states left out. */
  | { report: 'events'; events: RecordedEvent[] }
  /** The run ended in an orderly way: done, stopped or failed. The events say which, where the session could be written. */
  | { report: 'ended'; status: 'done' | 'stopped' | 'failed'; problem: Problem | null }
  | { report: 'exported'; out: string }
  | { report: 'export-failed'; problem: Problem }
  /** So many events came again, of so many. */
  | { report: 'reproducing'; compared: number; of: number }
  | { report: 'reproduced'; outcome: Reproduction }
  | { report: 'not-reproduced'; problem: Problem }
  /** To the ask of that number. */
  | { report: 'duel-answer'; number: number; answer: DuelAnswers[keyof DuelAnswers] }
  | { report: 'duel-refused'; number: number; problem: Problem };
