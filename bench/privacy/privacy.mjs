/**
 * What a model gives away, against the targets, and beside ART on the same weights and images.
 *
 *     node bench/privacy/privacy.mjs [--python VENV/bin/python] [--work FOLDER] [--seeds 1,2,3] [--only membership,extraction]
 *
 * The lab runs as a user lets it. With --python, ART's counterparts (peer.py) are run on the first seed's undefended model.
 * `results.json` and what is printed are written to the work folder.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { npy } from '../attacks/npy.mjs';
import { openLab } from '../lab.mjs';
import { sparring } from '../run-sparring.mjs';

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    work: { type: 'string', default: join(tmpdir(), 'sparring-bench-privacy') },
    seeds: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});

const common = { task: 'classification', seeds: values.seeds.split(',').map(Number) };
const membership = [
  { id: 'membership-gap' },
  { id: 'membership-loss' },
  { id: 'membership-shadow' },
  { id: 'membership-lira', shadows: 16 },
];
const overfit = { epochs: 40, batchSize: 64 };
const EXPERIMENTS = {
  membership: {
    dataset: { id: 'mnist', train: 500, validation: 4000, test: 2000 },
    model: { id: 'small-cnn' },
    training: overfit,
    attacks: [
      ...membership,
      { id: 'membership-label-only', candidates: 100, attack: { id: 'hop-skip-jump', queries: 300 } },
    ],
    evaluation: { samples: 2000 },
  },
  'well-trained': {
    dataset: { id: 'mnist', train: 4000, validation: 4000, test: 2000 },
    model: { id: 'small-cnn' },
    training: { epochs: 5 },
    attacks: membership,
    evaluation: { samples: 2000 },
  },
  'private-training': {
    dataset: { id: 'mnist', train: 500, validation: 4000, test: 2000 },
    model: { id: 'small-cnn' },
    training: overfit,
    defenses: [{ id: 'dp-sgd', epsilon: [1, 3] }],
    attacks: [{ id: 'membership-loss' }, { id: 'membership-lira', shadows: 8 }],
    evaluation: { samples: 2000 },
  },
  'private-training-of-more': {
    dataset: { id: 'mnist', train: 4000, validation: 4000, test: 2000 },
    model: { id: 'small-cnn' },
    training: { epochs: 10 },
    defenses: [{ id: 'dp-sgd', epsilon: 3 }],
    attacks: [{ id: 'membership-loss' }, { id: 'membership-lira', shadows: 8 }],
    evaluation: { samples: 2000 },
  },
  extraction: {
    dataset: { id: 'mnist', train: 4000, validation: 4000, test: 2000 },
    model: { id: 'article-cnn' },
    training: { epochs: 5 },
    defenses: [{ id: 'confidence-masking', method: 'reverse-sigmoid' }],
    attacks: [
      { id: 'copycat' },
      { id: 'knockoff', strategy: ['random', 'adaptive'] },
      { id: 'jacobian-augmentation' },
      { id: 'uncertainty-sampling' },
    ].map((attack) => ({ ...attack, queries: 5000 })),
    evaluation: { samples: 1000 },
  },
  inversion: {
    dataset: { id: 'mnist', train: 8000, test: 2000 },
    model: { id: 'small-cnn' },
    training: { epochs: 6 },
    attacks: [{ id: 'mi-face' }, { id: 'mi-face', prior: 'none' }, { id: 'black-box-inversion' }],
    evaluation: { samples: 2000 },
  },
};

const attackIn = (group, id) => group.attacks.find((attack) => attack.id === id)?.metrics ?? {};
const privateTargets = (groups, arms) =>
  groups
    .filter(({ defense }) => defense?.id === 'dp-sgd')
    .flatMap(({ defense: { params }, clean: { accuracy } }) =>
      ['membership-loss', 'membership-lira'].map((id) => {
        const found = arms
          .filter(({ defense }) => defense?.params.epsilon === params.epsilon)
          .map(({ attacks }) => attacks.find((attack) => attack.id === id).metrics);
        const mean = (name) => found.reduce((sum, one) => sum + one[name] / found.length, 0);
        // Every seed asks about the same images, so that its interval is not narrower over several of them.
        const [advantage, low, high] = [
          mean('membershipAdvantage'),
          mean('advantageLow'),
          mean('advantageHigh'),
        ];
        const holding = found.filter(({ advantageLow }) => advantageLow <= 0).length;
        return [
          `ε ${params.epsilon}, accuracy ${accuracy.mean.toFixed(3)}, ${id}: advantage ${advantage.toFixed(3)}, interval ${low.toFixed(3)} to ${high.toFixed(3)} (mean over seeds; 0 within in ${holding} of ${found.length}); low end`,
          low,
          0,
          low <= 0,
        ];
      }),
    );

const TARGETS = {
  membership: ([plain]) => {
    const [lira, loss] = ['membership-lira', 'membership-loss'].map(
      (id) => attackIn(plain, id).tprAt1PercentFpr?.mean,
    );
    return [
      ['LiRA finds at least twice the loss threshold’s members at 1 % FPR', lira, 2 * loss, lira >= 2 * loss],
    ];
  },
  'private-training': privateTargets,
  'private-training-of-more': privateTargets,
  extraction: ([plain]) => {
    const best = Math.max(...plain.attacks.map(({ metrics }) => metrics.fidelity.mean));
    return [['fidelity of the best copy within 5,000 queries', best, 0.9, best >= 0.9]];
  },
  inversion: ([plain]) => {
    const read = attackIn(plain, 'mi-face').independentReading.mean;
    return [['reconstructions read right by an independent classifier', read, 0.8, read >= 0.8]];
  },
};

/** Writes what peer.py needs of the first arm, which is undefended. */
async function handOver(file, folder) {
  const lab = await openLab();
  const { spec, events } = lab.withSession(file, (session) => ({
    spec: session.header().spec,
    events: session.events().map(({ event }) => event),
  }));
  const { weights } = events.find((event) => event.type === 'trained' && event.arm === 0);
  const { train, validation, test, shape, classes } = await lab.loadDataset(spec.dataset, {});
  const evaluated = Math.min(spec.evaluation.samples, test.labels.length);
  const size = shape.reduce((a, b) => a * b);
  mkdirSync(folder, { recursive: true });
  const save = (name, array, dimensions) =>
    writeFileSync(join(folder, `${name}.npy`), npy(array, dimensions));
  // As the lab deals them out: the attacker's own are the validation images and the test images that are not evaluated.
  const part = (split, from, to) => ({
    images: split.images.subarray(from * size, to * size),
    labels: split.labels.subarray(from, to),
  });
  const rest = part(test, evaluated, test.labels.length);
  const own = {
    images: Float32Array.from([...validation.images, ...rest.images]),
    labels: Uint8Array.from([...validation.labels, ...rest.labels]),
  };
  for (const [name, split] of Object.entries({ train, own, test: part(test, 0, evaluated) })) {
    save(`${name}-images`, split.images, [split.labels.length, ...shape]);
    save(`${name}-labels`, split.labels, [split.labels.length]);
  }
  const names = Object.fromEntries(
    Object.keys(weights).map((name) => [name, `weight-${name.replace('/', '-')}`]),
  );
  for (const [name, array] of Object.entries(weights)) save(names[name], array, [array.length]);
  const layers = lab.modelById(spec.model.id).layers(classes.length, {});
  writeFileSync(join(folder, 'job.json'), JSON.stringify({ layers, shape, weights: names }, null, 1));
  await lab.close();
}

