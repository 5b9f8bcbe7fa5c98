import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { say } from './console.mjs';
import { ensureSystemLibraries, haveVirtualDisplay } from './debian.mjs';
import { electronExecutable, electronMissing, ensureElectron } from './electron.mjs';
import { withLock } from './lock.mjs';
import { ensurePackages, packagesMatch } from './packages.mjs';
import { cacheFolder, repository, stateFolder } from './paths.mjs';
import { checkMachine, checkNode } from './preflight.mjs';
import { reportAndExit } from './problem.mjs';
import { addonMissing, ensureTensorFlow, libraryMissing, tensorflowFiles } from './tensorflow.mjs';

/** Written last: says that set-up is complete, of what, and which builds it took. */
const stampPath = join(stateFolder, 'set-up.json');

/**
 * Makes the checkout ready to run: packages, system libraries, Electron, TensorFlow. Quick when it already is.
 * Ends the process with a message when it cannot.
 * @param {{ forTests?: boolean }} [needs] forTests: a virtual display too
 */
export async function ensureSetUp({ forTests = false } = {}) {
  try {
    checkNode();
    if (isSetUp(forTests)) return;
    await withLock(join(cacheFolder, 'set-up.lock'), async () => {
      if (!isSetUp(forTests)) await setUp(forTests); // whoever held the lock may have done it
    });
  } catch (error) {
    reportAndExit(error);
  }
}

async function setUp(forTests) {
  say(`Setting up Sparring; big files are kept in ${cacheFolder}`);
  checkMachine({
    packages: !packagesMatch(),
    electron: electronMissing(),
    library: libraryMissing(),
    addon: addonMissing(),
  });
  await ensurePackages();
  await ensureSystemLibraries({ forTests });
  const electron = await ensureElectron();
  const tensorflow = await ensureTensorFlow();
  mkdirSync(stateFolder, { recursive: true });
  writeFileSync(
    `${stampPath}.part`,
    `${JSON.stringify({ fingerprint: fingerprint(), electron, tensorflow }, null, 2)}\n`,
  );
  renameSync(`${stampPath}.part`, stampPath);
  say(
    `Ready: Electron ${electron.version} (${electron.build}), TensorFlow ${tensorflow.version} (${tensorflow.source}).`,
  );
}

function isSetUp(forTests) {
  const needed = [stampPath, electronExecutable(), ...tensorflowFiles];
  if (!needed.every((path) => existsSync(path)) || (forTests && !haveVirtualDisplay())) return false;
  return JSON.parse(readFileSync(stampPath, 'utf8')).fingerprint === fingerprint();
}

/** Changes with the packages wanted and with set-up itself. */
function fingerprint() {
  const here = dirname(fileURLToPath(import.meta.url));
  const ours = readdirSync(here, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const path of [join(repository, 'package-lock.json'), ...ours]) hash.update(readFileSync(path));
  return hash.digest('hex');
}
