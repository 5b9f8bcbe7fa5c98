/**
 * The built-in bouts, once from the window and once from the command line: their metrics must be equal.
 *
 *     xvfb-run -a node bench/ui/same-metrics.mjs [NAME …]            # made small
 *     xvfb-run -a node bench/ui/same-metrics.mjs --full [NAME …]     # as they are
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { _electron } from '@playwright/test';
import { isScalar, parseDocument, visit } from 'yaml';
import { ensureBuilt } from '../../scripts/build.mjs';
import { engineEnvironment } from '../../scripts/environment.mjs';

/** What a bout is made small by: no number of this name is larger. */
const MOST = {
  train: 500,
  epochs: 2,
  samples: 40,
  episodes: 5,
  steps: 4000,
  queries: 200,
  trainingQueries: 2000,
  seedInputs: 50,
  images: 100,
};

/** A bout, made small unless it is to be run as it is. */
function boutOf(name) {
  const document = parseDocument(readFileSync(`examples/${name}.yaml`, 'utf8'));
  if (values.full) return document.toString();
  document.setIn(['seeds'], [1]);
  visit(document, {
    Pair(_, { key, value }) {
      if (isScalar(value) && value.value > MOST[key.value]) value.value = MOST[key.value];
    },
  });
  return document.toString();
}

const { values, positionals } = parseArgs({
  options: { full: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const bouts = positionals.length
  ? positionals
  : readdirSync('examples')
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => file.slice(0, -'.yaml'.length));
await ensureBuilt();
const home = mkdtempSync(join(tmpdir(), 'sparring-bench-'));
const environment = { ...engineEnvironment(), SPARRING_HOME: home };
const sparring = (...args) => {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['scripts/sparring.mjs', ...args, '--json'],
    {
      encoding: 'utf8',
      env: environment,
      maxBuffer: 1 << 28,
    },
  );
  if (status !== 0) throw new Error(`sparring ${args.join(' ')}: ${stderr}`);
  return JSON.parse(stdout);
};
/** Metrics of every arm without wall-clock fields. */
const metrics = ({ arms }) =>
  JSON.parse(
    JSON.stringify(arms, (key, value) => (['seconds', 'trainingSeconds'].includes(key) ? undefined : value)),
  );

const app = await _electron.launch({ args: ['.', '--no-sandbox', '--disable-gpu'], env: environment });
const page = await app.firstWindow();
await page.getByRole('navigation', { name: 'Views' }).waitFor();
let different = 0;
for (const name of bouts) {
  const text = boutOf(name);
  const answer = await page.evaluate(
    (source) => window.lab.call('startRun', [{ text: source, name: 'bout' }]),
    text,
  );
  if (!answer.ok || !answer.value.ok) throw new Error(JSON.stringify(answer));
  const { id } = answer.value;
  let status;
  do {
    await page.waitForTimeout(500);
    const rows = await page.evaluate(() => window.lab.call('sessions', []));
    status = rows.value.find((row) => row.id === id).status;
  } while (['queued', 'running'].includes(status));
  const file = join(home, `${name}.yaml`);
  writeFileSync(file, text);
  const [window, line] = [sparring('show', id), sparring('run', file)];
  const equal = status === 'done' && isDeepStrictEqual(metrics(window), metrics(line));
  console.log(
    `${name}: window ${status}, ${window.arms.length} arms, ${equal ? 'equal metrics' : 'DIFFERENT metrics'}`,
  );
  if (!equal) different++;
}
await app.close();
process.exitCode = different ? 1 : 0;
