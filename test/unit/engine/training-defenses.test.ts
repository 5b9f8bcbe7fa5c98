/** Training defences: their losses by formula and finite differences, what each hands to the trainer, and a solvable toy. */
import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { Training } from '../../../src-main/contract/experiment';
import type { ImageDataset, Split } from '../../../src-main/contract/dataset';
import type { RunEvent } from '../../../src-main/contract/events';
import { parseExperiment } from '../../../src-main/contract/experiment';
import type { Applied } from '../../../src-main/contract/params';
import { stream } from '../../../src-main/contract/random';
import type {
  FitOptions,
  Trainer,
  TrainingDefense,
  TrainingLoss,
} from '../../../src-main/engine/definitions';
import { softened } from '../../../src-main/engine/defenses/training/distillation';
import { overfitted } from '../../../src-main/engine/defenses/training/fast';
import { martLoss } from '../../../src-main/engine/defenses/training/mart';
import { tradesLoss } from '../../../src-main/engine/defenses/training/trades';
import { gradientStep } from '../../../src-main/engine/gradient-step';
import { plan } from '../../../src-main/engine/plan';
import { defenseById } from '../../../src-main/engine/registry';
import { resolve } from '../../../src-main/engine/resolve';
import { run } from '../../../src-main/engine/run';
import { sizeOf } from '../../../src-main/engine/splits';
import { NetworkTarget } from '../../../src-main/engine/target-views';
import { fullCatalog } from '../../../src-main/worker/full-catalog';
import { contextOf, recordingHost, tinyDataset, tinyNetwork } from '../../fixtures/tiny';

const catalog = fullCatalog();

// ── Losses ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const [N, CLASSES] = [6, 4];
const random = stream(3, 'logits');
const rowsOf = (n: number) =>
  Array.from({ length: n }, () => Array.from({ length: CLASSES }, () => 1.5 * random.normal()));
const softmax = (z: number[]) => {
  const total = z.reduce((sum, v) => sum + Math.exp(v), 0);
  return z.map((v) => Math.exp(v) / total);
};
const kl = (p: number[], q: number[]) => p.reduce((sum, v, k) => sum + v * Math.log(v / q[k]!), 0);
const LABELS = Array.from({ length: N }, (_, i) => i % CLASSES);
const WANTED = rowsOf(N).map(softmax);

/** Each formula sees the logits of one input: perturbed and clean, or the only ones. */
const LOSSES: [string, TrainingLoss, number, (z: number[][], i: number) => number][] = [
  [
    'TRADES: CE(f(x), y) + 6 KL(f(x) ‖ f(x′))',
    tradesLoss(6),
    2,
    ([perturbed, clean], i) =>
      -Math.log(softmax(clean!)[LABELS[i]!]!) + 6 * kl(softmax(clean!), softmax(perturbed!)),
  ],
  [
    'MART: BCE(q, y) + 5 KL(p ‖ q) (1 − p_y)',
    martLoss(5),
    2,
    ([perturbed, clean], i) => {
      const [p, q, y] = [softmax(clean!), softmax(perturbed!), LABELS[i]!];
      const rival = Math.max(...q.filter((_, k) => k !== y));
      return -Math.log(q[y]!) - Math.log(1 - rival) + 5 * kl(p, q) * (1 - p[y]!);
    },
  ],
  [
    'distillation: cross-entropy at temperature 20',
    softened(20, () => tf.tensor2d(WANTED)),
    1,
    ([z], i) => {
      const p = softmax(z!.map((v) => v / 20));
      return -WANTED[i]!.reduce((sum, wanted, k) => sum + wanted * Math.log(p[k]!), 0);
    },
  ],
];

