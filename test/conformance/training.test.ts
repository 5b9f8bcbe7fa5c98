/** Every training defence and training-set attack, run whole on tiny data: events, cost, resume, memory. */
import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Experiment } from '../../src-main/contract/experiment';
import type { Position, RunEvent } from '../../src-main/contract/events';
import { parseExperiment } from '../../src-main/contract/experiment';
import { fullCatalog } from '../../src-main/worker/full-catalog';
import { attacks, defenses } from '../../src-main/engine/registry';
import { run } from '../../src-main/engine/run';
import { digested, recordingHost, tinyDataset } from '../fixtures/tiny';

const catalog = fullCatalog();
const dataset = tinyDataset();

function experiment(extra: object): Experiment {
  const parsed = parseExperiment(
    {
      name: 'tiny',
      task: 'classification',
      dataset: { id: 'mnist', train: 96, test: 48 },
      model: { id: 'article-cnn' },
      training: { epochs: 2, batchSize: 16 },
      attacks: [
        { id: 'fgsm', epsilon: 0.1 },
        { id: 'pgd', epsilon: [0.1, 0.2], steps: 3 },
      ],
      evaluation: { samples: 48 },
      ...extra,
    },
    catalog,
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.experiment;
}

type Resume = Parameters<typeof run>[0]['resume'];

async function record(spec: Experiment, resume: Resume = null): Promise<RunEvent[]> {
  const host = recordingHost();
  await run({ experiment: spec, inputs: { dataset }, host, resume });
  return host.events;
}

/** What the run would be handed after a crash right behind its nth checkpoint. */
function crashedAfter(events: RunEvent[], nth: number): { resume: NonNullable<Resume>; rest: RunEvent[] } {
  const at = events.flatMap((event, i) => (event.type === 'checkpoint' ? [i] : []))[nth]!;
  const checkpoint = events[at] as Extract<RunEvent, { type: 'checkpoint' }>;
  return {
    resume: {
      position: checkpoint.position as Position,
      state: checkpoint.state,
      history: events.slice(0, at + 1),
    },
    rest: events.slice(at + 1),
  };
}

/** What would take long at its defaults and shows no more. */
const SMALLER: Record<string, object> = {
  'randomized-smoothing': { n0: 20, n: 40 },
  'feature-squeezing-distance': { evasionSteps: 5 },
  mahalanobis: { evasionSteps: 5 },
  'neural-cleanse': { steps: 5 },
  'confident-learning': { folds: 2 },
  'feature-collision': { rate: 0.1, steps: 3, target: 1 },
  'gradient-matching': { rate: 0.1, steps: 3, target: 1 },
  'clean-label': { attack: { id: 'pgd', epsilon: 0.3, steps: 3 } },
};
/** Where the plan has to know of the validation images. */
const WITH_VALIDATION = { dataset: { id: 'mnist', train: 96, test: 48, validation: 12 } };

const cases = [
  ...defenses
    .filter(({ stage }) => !stage.startsWith('rl-'))
    .map(({ id }) => {
      const validation = id === 'fine-pruning' ? WITH_VALIDATION : {};
      return [id, { defenses: [{ id, ...SMALLER[id] }], ...validation }] as const;
    }),
  ...attacks
    .filter(({ surface }) => surface === 'training-set')
    .map(({ id }) => [id, { poisoning: [{ id, ...SMALLER[id] }] }] as const),
  [
    'labels flipped by margin, and a filter',
    {
      poisoning: [{ id: 'label-flip', chosen: 'furthest', rate: 0.2 }],
      defenses: [{ id: 'spectral-signatures', expected: 0.1 }],
      arms: [{ poisoning: 'label-flip', defense: 'spectral-signatures' }],
    },
  ] as const,
  [
    'a filter that trains a network in the middle of its examination',
    { defenses: [{ id: 'activation-clustering', largest: 0.5, silhouette: -1 }] },
  ] as const,
  [
    'a mix of attacks',
    {
      defenses: [
        {
          id: 'adversarial-augmentation',
          attacks: [
            { id: 'fgsm', epsilon: 0.2 },
            { id: 'pgd', epsilon: 0.1, steps: 2 },
          ],
          ratio: 1.5,
        },
      ],
    },
  ] as const,
  [
    'early stopping',
    {
      dataset: { id: 'mnist', train: 96, test: 48, validation: 12 },
      training: { epochs: 5, batchSize: 16 },
      defenses: [
        {
          id: 'adversarial-training',
          attack: { id: 'pgd', epsilon: 0.05, steps: 2 },
          ramp: 0,
          patience: 1,
        },
      ],
    },
  ] as const,
  [
    'a transfer matrix of two models',
    { furtherModels: [{ id: 'mlp', units: 16 }], evaluation: { samples: 48, transfer: true } },
  ] as const,
  ['natural corruptions', { seeds: [1, 2], evaluation: { samples: 48, corruptions: true } }] as const,
];

describe.each(cases)('%s', (_id, extra) => {
  /** The first run, which the tests hold others against. */
  let first: Promise<RunEvent[]> | undefined;
  const recorded = () => (first ??= record(experiment(extra)));
  // Its checkpoints would outlive the case.
  afterAll(() => (first = undefined));

  it('runs whole, its progress adding up to the plan’s work', async () => {
    const events = await recorded();
    const started = events[0] as Extract<RunEvent, { type: 'run-started' }>;
    expect(started.plan.arms).toHaveLength(2);
    expect(events.at(-1)).toEqual({ type: 'run-finished' });
    const done = events.reduce((last, event) => (event.type === 'progress' ? event.done : last), 0);
    expect(done / started.plan.work).toBeCloseTo(1, 1);
    expect(events.filter(({ type }) => type === 'evaluation')).toHaveLength(2 * 4);
  });

  it('gives equal events for equal seeds and others for others', async () => {
    const spec = experiment(extra);
    const [a, b] = [await recorded(), await record(spec)];
    expect(digested(a)).toEqual(digested(b));
    const other = await record({ ...spec, seeds: [2] });
    const weights = (events: RunEvent[]) => digested(events.filter(({ type }) => type === 'trained'));
    expect(weights(other)).not.toEqual(weights(a));
  });

  it('goes on after every checkpoint exactly as it would have', async () => {
    const spec = experiment(extra);
    const whole = await recorded();
    const checkpoints = whole.filter(({ type }) => type === 'checkpoint').length;
    for (let nth = 0; nth < checkpoints; nth++) {
      const { resume, rest } = crashedAfter(whole, nth);
      expect(digested(await record(spec, resume)), `checkpoint ${nth}`).toEqual(digested(rest));
    }
  });

  it('leaves no tensor behind', async () => {
    const spec = experiment(extra);
    await recorded();
    const before = tf.memory().numTensors;
    await record(spec);
    expect(tf.memory().numTensors).toBe(before);
  });
});

it('refuses to go on with other data', async () => {
  const spec = experiment({});
  const { resume } = crashedAfter(await record(spec), 0);
  const host = recordingHost();
  await expect(
    run({ experiment: spec, inputs: { dataset: { ...dataset, hash: 'other' } }, host, resume }),
  ).rejects.toThrow('the data have changed');
});

it('stops a training that diverges with a message that names the place', async () => {
  const spec = experiment({ training: { epochs: 2, batchSize: 16, optimizer: 'sgd', learningRate: 10 } });
  const broken = { ...dataset, train: { ...dataset.train, images: dataset.train.images.map(() => NaN) } };
  await expect(
    run({ experiment: spec, inputs: { dataset: broken }, host: recordingHost(), resume: null }),
  ).rejects.toThrow(/training, arm 0, epoch 1, batch 1: the loss is NaN/);
});
