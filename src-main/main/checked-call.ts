/** Validates what the window asks, before anything is done with it. */
import type { z } from 'zod';
import type { Problem } from '../contract/events';
import { labCalls, type LabCall } from '../contract/lab-api';

export type CallArguments<C extends LabCall> = z.output<(typeof labCalls)[C]>;

export type CheckedCall = { ok: true; name: LabCall; args: unknown[] } | { ok: false; problem: Problem };

export function checkedCall(name: unknown, args: unknown): CheckedCall {
  if (typeof name !== 'string' || !Object.hasOwn(labCalls, name)) {
    return {
      ok: false,
      problem: { place: 'window', message: `there is no call “${String(name).slice(0, 40)}”` },
    };
  }
  const parsed = labCalls[name as LabCall].safeParse(args);
  if (parsed.success) return { ok: true, name: name as LabCall, args: parsed.data };
  const issue = parsed.error.issues[0]!;
  return { ok: false, problem: { place: [name, ...issue.path].join('.'), message: issue.message } };
}
