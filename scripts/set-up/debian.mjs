import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './child.mjs';
import { say } from './console.mjs';
import { Problem, problemFrom } from './problem.mjs';

/** What Electron's Chromium is linked against; since 2024 some are named for their 64-bit time (t64). */
const FOR_ELECTRON = [
  ['libgtk-3-0', 'libgtk-3-0t64'],
  ['libnss3'],
  ['libasound2', 'libasound2t64'],
  ['libgbm1'],
  ['libxss1'],
];
/** A display in memory, for tests on machines without one. */
const FOR_TESTS = [['xvfb'], ['xauth']];

/** Installs the system's libraries when root, otherwise says what to type. Needs npm's packages for nothing. */
export async function ensureSystemLibraries({ forTests }) {
  if (process.platform !== 'linux') return;
  const wanted = forTests || isRoot() ? [...FOR_ELECTRON, ...FOR_TESTS] : FOR_ELECTRON;
  if (!onPath('dpkg-query')) {
    say(
      'This is not a Debian-like system. Electron needs GTK 3, NSS, ALSA, GBM and XScreenSaver libraries; tests need Xvfb.',
    );
    return;
  }
  let missing = withoutInstalled(wanted);
  if (missing.length === 0) return;
  if (!isRoot()) {
    say(
      `Debian packages are missing. Type:\n    sudo apt-get install ${missing.map(([name]) => name).join(' ')}`,
    );
    return;
  }
  const quiet = { env: { DEBIAN_FRONTEND: 'noninteractive' } };
  // An apt-get that was broken off leaves packages unpacked but not configured; without any, this does nothing.
  await run('Looking for unfinished Debian packages', 'dpkg', ['--configure', '-a'], quiet);
  const update = await run('Reading the list of Debian packages', 'apt-get', ['update'], quiet);
  const names = missing.map(availableName);
  const install = await run(
    `Installing Debian packages ${names.join(' ')}`,
    'apt-get',
    ['install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...names],
    quiet,
  );
  missing = withoutInstalled(wanted);
  if (missing.length > 0) {
    throw problemFrom(
      `apt-get could not install ${names.join(' ')}.`,
      `${update.ok ? '' : update.output}\n${install.output}`,
      `Type: apt-get update && apt-get install ${names.join(' ')}   and mend what it complains about.`,
    );
  }
}

/** Whether tests can be given a display. */
export function haveVirtualDisplay() {
  return process.platform !== 'linux' || onPath('xvfb-run');
}

/** Why Electron does not start, in terms of what to install. */
export function missingLibraryProblem(output) {
  const names = FOR_ELECTRON.map(([name]) => name).join(' ');
  return new Problem({
    happened: `Electron does not start: ${output.trim()}`,
    expected: 'the system libraries that Electron is linked against',
    remedy: `On Debian and Ubuntu: sudo apt-get install ${names}   (elsewhere the packages with the same libraries), then start again.`,
  });
}

function isRoot() {
  return process.getuid?.() === 0;
}

function withoutInstalled(packages) {
  const query = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Package}\n', ...packages.flat()]);
  const installed = new Set(
    String(query.stdout)
      .split('\n')
      .filter((line) => line.startsWith('installed '))
      .map((line) => line.split(' ')[1]),
  );
  return packages.filter((names) => !names.some((name) => installed.has(name)));
}

/** The name that this release of the distribution knows. */
function availableName(names) {
  const known = names.filter((name) =>
    String(spawnSync('apt-cache', ['show', name]).stdout).includes('Package:'),
  );
  return known.at(-1) ?? names[0];
}

function onPath(command) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)));
}
