/** What the outside lends the engine, and what the frame lends the author of an attack, defence or agent. */
import type { ArmPlan, RunEvent } from '../contract/events';
import type { Random } from '../contract/random';
import { stream } from '../contract/random';

/** The engine knows no files, windows or clocks: this is all it gets from outside. */
export interface Host {
  /** Takes an event; it is recorded before anything else happens with it. */
  emit(event: RunEvent): void;
  /**
   * To be awaited in every long loop, about every 50 ms of work: lets messages through, waits while the run is paused,
   * and throws the signal's reason once the run is stopped.
   */
  breathe(): Promise<void>;
  signal: AbortSignal;
  /** Seconds since some start, for `seconds` fields only. */
  now(): number;
}

/** What the author of an attack, defence or agent may use beside the arguments. */
export interface Context {
  /** A stream of its own for each purpose; the arm's seed and the definition's place are mixed in. */
  random(...purpose: (string | number)[]): Random;
  breathe(): Promise<void>;
}

/** Context of one arm: also emits its events and counts its work. */
export interface ArmContext extends Context {
  arm: ArmPlan;
  emit(event: RunEvent): void;
  now(): number;
  /** Reports `units` of the plan's work as done. `what` is shown beside the bar. */
  worked(units: number, what: string): void;
  /** The same arm with streams of another purpose, so that two attacks never share one. */
  for(...purpose: (string | number)[]): ArmContext;
}

export function armContext(
  host: Host,
  arm: ArmPlan,
  worked: ArmContext['worked'],
  prefix: (string | number)[] = [],
): ArmContext {
  return {
    arm,
    emit: (event) => host.emit(event),
    now: () => host.now(),
    breathe: () => host.breathe(),
    random: (...purpose) => stream(arm.seed, ...prefix, ...purpose),
    worked,
    for: (...purpose) => armContext(host, arm, worked, [...prefix, ...purpose]),
  };
}
