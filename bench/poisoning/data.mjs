/**
 * Writes MNIST as the lab splits it, and its training part poisoned by BadNets, as NumPy files for the peers.
 *
 *     node bench/poisoning/data.mjs FOLDER [--rate 0.05] [--seed 1]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';
import { engineEnvironment } from '../../scripts/environment.mjs';
import { npy } from '../attacks/npy.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rate: { type: 'string', default: '0.05' }, seed: { type: 'string', default: '1' } },
});
Object.assign(process.env, engineEnvironment());
const { module } = await runnerImport('./bench/poisoning/data.ts');
const { train, test, triggered, changed } = await module.poisonedData(
  Number(values.rate),
  Number(values.seed),
);
const folder = positionals[0];
mkdirSync(folder, { recursive: true });
const write = (name, array, shape) => writeFileSync(join(folder, `${name}.npy`), npy(array, shape));
for (const [name, split] of Object.entries({ train, test, triggered })) {
  write(`${name}-images`, split.images, [split.labels.length, 28, 28, 1]);
  write(`${name}-labels`, split.labels, [split.labels.length]);
}
write('changed', changed, [changed.length]);
