/** A log of recorded steps row by row: what was altered in it, and what a filter made of that. */
import type { RecordedSteps } from '../../src-main/contract/events';
import type { ArmState } from '../../src-main/contract/fold';

/** `altered`: where nothing filters, so that it can be neither found nor missed. */
export const VERDICTS = ['altered', 'found', 'missed', 'false alarm'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** One value of a step as the learner was given it, and as it was recorded where that differs. */
export interface Told {
  given: number;
  recorded: number | null;
}

export interface LogRow {
  /** Number of the step in the log. */
  step: number;
  verdict: Verdict;
  seen: Told[];
  action: Told;
  paid: Told;
  next: Told[];
  ended: boolean;
  /** How suspicious it looked; null where no filter says. */
  suspicion: number | null;
}

type Part = Pick<ArmState, 'log' | 'poisoned' | 'suspects'>;

/** Steps worth a look, rising: those altered and those removed, with the verdict of each. */
export function verdicts({ poisoned, suspects }: Part): Map<number, Verdict> {
  const removed = new Set(suspects?.removed);
  const found = new Map<number, Verdict>();
  for (const step of poisoned?.changed ?? [])
    found.set(step, !suspects ? 'altered' : removed.has(step) ? 'found' : 'missed');
  for (const step of removed) if (!found.has(step)) found.set(step, 'false alarm');
  return new Map([...found].sort(([a], [b]) => a - b));
}

/** One step, before and after. */
export function logRow({ log, poisoned, suspects }: Part, step: number, verdict: Verdict): LogRow {
  const { steps, names } = log!;
  const size = names.length;
  const was = poisoned?.steps;
  const row = was ? poisoned!.changed.indexOf(step) : -1;
  const told = (of: keyof RecordedSteps, value: number, values: number): Told => {
    const given = steps[of][step * values + value]!;
    const recorded = row < 0 ? given : was![of][row * values + value]!;
    return { given, recorded: recorded === given ? null : recorded };
  };
  const observed = (of: 'observations' | 'next'): Told[] => names.map((_, value) => told(of, value, size));
  return {
    step,
    verdict,
    seen: observed('observations'),
    action: told('actions', 0, 1),
    paid: told('rewards', 0, 1),
    next: observed('next'),
    ended: steps.terminated[step] === 1,
    suspicion: suspects?.scores?.[step] ?? null,
  };
}
