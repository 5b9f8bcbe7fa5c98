/**
 * A session as it is replayed: *landmarks*, the events that are few and are all held, and between them *dense* events,
 * points of curves and progress, which come by the hundred thousand and cross to the window as columns.
 */
import type { RecordedEvent, RunEvent } from './events';

const DENSE = ['point', 'progress'] as const;
export type DenseType = (typeof DENSE)[number];
export const isDense = ({ type }: RunEvent): boolean => (DENSE as readonly string[]).includes(type);

/** Sessions with more events are opened by their landmarks and a sample of the rest. */
export const LONG_SESSION = 20_000;

/** Points of one curve, in order; three arrays of one length. */
export interface PointColumns {
  arm: number;
  series: string;
  sequence: Uint32Array;
  x: Float64Array;
  y: Float64Array;
}

/** The dense events of a stretch of a session, or a sample of them. */
export interface DenseStretch {
  points: PointColumns[];
  /** Some of the progress events, the last of the stretch among them. */
  progress: RecordedEvent[];
  /** When some of the events were recorded, in order: sequence numbers and milliseconds since the epoch. */
  times: { sequence: Uint32Array; at: Float64Array };
  /** Sequence number up to which the session was read. */
  through: number;
}