describe.each(LOSSES)('%s', (_name, loss, kinds, formula) => {
  const logits = rowsOf(kinds * N);
  const batch = { images: tf.zeros([N, 1, 1, 1]) as tf.Tensor4D, labels: tf.tensor1d(LABELS, 'int32') };
  const found = tf.tidy(() => loss(tf.tensor2d(logits), batch));
  const of = (all: number[][], i: number) => Array.from({ length: kinds }, (_, kind) => all[kind * N + i]!);

  it('is what its formula says', () => {
    found.loss.dataSync().forEach((value, i) => expect(value).toBeCloseTo(formula(of(logits, i), i), 4));
  });

  it('has the gradient of finite differences, in all the logits', () => {
    const gradient = found.gradient.arraySync();
    logits.forEach((row, r) =>
      row.forEach((_, k) => {
        const at = (step: number) => {
          const moved = logits.map((z, other) =>
            other === r ? z.map((v, j) => (j === k ? v + step : v)) : z,
          );
          return formula(of(moved, r % N), r % N);
        };
        expect(gradient[r]![k]!).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 3);
      }),
    );
  });
});

it('keeps MART’s loss finite where the model is sure and wrong', () => {
  const batch = { images: tf.zeros([1, 1, 1, 1]) as tf.Tensor4D, labels: tf.tensor1d([0], 'int32') };
  const { loss, gradient } = martLoss(5)(
    tf.tensor2d([
      [-80, 80],
      [-80, 80],
    ]),
    batch,
  );
  expect([...loss.dataSync(), ...gradient.dataSync()].every(Number.isFinite)).toBe(true);
});

it('a step on more rows than the batch has judges by the first ones, and gives the gradient in all of them', () => {
  const network = tinyNetwork();
  const images = tf.randomUniform([6, 8, 8, 1], 0, 1, 'float32', 1) as tf.Tensor4D;
  const batch = { images: tf.zeros([3, 8, 8, 1]) as tf.Tensor4D, labels: tf.tensor1d([0, 1, 2], 'int32') };
  const predicted = network.outputs(images).argMax(1).dataSync();
  const loss: TrainingLoss = (logits) => ({
    loss: tf.fill([3], 7) as tf.Tensor1D,
    gradient: tf.onesLike(logits),
  });
  const still = { step: () => {}, state: () => ({}), restore: () => {}, dispose: () => {} };
  const altered = { images, loss, inputGradient: true };
  const { inputGradient, ...reached } = gradientStep(network, still, batch, 0.1, altered);
  const right = [0, 1, 2].filter((label) => predicted[label] === label).length;
  expect(reached).toEqual({ loss: 7, accuracy: expect.closeTo(right / 3, 6) });
  // A third of what one input's loss gives: the mean is over the batch.
  const alone = tf.tidy(() => {
    const activations = network.forward(images.slice([5], [1]));
    return network.inputGradient(activations, tf.ones([1, 3])).dataSync();
  });
  inputGradient!
    .slice([5], [1])
    .dataSync()
    .forEach((value, i) => expect(value).toBeCloseTo(alone[i]! / 3, 6));
});

// ── What a defence hands to the trainer ────────────────────────────────────────────────────────────────────────────

const applied = (id: string, params: object = {}): Applied =>
  resolve({ id, ...params }, defenseById(id), {
    epochs: 10,
    batchSize: 16,
    optimizer: 'adam',
    learningRate: 0.001,
    finalLearningRate: 0.001,
    finalShare: 0.2,
  });

/** A trainer that trains nothing and keeps what it was asked for. */
class FakeTrainer implements Trainer {
  readonly training: Training = {
    ...{ epochs: 1, batchSize: 6, optimizer: 'adam', learningRate: 0.001 },
    ...{ finalLearningRate: 0.001, finalShare: 0.2 },
  };
  readonly replaying = false;
  readonly fits: { train: Split; options: FitOptions }[] = [];
  readonly warnings: string[] = [];
  readonly points: [string, number][] = [];
  readonly crafted: { id: string; inputs: number }[] = [];
  readonly model = new NetworkTarget(tinyNetwork(), 3);
  /** Answers of `standing`, in turn. */
  answers: number[] = [];

