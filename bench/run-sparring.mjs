/** Runs the command line for a bench and gives back what it printed as JSON. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What `sparring` with these arguments and `--json` prints; throws when it fails. */
export function sparring(args) {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['scripts/sparring.mjs', ...args, '--json'],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  if (status !== 0) throw new Error(`sparring ${args.join(' ')} ended with ${status}:\n${stderr}`);
  return JSON.parse(stdout);
}

/** `sparring run` with the given arguments into a folder that is deleted afterwards; throws when it fails. */
export function runSparring(args) {
  const out = mkdtempSync(join(tmpdir(), 'sparring-bench-'));
  try {
    return sparring(['run', ...args, '--out', out]);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
