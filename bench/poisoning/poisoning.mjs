/**
 * Poisonings and filters on MNIST: a row an arm family, means with 95 % intervals over seeds.
 *
 *     node bench/poisoning/poisoning.mjs backdoors|filters|cleanse|flips|targeted [sparring run's arguments …]
 */
import console from 'node:console';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { openLab } from '../lab.mjs';
import { sparring } from '../run-sparring.mjs';

const [which, ...rest] = process.argv.slice(2);
const out = mkdtempSync(join(tmpdir(), 'sparring-bench-'));
const { file, summary, arms } = sparring(['run', `bench/poisoning/${which}.yaml`, ...rest, '--out', out]);
const NAMES = ['attackSuccessRate', 'targetSuccess', 'truePositiveRate', 'falsePositiveRate'];

const percent = (interval) => {
  if (!interval) return '–';
  const { mean, low, high } = interval;
  const shown = (value) => (100 * value).toFixed(1);
  return low === null ? shown(mean) : `${shown(mean)} [${shown(low)}, ${shown(high)}]`;
};
const named = (applied, nothing) => (applied ? `${applied.id} ${applied.params.rate ?? ''}`.trim() : nothing);

console.log(`| poisoning | defence | accuracy | ${NAMES.join(' | ')} |`);
console.log(`|${'---|'.repeat(3 + NAMES.length)}`);
for (const { poisoning, defense, clean, attacks, filter } of summary) {
  const reached = attacks.find(({ id }) => id === poisoning?.id)?.metrics;
  const metrics = { ...reached, ...filter };
  const cells = [clean.accuracy, ...NAMES.map((name) => metrics[name])].map(percent);
  console.log(`| ${named(poisoning, 'clean')} | ${named(defense, 'undefended')} | ${cells.join(' | ')} |`);
}
for (const id of ['feature-collision', 'gradient-matching']) {
  const tries = summary
    .filter(({ poisoning, defense }) => poisoning?.id === id && !defense)
    .flatMap(({ attacks }) => attacks.find((attack) => attack.id === id)?.metrics.targetSuccess ?? []);
  if (tries.length === 0) continue;
  const fell = tries.reduce((sum, { mean }) => sum + mean, 0);
  console.log(`${id}: ${fell} of ${tries.length} targets fell (mean over seeds)`);
}

// Which classes Neural Cleanse takes for the target of a backdoor, an arm a line.
if (summary.some(({ defense }) => defense?.id === 'neural-cleanse')) {
  const lab = await openLab();
  const events = lab.withSession(file, (session) => session.events().map(({ event }) => event));
  await lab.close();
  for (const { arm, recovered } of events.filter(({ type, recovered }) => type === 'suspects' && recovered)) {
    const { poisoning, seed } = arms[arm];
    const flagged = recovered.filter((trigger) => trigger.flagged);
    const told = flagged.map(({ label, anomaly }) => `${label} (${anomaly.toFixed(1)} deviations)`);
    console.log(`seed ${seed}, ${named(poisoning, 'clean')}: ${told.join(', ') || 'no class'}`);
  }
}
rmSync(out, { recursive: true, force: true });