  async fit(train: Split, options: FitOptions = {}) {
    this.fits.push({ train, options });
    return this.model;
  }
  async attack(_applied: Applied, _model: unknown, { images }: { images: tf.Tensor4D }) {
    return images.clone();
  }
  async attackSplit({ id }: Applied, _model: unknown, split: Split) {
    this.crafted.push({ id, inputs: sizeOf(split) });
    return split.images;
  }
  async standing() {
    return this.answers.shift()!;
  }
  work = () => 1;
  point(series: string, value: number) {
    this.points.push([series, value]);
  }
  warn(code: string) {
    this.warnings.push(code);
  }
}

async function handed(id: string, params: object = {}, dataset: ImageDataset = tinyDataset(12, 3)) {
  const trainer = new FakeTrainer();
  const definition = defenseById(id) as TrainingDefense;
  const train = definition.train as (...args: unknown[]) => Promise<void>;
  await train(trainer, dataset, applied(id, params).params, contextOf(1));
  return { trainer, options: trainer.fits.at(-1)!.options };
}

describe('fast', () => {
  it('steps 1.25 epsilon unless told', () => {
    expect(applied('fast', { epsilon: 0.2 }).params.alpha).toBeCloseTo(0.25);
    expect(applied('fast', { alpha: 0.1 }).params.alpha).toBe(0.1);
  });

  it('tells catastrophic overfitting once, and draws both curves', async () => {
    const { trainer, options } = await handed('fast');
    // Of 12 inputs: sound twice, collapsed, collapsed.
    trainer.answers = [9, 3, 11, 10, 11, 2, 12, 0];
    for (let epoch = 0; epoch < 3; epoch++) await options.afterEpoch!(trainer.model, contextOf(1));
    expect(trainer.warnings).toEqual(['catastrophic-overfitting']);
    await options.afterEpoch!(trainer.model, contextOf(1));
    expect(trainer.warnings).toHaveLength(1);
    expect(trainer.points).toContainEqual(['oneStepAccuracy', 11 / 12]);
    expect(trainer.points).toContainEqual(['manyStepAccuracy', 2 / 12]);
    // A resumed training does not tell it again.
    const later = await handed('fast');
    later.options.memory!.restore(options.memory!.state());
    later.trainer.answers = [12, 0];
    await later.options.afterEpoch!(later.trainer.model, contextOf(1));
    expect(later.trainer.warnings).toEqual([]);
  });

  it.each([
    ['one that has learnt nothing yet', { one: 0.3, many: 0.05, best: 0.05, last: true }, false],
    ['one whose epsilon still grows', { one: 0.7, many: 0.1, best: 0.1, last: false }, false],
    ['one that has it behind it', { one: 0.9, many: 0.6, best: 0.7, last: true }, false],
    ['one that has fallen from what it was', { one: 0.9, many: 0.1, best: 0.6, last: false }, true],
    ['one that never was robust', { one: 0.9, many: 0.1, best: 0.1, last: true }, true],
  ])('judges %s', (_what, shares, broken) => {
    expect(overfitted(shares)).toBe(broken);
  });
});

