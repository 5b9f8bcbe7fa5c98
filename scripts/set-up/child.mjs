import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { showProgress } from './console.mjs';
import { forgetChild, noteChild } from './lock.mjs';
import { repository } from './paths.mjs';

const KEPT_OUTPUT = 20_000;
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a tool quietly, with a progress line; what it says is kept for the message should it fail.
 * @param {string} label shown to the user
 * @param {string} command
 * @param {string[]} args
 * @param {{
 *   cwd?: string,
 *   env?: Record<string, string>,
 *   growth?: { folders: string[], stallSeconds?: number },
 * }} [options] growth: folders whose size is shown; stallSeconds ends the tool when they stop growing that long
 * @returns {Promise<{ ok: boolean, stalled: boolean, output: string }>}
 */
export function run(label, command, args, { cwd = repository, env = {}, growth } = {}) {
  return new Promise((resolve) => {
    const windows = process.platform === 'win32'; // npm is a .cmd file there
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: windows,
    });
    if (child.pid) noteChild(child.pid);

    let output = '';
    const keep = (chunk) => (output = (output + chunk).slice(-KEPT_OUTPUT));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);

    const watch = growth && watchGrowth(growth, () => child.kill('SIGKILL'));
    const endProgress = showProgress(label, watch ? () => `${watch.megabytes()} MB` : undefined);

    // Ended by a signal, set-up takes its tool along: an orphaned `npm ci` would fight with the next one.
    const endWithChild = (signal) => {
      child.kill('SIGTERM');
      child.once('close', () => process.exit(128 + constants.signals[signal]));
    };
    for (const signal of ENDING_SIGNALS) process.on(signal, endWithChild);

    const finish = (ok) => {
      for (const signal of ENDING_SIGNALS) process.removeListener(signal, endWithChild);
      watch?.stop();
      forgetChild();
      const stalled = watch?.stalled() ?? false;
      endProgress(ok ? 'done' : stalled ? 'no answer' : 'failed');
      resolve({ ok, stalled, output });
    };
    child.once('error', (error) => {
      keep(error.message);
      finish(false);
    });
    child.once('close', (code, signal) => {
      if (signal) keep(`\nended by ${signal}`);
      finish(code === 0);
    });
  });
}

/** Follows the size of folders, and calls `onStall` when it has not grown for `stallSeconds`. */
function watchGrowth({ folders, stallSeconds = Infinity }, onStall) {
  let bytes = 0;
  let lastGrowth = Date.now();
  let stalled = false;
  const timer = setInterval(() => {
    const now = folders.reduce((sum, folder) => sum + folderSize(folder), 0);
    if (now !== bytes) lastGrowth = Date.now();
    bytes = now;
    if (Date.now() - lastGrowth > stallSeconds * 1000) {
      stalled = true;
      onStall();
    }
  }, 1000);
  return {
    megabytes: () => Math.round(bytes / 1e6),
    stalled: () => stalled,
    stop: () => clearInterval(timer),
  };
}

function folderSize(folder) {
  try {
    return readdirSync(folder, { recursive: true }).reduce(
      (sum, name) => sum + (statSync(join(folder, String(name)), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  } catch {
    return 0; // not there yet, or vanishing while we look
  }
}
