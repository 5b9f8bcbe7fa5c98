/**
 * Whether certificates hold: interval bounds against random points and PGD, randomized smoothing against PGD through
 * expectation and random points, each within the very radius proven for the input. Target: no violation.
 *
 *     node bench/certified/soundness.mjs [--seeds 1,2,3] [--train 8000] [--epochs 60] [--samples 500] [--points 1000] [--votes 20] [--n 1000]
 *
 * `--points` is of interval certificates, `--votes` of smoothed models, each point of which is a vote of 100 copies. Ends with
 * 1 when a certificate was broken.
 */
import console from 'node:console';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';
import { engineEnvironment } from '../../scripts/environment.mjs';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    train: { type: 'string', default: '8000' },
    epochs: { type: 'string', default: '60' },
    samples: { type: 'string', default: '500' },
    points: { type: 'string', default: '1000' },
    votes: { type: 'string', default: '20' },
    n: { type: 'string', default: '1000' },
  },
});
Object.assign(process.env, engineEnvironment());
const { module } = await runnerImport('./bench/certified/soundness.ts');
let violations = 0;
await module.soundness(
  {
    seeds: values.seeds.split(',').map(Number),
    train: Number(values.train),
    samples: Number(values.samples),
    points: { linf: Number(values.points), l2: Number(values.votes) },
    defenses: [
      { id: 'interval-bound-training', epsilon: 0.15, epochs: Number(values.epochs) },
      { id: 'randomized-smoothing', sigma: 0.5, n: Number(values.n) },
    ],
  },
  (row) => {
    violations += row.violations;
    console.log(JSON.stringify(row));
  },
);
console.log(`${violations} violations (target 0)`);
process.exitCode = violations > 0 ? 1 : 0;
