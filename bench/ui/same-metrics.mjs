/**
 * The five bouts, once from the window and once from the command line: their metrics must be equal.
 *
 *     xvfb-run -a node bench/ui/same-metrics.mjs            # made small, about three minutes
 *     xvfb-run -a node bench/ui/same-metrics.mjs --full     # as they are, about an hour
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { _electron } from '@playwright/test';
import { parseDocument } from 'yaml';
import { ensureBuilt } from '../../scripts/build.mjs';
import { engineEnvironment } from '../../scripts/environment.mjs';

const SMALL = {
  article: [
    [['seeds'], [1, 2]],
    [['dataset', 'train'], 500],
    [['training', 'epochs'], 2],
    [['defenses', 1, 'epochs'], 2],
    [['evaluation', 'samples'], 60],
  ],
  'label-flip': [
    [['seeds'], [1]],
    [['dataset', 'train'], 500],
    [['training', 'epochs'], 2],
    [['evaluation', 'samples'], 60],
  ],
  'cartpole-observation': [
    [['seeds'], [1]],
    [['agent', 'steps'], 4000],
    [['evaluation', 'episodes'], 5],
  ],
  'cartpole-reward-poisoning': [
    [['agent', 'steps'], 4000],
    [['evaluation', 'episodes'], 5],
  ],
  'gridworld-reward-poisoning': [[['seeds'], [1, 2]]],
};

const { values } = parseArgs({ options: { full: { type: 'boolean', default: false } } });
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
for (const [name, changes] of Object.entries(SMALL)) {
  const document = parseDocument(readFileSync(`examples/${name}.yaml`, 'utf8'));
  if (!values.full) for (const [path, value] of changes) document.setIn(path, value);
  const text = document.toString();
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