mkdirSync(values.work, { recursive: true });
const results = {};
for (const [name, experiment] of Object.entries(EXPERIMENTS)) {
  if (values.only && !values.only.split(',').includes(name)) continue;
  const folder = join(values.work, name);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'experiment.json');
  writeFileSync(file, JSON.stringify({ name, ...common, ...experiment }));
  const { file: session, summary, arms } = sparring(['run', file, '--out', folder]);
  const targets = (TARGETS[name]?.(summary, arms) ?? []).map(([title, value, limit, met]) => ({
    title,
    value,
    limit,
    met,
  }));
  results[name] = { summary, arms, targets };
  for (const { title, value, limit, met } of targets)
    console.log(`${met ? 'met   ' : 'MISSED'} ${title}: ${value?.toFixed(3)} (${limit.toFixed(3)})`);
  for (const group of summary)
    for (const { id, params, metrics } of group.attacks)
      console.log(
        [
          group.defense?.id ?? 'undefended',
          id,
          params.prior ?? params.strategy ?? '',
          ...Object.entries(metrics).map(([metric, { mean }]) => `${metric} ${mean.toPrecision(4)}`),
        ].join('  '),
      );
  if (values.python && ['membership', 'extraction', 'inversion'].includes(name)) {
    await handOver(session, join(folder, 'art'));
    const run = spawnSync(values.python, ['bench/privacy/peer.py', join(folder, 'art'), name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (run.status !== 0) throw new Error(`peer.py ${name} ended with ${run.status}`);
    console.log(run.stdout);
    results[name].art = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }
  writeFileSync(join(values.work, 'results.json'), JSON.stringify(results, null, 1));
}
