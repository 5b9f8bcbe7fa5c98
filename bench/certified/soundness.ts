/** The measurement behind `soundness.mjs`: certificates of networks trained here, tried to be broken. */
import '@tensorflow/tfjs-node';
import type { Split } from '../../src-main/contract/dataset';
import { ABSTAINED, type ArmPlan, type RunEvent } from '../../src-main/contract/events';
import type { Entry } from '../../src-main/contract/experiment';
import { parseExperiment } from '../../src-main/contract/experiment';
import { stream } from '../../src-main/contract/random';
import { loadDataset } from '../../src-main/datasets';
import { restored } from '../../src-main/engine/arm-model';
import type { Target } from '../../src-main/engine/definitions';
import { predict } from '../../src-main/engine/evaluate';
import { craft, readyAttack } from '../../src-main/engine/evasion';
import { randomInBall } from '../../src-main/engine/norms';
import { attackOf } from '../../src-main/engine/registry';
import { resolve } from '../../src-main/engine/resolve';
import { run } from '../../src-main/engine/run';
import { selected } from '../../src-main/engine/splits';
import { fullCatalog } from '../../src-main/worker/full-catalog';

export interface Options {
  seeds: number[];
  train: number;
  samples: number;
  /** Random points in the ball of each input, by norm: one of a smoothed model costs a vote. */
  points: { linf: number; l2: number };
  defenses: Entry[];
}

export interface Row {
  defense: string;
  seed: number;
  clean: number;
  proven: number;
  largest: number;
  points: number;
  attacks: number;
  abstentions: number;
  violations: number;
}

type Of<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/** Trains every defence on MNIST and tries each of its certificates with random points and PGD at its very radius. */
export async function soundness(options: Options, tell: (row: Row) => void): Promise<void> {
  const parsed = parseExperiment(
    {
      name: 'soundness',
      task: 'classification',
      seeds: options.seeds,
      dataset: { id: 'mnist', train: options.train, test: 2000 },
      model: { id: 'small-cnn' },
      training: { epochs: 10 },
      defenses: options.defenses,
      evaluation: { samples: options.samples },
    },
    fullCatalog(),
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { experiment } = parsed;
  const dataset = await loadDataset(experiment.dataset!, { allows: () => false });
  const events: RunEvent[] = [];
  const host = {
    emit: (event: RunEvent) => void events.push(event),
    breathe: async () => {},
    signal: new AbortController().signal,
    now: () => performance.now() / 1000,
  };
  await run({ experiment, inputs: { dataset }, host, resume: null });
  const test: Split = selected(
    dataset.test,
    Uint32Array.from({ length: options.samples }, (_, i) => i),
  );
  const find = <T extends RunEvent['type']>(type: T, arm: number): Of<T> =>
    events.find((event): event is Of<T> => event.type === type && 'arm' in event && event.arm === arm)!;
  const [started] = events as [Of<'run-started'>];
  for (const arm of started.plan.arms) {
    const model = restored(arm, dataset, find('trained', arm.index).weights);
    const certified = find('certified', arm.index);
    const clean = find('evaluation', arm.index).metrics['accuracy']!;
    tell({ ...named(arm), clean, ...(await tried(model.target, test, certified, options)) });
    model.dispose();
  }
}

const named = ({ defense, seed }: ArmPlan) => ({ defense: defense?.id ?? 'undefended', seed });

async function tried(
  target: Target,
  test: Split,
  { norm, radius }: Of<'certified'>,
  { points }: Options,
): Promise<Omit<Row, 'defense' | 'seed' | 'clean'>> {
  const size = test.images.length / test.labels.length;
  const many = norm === 'linf' ? points.linf : points.l2;
  const found = { points: 0, attacks: 0, abstentions: 0, violations: 0 };
  const count = async (images: Float32Array, label: number): Promise<number> => {
    const n = images.length / size;
    const { labels } = await predict(target, { images, labels: new Uint8Array(n).fill(label) });
    found.abstentions += labels.filter((each) => each === ABSTAINED).length;
    found.violations += labels.filter((each) => each !== label && each !== ABSTAINED).length;
    return n;
  };
  for (const [i, epsilon] of radius.entries()) {
    if (epsilon <= 0) continue;
    const one = selected(test, Uint32Array.of(i));
    const label = one.labels[0]!;
    const random = stream(i, 'points');
    const noise = randomInBall(many, size, norm as 'linf' | 'l2', epsilon, random);
    const within = noise.map((by, k) => {
      // Every second point at a corner of the ball, where the bounds are reached if anywhere.
      const corner = norm === 'linf' && Math.floor(k / size) % 2 === 0;
      const moved = one.images[k % size]! + (corner ? Math.sign(by) * epsilon : by) * (1 - 1e-5);
      return Math.min(1, Math.max(0, moved));
    });
    found.points += await count(within, label);
    const pgd = {
      id: 'pgd',
      epsilon,
      norm,
      steps: 40,
      restarts: norm === 'linf' ? 5 : 1,
      expectation: norm === 'l2' ? 16 : 1,
    };
    const ready = readyAttack(resolve(pgd, attackOf('evasion', 'pgd')));
    const streams = {
      random: (...purpose: (string | number)[]) => stream(i, ...purpose),
      breathe: async () => {},
    };
    found.attacks += await count(await craft(ready, target, one, streams, true, () => {}), label);
  }
  const proven = radius.filter((each) => each > 0);
  return { proven: proven.length, largest: Math.max(0, ...proven), ...found };
}
