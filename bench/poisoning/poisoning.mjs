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
const named = (applied, nothing) =>
  applied ? [applied.id, applied.params.rate ?? [], applied.params.space ?? []].flat().join(' ') : nothing;

console.log(`| poisoning | defence | accuracy | ${NAMES.join(' | ')} |`);
console.log(`|${'---|'.repeat(3 + NAMES.length)}`);
for (const { poisoning, defense, clean, attacks, filter } of summary) {
  const reached = attacks.find(({ id }) => id === poisoning?.id)?.metrics;
  const metrics = { ...reached, ...filter };
  const cells = [clean.accuracy, ...NAMES.map((name) => metrics[name])].map(percent);
  console.log(`| ${named(poisoning, 'clean')} | ${named(defense, 'undefended')} | ${cells.join(' | ')} |`);
}

const lab = await openLab();
const events = lab.withSession(file, (session) => session.events().map(({ event }) => event));
const predictedBy = (index) =>
  events.find(({ type, arm, attack }) => type === 'evaluation' && arm === index && attack === null).predicted;

// Whether one chosen input fell, an arm a try; those that the unpoisoned model of the seed takes for the target are told apart.
const tries = arms.flatMap(({ poisoning, defense, attacks, seed }) => {
  const fell = attacks.find(({ id }) => id === poisoning?.id)?.metrics.targetSuccess;
  if (fell === undefined || defense) return [];
  const clean = arms.findIndex((arm) => arm.seed === seed && !arm.poisoning && !arm.defense);
  const { input, target } = poisoning.params;
  return [{ id: poisoning.id, seed, input, fell, misread: predictedBy(clean)[input] === target }];
});
for (const id of new Set(tries.map((one) => one.id))) {
  const own = tries.filter((one) => one.id === id);
  const stood = own.filter(({ misread }) => !misread);
  const fallen = stood.filter(({ fell }) => fell === 1);
  const which = fallen.map(({ seed, input }) => `${seed}:${input}`).join(' ');
  console.log(
    `${id}: fell ${lab.counted(fallen.length, stood.length)} (seed:input ${which}); ${own.length - stood.length} misread anyway`,
  );
}

// Which classes Neural Cleanse takes for the target of a backdoor, an arm a line.
for (const { arm, recovered } of events.filter(({ type, recovered }) => type === 'suspects' && recovered)) {
  const { poisoning, seed } = arms[arm];
  const flagged = recovered.filter((trigger) => trigger.flagged);
  const told = flagged.map(({ label, anomaly }) => `${label} (${anomaly.toFixed(1)} deviations)`);
  console.log(`seed ${seed}, ${named(poisoning, 'clean')}: ${told.join(', ') || 'no class'}`);
}
await lab.close();
rmSync(out, { recursive: true, force: true });
