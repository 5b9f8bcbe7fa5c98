/** The only file that touches `window.lab`: answers become values, refusals become a thrown LabProblem. */
import type { z } from 'zod';
import type { Problem } from '../src-main/contract/events';
import type { Answer, LabApi, LabCall, labCalls, LabPushes, LabResults } from '../src-main/contract/lab-api';

declare global {
  interface Window {
    lab: LabApi;
  }
}

export class LabProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.place}: ${problem.message}`);
    this.name = 'LabProblem';
    this.problem = problem;
  }
}

function unwrap<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value;
  throw new LabProblem(answer.problem);
}

export async function ask<C extends LabCall>(
  name: C,
  ...args: z.input<(typeof labCalls)[C]>
): Promise<LabResults[C]> {
  return unwrap(await window.lab.call(name, args));
}

export function listen<P extends keyof LabPushes>(
  push: P,
  listener: (value: LabPushes[P]) => void,
): () => void {
  return window.lab.on(push, listener);
}

export async function grantDropped(files: File[]): Promise<string[]> {
  return unwrap(await window.lab.grantDropped(files));
}
