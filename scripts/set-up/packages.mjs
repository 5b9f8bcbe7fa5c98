import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.mjs';
import { nodeModules, repository } from './paths.mjs';
import { problemFrom } from './problem.mjs';

/** Runs `npm ci` unless node_modules already is what package-lock.json says. */
export async function ensurePackages() {
  if (packagesMatch()) return;
  const result = await run('Installing packages with npm ci', 'npm', ['ci', '--loglevel', 'error'], {
    growth: { folders: [nodeModules] },
  });
  if (!result.ok) throw problemFrom('npm ci failed.', result.output);
}

/** npm writes node_modules/.package-lock.json last of all, so a broken-off installation lacks it. */
export function packagesMatch() {
  const wanted = readLock(join(repository, 'package-lock.json'));
  const present = readLock(join(nodeModules, '.package-lock.json'));
  return present !== null && lockSatisfied(wanted, present);
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return null;
    throw error;
  }
}

/**
 * Whether every package the lock names is present at its version; optional ones (other platforms' builds) may lack.
 * @param {Record<string, { version?: string, integrity?: string, optional?: boolean }>} wanted
 * @param {typeof wanted} present
 */
export function lockSatisfied(wanted, present) {
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true; // the project itself
    const found = present[path];
    return found
      ? found.version === entry.version && found.integrity === entry.integrity
      : entry.optional === true;
  });
}
