import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run } from './set-up/child.mjs';
import { ensureSetUp } from './set-up/index.mjs';
import { withLock } from './set-up/lock.mjs';
import { repository, stateFolder } from './set-up/paths.mjs';
import { problemFrom, reportAndExit } from './set-up/problem.mjs';

/** Everything a build is made from. */
const SOURCES = [
  'src-main',
  'src-renderer',
  'envs',
  'examples',
  'electron.vite.config.ts',
  'package.json',
  'package-lock.json',
];
const OUTPUTS = [
  ...['main/index.js', 'main/worker.js', 'main/cli.js', 'main/printer.js'],
  ...['preload/index.js', 'renderer/index.html'],
];
const out = join(repository, 'out');
const stampPath = join(out, 'sources.sha256');

/** Builds the application into out/ unless it was built from these very sources. Ends the process when it cannot. */
export async function ensureBuilt() {
  try {
    if (isBuilt()) return;
    await withLock(join(stateFolder, 'build.lock'), async () => {
      if (!isBuilt()) await build();
    });
  } catch (error) {
    reportAndExit(error);
  }
}

async function build() {
  const hash = hashOfSources(); // before the build: a file changed meanwhile makes the next start build again
  rmSync(stampPath, { force: true });
  const viteCommand = join(repository, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  const result = await run('Building the application', process.execPath, [
    viteCommand,
    'build',
    '--logLevel',
    'warn',
  ]);
  const lacking = OUTPUTS.filter((path) => !existsSync(join(out, path)));
  if (!result.ok || lacking.length > 0) {
    throw problemFrom(
      result.ok ? `The build made no ${lacking.join(', ')}.` : 'The application does not build.',
      result.output,
      'Mend the sources named above; "npm run typecheck" may tell more.',
    );
  }
  mkdirSync(out, { recursive: true });
  writeFileSync(stampPath, hash);
}

function isBuilt() {
  return (
    existsSync(stampPath) &&
    OUTPUTS.every((path) => existsSync(join(out, path))) &&
    readFileSync(stampPath, 'utf8') === hashOfSources()
  );
}

function hashOfSources() {
  const hash = createHash('sha256');
  for (const path of SOURCES.flatMap((name) => filesUnder(join(repository, name)))) {
    hash.update(`${path}\0`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

function filesUnder(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true })
    .map((name) => join(path, String(name)))
    .filter((file) => statSync(file).isFile())
    .sort();
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await ensureSetUp();
  await ensureBuilt();
}
