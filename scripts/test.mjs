/**
 * `npm test`: sets up, builds, runs every check and test, and ends with their sum alone on the last line.
 * `npm test -- --only NAME` runs one part: typecheck, lint, format, e2e, or a folder of test/ such as unit.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { runAttached, windowEnvironment } from './launch.mjs';
import { ensureSetUp } from './set-up/index.mjs';
import { nodeModules, repository } from './set-up/paths.mjs';
import { add, NOTHING, playwrightSum, runnerSum, sentence, vitestSum } from './test-sum.mjs';

const VITEST_FOLDERS = ['unit', 'conformance', 'reference', 'integration'];
const reports = mkdtempSync(join(tmpdir(), 'sparring-test-'));
process.on('exit', () => rmSync(reports, { recursive: true, force: true }));

const parts = {
  typecheck: () => npmScript('typecheck'),
  lint: () => npmScript('lint'),
  format: () => npmScript('format:check'),
  ...Object.fromEntries(VITEST_FOLDERS.map((folder) => [folder, () => vitest(folder)])),
  e2e: playwright,
};

const only = process.argv[2] === '--only' ? process.argv[3] : undefined;
if (process.argv.length > 2 && !Object.hasOwn(parts, only ?? '')) {
  process.stderr.write(
    `npm test: expected nothing, or "-- --only" with one of ${Object.keys(parts).join(', ')}.\n`,
  );
  process.exit(2);
}

await ensureSetUp({ forTests: true });
await ensureBuilt();

let sum = NOTHING;
for (const name of only ? [only] : Object.keys(parts)) {
  console.log(`\n── ${name}`);
  const result = await parts[name]();
  console.log(`── ${name}: ${sentence(result)}`);
  sum = add(sum, result);
}
process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;
console.log(`\n${sentence(sum)}`);

async function npmScript(name) {
  const code = await runAttached('npm', ['run', '--silent', name], { cwd: repository });
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

async function vitest(folder) {
  if (!existsSync(join(repository, 'test', folder))) return NOTHING;
  const report = join(reports, `${folder}.json`);
  const code = await runAttached(
    process.execPath,
    [
      join(nodeModules, 'vitest', 'vitest.mjs'),
      ...['run', `test/${folder}/`, '--reporter=default', '--reporter=json', `--outputFile=${report}`],
    ],
    { cwd: repository },
  );
  return runnerSum(code, readReport(report), vitestSum);
}

async function playwright() {
  const report = join(reports, 'e2e.json');
  const command = [
    process.execPath,
    join(nodeModules, '@playwright', 'test', 'cli.js'),
    ...['test', '-c', 'test/e2e/playwright.config.ts', '--reporter=list,json'],
  ];
  // A display of our own, even where there is one: tests neither disturb the user nor are disturbed.
  if (process.platform === 'linux') command.unshift('xvfb-run', '-a');
  const code = await runAttached(command[0], command.slice(1), {
    cwd: repository,
    env: { ...windowEnvironment(), PLAYWRIGHT_JSON_OUTPUT_NAME: report },
  });
  return runnerSum(code, readReport(report), playwrightSum);
}

/** A runner's JSON report, or null when it crashed before writing one. */
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
