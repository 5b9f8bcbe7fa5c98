import { spawnSync } from 'node:child_process';
import { mkdirSync, statfsSync } from 'node:fs';
import { cacheFolder, existingAncestor, nodeModules } from './paths.mjs';
import { Problem } from './problem.mjs';

/** @tensorflow/tfjs-node 4.22 calls util.isNullOrUndefined, which Node 23 removed. */
export function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major !== 20 && major !== 22) {
    throw new Problem({
      happened: `This is Node ${process.versions.node}.`,
      expected: 'Node 20 or 22: TensorFlow for Node does not load in others',
      remedy: 'Install Node 22 (for instance "nvm install 22") and start again.',
    });
  }
}

/** The fallbacks are builds for Linux on x86-64; elsewhere only the official ones will do. */
export const fallbackFits = process.platform === 'linux' && process.arch === 'x64';

/**
 * Looks for the tools and the space that the coming steps need, before the first of them begins.
 * @param {{ packages: boolean, electron: boolean, library: boolean, addon: boolean }} missing
 */
export function checkMachine(missing) {
  if (missing.library && fallbackFits) pythonWithPip();
  if (missing.addon) compiler();
  checkSpace('node_modules', nodeModules, missing.packages ? 1200 : 0);
  const forElectron = missing.electron ? 500 : 0;
  const forTensorFlow = missing.library ? 900 : 0;
  if (forElectron + forTensorFlow > 0) {
    mkdirSync(cacheFolder, { recursive: true });
    checkSpace('the cache (SPARRING_CACHE chooses another)', cacheFolder, forElectron + forTensorFlow);
  }
}

/** @returns {string} the command of a Python 3 that has pip */
export function pythonWithPip() {
  const pythons = ['python3', 'python'].filter((name) =>
    succeeds(name, ['-c', 'import sys; assert sys.version_info[0] == 3']),
  );
  if (pythons.length === 0) {
    throw new Problem({
      happened: 'Python 3 was not found.',
      expected: 'python3 with pip: TensorFlow comes from a Python package',
      remedy:
        'On Debian and Ubuntu: apt-get install python3 python3-pip   (with sudo unless root). Then start again.',
    });
  }
  const python = pythons.find((name) => succeeds(name, ['-m', 'pip', '--version']));
  if (!python) {
    throw new Problem({
      happened: `${pythons[0]} has no pip.`,
      expected: 'pip: it fetches TensorFlow, which comes as a Python package',
      remedy:
        'On Debian and Ubuntu: apt-get install python3-pip   (with sudo unless root). Elsewhere: python3 -m ensurepip. Then start again.',
    });
  }
  return python;
}

/** @returns {string} the command of a C++ compiler */
export function compiler() {
  const candidates = [process.env.CXX, 'c++', 'g++', 'clang++'].filter(Boolean);
  const found = candidates.find((name) => succeeds(name, ['--version']));
  if (!found) {
    throw new Problem({
      happened: `No C++ compiler was found (looked for ${candidates.join(', ')}).`,
      expected: 'a C++17 compiler: the link between Node and TensorFlow is compiled here',
      remedy: 'On Debian and Ubuntu: apt-get install g++   (with sudo unless root). Then start again.',
    });
  }
  return found;
}

function checkSpace(what, folder, megabytes) {
  if (megabytes === 0) return;
  const { bavail, bsize } = statfsSync(existingAncestor(folder));
  const free = Math.floor((bavail * bsize) / 1e6);
  if (free < megabytes) {
    throw new Problem({
      happened: `Only ${free} MB are free for ${what}, in ${folder}.`,
      expected: `${megabytes} MB`,
      remedy: 'Free some space there, then start again.',
    });
  }
}

function succeeds(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