describe('free', () => {
  const batchOf = (n: number) => ({
    images: tf.fill([n, 8, 8, 1], 0.5) as tf.Tensor4D,
    labels: tf.zeros([n], 'int32') as tf.Tensor1D,
  });
  const shown = async (options: FitOptions, n: number) =>
    (await options.perturb!(undefined as never, batchOf(n), 1, contextOf(1))).dataSync();

  it('moves its perturbation by the gradient’s sign, keeps it within epsilon and for the next batch', async () => {
    const { options } = await handed('free', { epsilon: 0.2, stepSize: 0.15 });
    expect((await shown(options, 2))[0]).toBe(0.5);
    const gradient = tf.concat([tf.fill([1, 8, 8, 1], 3), tf.fill([1, 8, 8, 1], -0.01)]) as tf.Tensor4D;
    options.learnt!(gradient, 1);
    const once = await shown(options, 2);
    expect([once[0], once[64]]).toEqual([0.65, 0.35].map((value) => expect.closeTo(value, 6)));
    options.learnt!(gradient, 1);
    expect((await shown(options, 2))[0]).toBeCloseTo(0.7, 6);
    // The last, smaller batch takes the first rows, and the rest stays.
    options.learnt!(tf.fill([1, 8, 8, 1], -1), 1);
    const [first, second] = [(await shown(options, 1))[0], (await shown(options, 2))[64]];
    expect([first, second]).toEqual([0.55, 0.3].map((value) => expect.closeTo(value, 6)));
  });

  it('carries the perturbation through a checkpoint', async () => {
    const { options } = await handed('free', { epsilon: 0.2 });
    await shown(options, 2);
    options.learnt!(tf.ones([2, 8, 8, 1]), 1);
    const state = options.memory!.state();
    options.learnt!(tf.neg(tf.ones([2, 8, 8, 1])), 1);
    const { options: resumed } = await handed('free', { epsilon: 0.2 });
    resumed.memory!.restore(state);
    expect((await shown(resumed, 2))[0]).toBeCloseTo(0.7, 6);
  });

  it('spends the epochs of a plain training', () => {
    expect(applied('free', { replays: 4 }).params.epochs).toBe(3);
  });
});

describe('adversarial augmentation', () => {
  const mix = [{ id: 'fgsm' }, { id: 'pgd', steps: 2 }, { id: 'square' }];

  it('gives each attack an equal part, at any ratio', async () => {
    const { trainer } = await handed('adversarial-augmentation', { attacks: mix, ratio: 2.5 });
    expect(trainer.crafted).toEqual(mix.map(({ id }) => ({ id, inputs: 10 })));
    expect(sizeOf(trainer.fits[1]!.train)).toBe(12 + 30);
  });

  it('can leave the clean images out', async () => {
    const { trainer } = await handed('adversarial-augmentation', { clean: false, ratio: 0.25 });
    expect(trainer.crafted).toEqual([{ id: 'fgsm', inputs: 3 }]);
    expect(sizeOf(trainer.fits[1]!.train)).toBe(3);
  });
});

it('gaussian augmentation changes its share of a batch, within the range, anew each time', async () => {
  const images = tf.fill([8, 8, 8, 1], 0.5) as tf.Tensor4D;
  const draw = async (seed: number, share = 0.25) => {
    const { options } = await handed('gaussian-augmentation', { share, sigma: 2 });
    const batch = { images, labels: tf.tensor1d([]) };
    return (await options.perturb!(undefined as never, batch, 0, contextOf(seed))).dataSync().slice();
  };
  const [a, b] = [await draw(1), await draw(2)];
  expect(a.subarray(0, 128).filter((value) => value !== 0.5).length).toBe(128);
  expect(a.subarray(128).every((value) => value === 0.5)).toBe(true);
  expect(a.every((value) => value >= 0 && value <= 1)).toBe(true);
  expect(a.subarray(0, 128)).not.toEqual(b.subarray(0, 128));
  // All of a batch, and none of one too small for the share.
  expect((await draw(1, 1)).filter((value) => value !== 0.5).length).toBe(512);
  expect((await draw(1, 0.01)).every((value) => value === 0.5)).toBe(true);
});

// ── Whole trainings ────────────────────────────────────────────────────────────────────────────────────────────────

function experiment(defense: object, extra: object = {}) {
  const parsed = parseExperiment(
    {
      name: 'toy',
      task: 'classification',
      dataset: { id: 'mnist', train: 96, test: 48 },
      model: { id: 'mlp', units: 16 },
      training: { epochs: 20, batchSize: 16, learningRate: 0.01 },
      defenses: [defense],
      attacks: [{ id: 'pgd', epsilon: 0.2, steps: 10 }],
      evaluation: { samples: 48 },
      ...extra,
    },
    catalog,
  );
  if (!parsed.ok) throw new Error(parsed.problems.map(({ place, message }) => `${place}: ${message}`).join());
  return parsed.experiment;
}

