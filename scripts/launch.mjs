import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { engineEnvironment } from './environment.mjs';
import { electronExecutable } from './set-up/electron.mjs';
import { repository } from './set-up/paths.mjs';

/**
 * Runs a program on our terminal, hands signals on, and resolves to its exit code.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>}
 */
export function runAttached(command, args, { cwd, env = engineEnvironment() } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: 'inherit' });
    // A terminal sends Ctrl-C to the child itself; a second one would count as the user's impatience.
    process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    process.on('SIGHUP', () => child.kill('SIGHUP'));
    child.once('error', (error) => {
      process.stderr.write(`sparring: ${command} could not be started: ${error.message}\n`);
      resolve(1);
    });
    child.once('close', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : code));
  });
}

/** The command line, in Electron's Node: window and command line must agree to the last bit. */
export function runCommandLine(args) {
  return runAttached(electronExecutable(), [join(repository, 'out', 'main', 'cli.js'), ...args], {
    env: { ...engineEnvironment(), ELECTRON_RUN_AS_NODE: '1' },
  });
}

/** The environment for a window: without the variable that turns Electron into Node. */
export function windowEnvironment() {
  const { ELECTRON_RUN_AS_NODE: _, ...rest } = engineEnvironment();
  return rest;
}

/** Chromium's sandbox refuses to run for root. */
export const runsAsRoot = process.getuid?.() === 0;

/** Without a graphics device Chromium's own start of one costs seconds and fails. */
export const needsSoftwareRendering = process.platform === 'linux' && !existsSync('/dev/dri');

export const hasDisplay =
  process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

/** Says what running as root costs. */
export function warnOfRoot() {
  if (runsAsRoot) {
    process.stderr.write(
      'sparring: running as root, where Chromium has no sandbox (--no-sandbox). Use an ordinary account for models and data you do not trust.\n',
    );
  }
}
