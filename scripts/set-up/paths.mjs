import { existsSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
export const nodeModules = join(repository, 'node_modules');

/** What our scripts keep inside node_modules: gone with it, so never out of step with it. */
export const stateFolder = join(nodeModules, '.sparring');

/** Reads a package's own package.json. */
export function packageManifest(name) {
  return createRequire(import.meta.url)(join(nodeModules, name, 'package.json'));
}

/** Where big downloads live, outside node_modules, so that a second `npm ci` fetches nothing big. */
export const cacheFolder = resolve(
  process.env.SPARRING_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sparring'),
);

/** The nearest existing folder at or above a path: the one to ask for free space. */
export function existingAncestor(path) {
  return existsSync(path) ? path : existingAncestor(dirname(path));
}

/** Makes `path` a link to `target`; one that already is stays, since a running lab may be reading through it. */
export function link(target, path) {
  if (linkTarget(path) === target) return;
  rmSync(path, { recursive: true, force: true });
  symlinkSync(target, path);
}

function linkTarget(path) {
  try {
    return readlinkSync(path);
  } catch {
    return null; // nothing there, or not a link
  }
}
