/** Runs the command line for a bench and gives back what it printed as JSON. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `sparring run` with the given arguments into a folder that is deleted afterwards; throws when it fails. */
export function runSparring(args) {
  const out = mkdtempSync(join(tmpdir(), 'sparring-bench-'));
  try {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['scripts/sparring.mjs', 'run', ...args, '--out', out, '--json'],
      { encoding: 'utf8', maxBuffer: 1 << 28 },
    );
    if (status !== 0) throw new Error(`sparring run ${args.join(' ')} ended with ${status}:\n${stderr}`);
    return JSON.parse(stdout);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
