/** Runs the built command line as a user does, each test with a library of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** `process` leads a group of its own: a signal to the group reaches the engine beneath it. */
export function start(
  home: string,
  ...args: string[]
): { process: ChildProcess; finished: Promise<Finished> } {
  const child = spawn(process.execPath, [resolve('scripts/sparring.mjs'), ...args], {
    env: { ...process.env, SPARRING_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return {
    process: child,
    finished: new Promise((done) => child.on('close', (code) => done({ code, stdout, stderr }))),
  };
}

export const sparring = (home: string, ...args: string[]): Promise<Finished> => start(home, ...args).finished;