async function record(spec: ReturnType<typeof experiment>): Promise<RunEvent[]> {
  const host = recordingHost();
  await run({ experiment: spec, inputs: { dataset: tinyDataset() }, host, resume: null });
  return host.events;
}

const robust = (events: RunEvent[], arm: number): number =>
  events.flatMap((event) =>
    event.type === 'evaluation' && event.arm === arm && event.attack === 0
      ? [event.metrics.robustAccuracy!]
      : [],
  )[0]!;

// The bars are told apart by their sums, which epsilon .2 does not reach: what is robust can be learnt.
it.each([
  ['adversarial-training', { attack: { id: 'pgd', epsilon: 0.2, steps: 5 } }],
  ['fast', { epsilon: 0.2 }],
  ['free', { epsilon: 0.2, replays: 4 }],
  ['trades', { epsilon: 0.2, steps: 5 }],
  ['mart', { attack: { id: 'pgd', epsilon: 0.2, steps: 5 } }],
])('%s is robust where that can be learnt', async (id, params) => {
  const events = await record(experiment({ id, ...params }));
  expect(robust(events, 0)).toBeLessThan(0.5);
  expect(robust(events, 1)).toBeGreaterThanOrEqual(0.95);
});

describe('early stopping', () => {
  const stopping = {
    dataset: { id: 'mnist', train: 96, test: 48, validation: 12 },
    training: { epochs: 6, batchSize: 16, learningRate: 0.01 },
  };
  const points = (events: RunEvent[], series: string) =>
    events.flatMap((event) => (event.type === 'point' && event.series === series ? [event] : []));

  it('ends after `patience` epochs without a better one and takes the best epoch’s weights', async () => {
    const defense = { id: 'adversarial-training', ramp: 0, attack: { id: 'pgd', epsilon: 0.05, steps: 2 } };
    const stopped = await record(experiment({ ...defense, patience: 1 }, stopping));
    const curve = points(stopped, 'robustValidationAccuracy').map(({ value }) => value);
    expect(curve.length).toBeLessThan(6);
    expect(curve.at(-1)!).toBeLessThanOrEqual(Math.max(...curve.slice(0, -1)));
    const best = curve.indexOf(Math.max(...curve)) + 1;
    // The same training, ended there.
    const short = await record(experiment({ ...defense, epochs: 6 }, stopping));
    const whole = short.filter((event) => event.type === 'checkpoint' && event.position.arm === 1);
    const there = whole[best - 1] as Extract<RunEvent, { type: 'checkpoint' }>;
    const trained = stopped.find((event) => event.type === 'trained' && event.arm === 1);
    const { weights } = trained as Extract<RunEvent, { type: 'trained' }>;
    for (const [name, values] of Object.entries(weights)) {
      expect(values, name).toEqual(there.state[`network/${name}`] ?? there.state[`fit/0/${name}`]);
    }
  });

  it('counts no epoch before the ramp is over', async () => {
    const defense = { id: 'fast', epsilon: 0.05, ramp: 0.5, patience: 1 };
    const events = await record(experiment(defense, stopping));
    expect(points(events, 'robustValidationAccuracy').length).toBeGreaterThanOrEqual(4);
  });

  it('is refused without validation images', () => {
    expect(() => plan(experiment({ id: 'trades', patience: 2 }))).toThrow(
      /defenses\.trades\.patience: found 2, but the experiment has no validation images/,
    );
  });
});

it('refuses a ramp longer than the training', () => {
  expect(() => experiment({ id: 'trades', ramp: 1.5 })).toThrow(
    /defenses\.0\.ramp: found 1\.5; expected a number from 0 up to 1/,
  );
});
