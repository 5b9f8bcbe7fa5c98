/** A `window.lab` that answers from a table and lets the test push. */
import type { LabApi, LabCall, LabPushes } from '../../../src-main/contract/lab-api';

export interface Fake {
  push<P extends keyof LabPushes>(name: P, value: LabPushes[P]): void;
  calls: { name: LabCall; args: unknown[] }[];
}

export function fakeLab(answers: Partial<Record<LabCall, (...args: never[]) => unknown>>): Fake {
  const listeners: { name: string; listener: (value: never) => void }[] = [];
  const calls: Fake['calls'] = [];
  const lab: LabApi = {
    async call(name, args) {
      calls.push({ name, args });
      try {
        return { ok: true, value: (await answers[name]?.(...(args as never[]))) as never };
      } catch (error) {
        return { ok: false, problem: { place: name, message: (error as Error).message } };
      }
    },
    on(name, listener) {
      listeners.push({ name, listener: listener as never });
      return () => undefined;
    },
    grantDropped: async () => ({ ok: true, value: [] }),
  };
  (globalThis as unknown as { window: { lab: LabApi } }).window.lab = lab;
  return {
    calls,
    push: (name, value) =>
      listeners.filter((one) => one.name === name).forEach(({ listener }) => listener(value as never)),
  };
}
