/** What a session file holds beside its events, and how the library lists it. */
import type { RecordedEvent } from './events';
import type { Experiment } from './experiment';
import type { Task } from './catalog';

/** Version of the session file format; older ones stay readable, newer ones are refused. */
export const SESSION_FORMAT = 1;
/** SQLite application id of a session file: 'SPAR' in ASCII. */
export const SESSION_APPLICATION_ID = 0x53504152;

export interface Machine {
  platform: string;
  arch: string;
  cpu: string;
  cores: number;
  memoryBytes: number;
}

/** What the numbers depend on beside the spec; a reproduction that differs is explained by these. */
export interface Versions {
  sparring: string;
  node: string;
  electron: string | null;
  v8: string;
  tfjs: string;
  tensorflow: string;
  /** Environment variables that change TensorFlow's arithmetic. */
  environment: Record<string, string>;
}

export interface SessionHeader {
  format: number;
  id: string;
  name: string;
  /** The experiment as given, before defaults. */
  source: string;
  spec: Experiment;
  versions: Versions;
  machine: Machine;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** What the user says of it; like the name no part of the record. Older sessions have neither. */
  tags?: string[];
  notes?: string;
}

/** Derived from the last event and from whether somebody is writing; never stored, so it cannot lie after a crash. */
export type SessionStatus = 'queued' | 'running' | 'paused' | 'done' | 'stopped' | 'failed' | 'interrupted';

/** The number a family of arms is known by, and whether it may be believed. */
export interface Headline {
  model: string | null;
  poisoning: string | null;
  defense: string | null;
  /** A share of the inputs; for agents a return. */
  worstCase: number;
  robust: boolean;
  /** Checks of the verdict that failed on it. */
  failedChecks: string[];
}

/** A row of the library. */
export interface SessionRow {
  id: string;
  name: string;
  file: string;
  task: Task | null;
  status: SessionStatus;
  createdAt: number;
  /** Between the first and the last event. */
  durationMs: number;
  events: number;
  bytes: number;
  arms: number;
  armsDone: number;
  attacks: string[];
  defenses: string[];
  /** Of every arm family that was attacked, over its seeds; the best worst case first. */
  headlines: Headline[];
  tags: string[];
  notes: string;
  /** The experiment as given: what is searched beside what is shown. */
  text: string;
  /** Set when the file cannot be read: what is wrong with it. */
  problem: string | null;
}

/** A session as it is compared with others: what was found, and the curves without the events they came in. */
export interface ComparedSession {
  id: string;
  header: SessionHeader;
  status: SessionStatus;
  /** Events that results are made of, in order. */
  events: RecordedEvent[];
  curves: { arm: number; series: string; x: Float64Array; y: Float64Array }[];
}

/** A choice of sessions, kept under a name. */
export interface SavedComparison {
  name: string;
  /** Ids. */
  sessions: string[];
  /** What the others are tested against: `sessionId/familyKey`; null is the first. */
  reference: string | null;
}
