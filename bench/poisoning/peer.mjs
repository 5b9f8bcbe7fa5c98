/**
 * Poisonings and filters beside ART's, on the same data.
 *
 *     node bench/poisoning/peer.mjs filters|attacks --python VENV/bin/python [--seeds 1,2,3]
 *     node bench/poisoning/peer.mjs targeted --python VENV/bin/python [--seeds 1,2,3] [--inputs 0,1,3] [--attacks gradient-matching]
 *     node bench/poisoning/peer.mjs transfer [--python VENV/bin/python] … the same
 *
 * `filters`: one network learns BadNets' 5 %; the lab's filters and ART's examine its last hidden layer, processor seconds taken in turn, and
 * the lab trains anew without the suspects of each. `attacks`: the lab's poisoned set and ART's, learnt by one network in PyTorch.
 * `targeted`: the same for one chosen input after the other. `transfer`: the same in the setting of Poison Frogs: the victim
 * takes over the attacker's network, one of the lab's for both, and trains its last layer anew. Pictures pass in 8 bits, as a session records them.
 */
import { spawnSync } from 'node:child_process';
import console from 'node:console';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { npy } from '../attacks/npy.mjs';
import { openLab } from '../lab.mjs';
import { median, sparring } from '../run-sparring.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string' },
    seeds: { type: 'string', default: '1,2,3' },
    attacks: { type: 'string', default: 'feature-collision,gradient-matching' },
    inputs: { type: 'string', default: '0,1,3,4,5,6,7,8,9,10,11,13,14,15,16,17,18,19,20,21' },
  },
});
const [mode] = positionals;
const numbers = (text) => text.split(',').map(Number);
/** Runs of each filter whose median is told. */
const TIMES = 5;
/** Epochs of a last layer trained anew. */
const HEAD_EPOCHS = 20;

const lab = await openLab();
const work = mkdtempSync(join(tmpdir(), 'sparring-bench-'));
const DATA = { id: 'mnist', train: 8000, test: 2000, validation: 0 };
const base = {
  task: 'classification',
  dataset: DATA,
  model: { id: 'article-cnn' },
  training: { epochs: 5, batchSize: 128 },
  evaluation: { samples: 2000 },
};

/** What attacks are tried on beside ART: peer.py has the same. */
const MLP = { id: 'mlp', units: 128 };

/** Runs an experiment; its session's file and what `--json` prints. */
function run(name, experiment) {
  const file = join(work, `${name}.yaml`);
  writeFileSync(file, JSON.stringify({ ...base, name, ...experiment }));
  return sparring(['run', file, '--out', join(work, name)]);
}

/**
 * The arms of a session: results, what was recorded, and where something was poisoned the seconds until the poison was made, training
 * of the attacker's own network included. The clean arm comes first in every session.
 */
function armsOf({ file, arms }) {
  const events = lab.withSession(file, (session) => session.events());
  return arms.map((arm, index) => {
    const find = (type) => events.find(({ event }) => event.type === type && event.arm === index);
    const { poisoning } = arm;
    if (!poisoning) return { ...arm, recorded: (type) => find(type)?.event };
    const reached = arm.attacks.find(({ id }) => id === poisoning.id).metrics;
    const seconds = (find('poisoned').at - find('arm-started').at) / 1000;
    return { ...arm, reached, seconds, recorded: (type) => find(type)?.event };
  });
}

/** The network of an arm, to be asked; the caller disposes it. */
function targetOf({ recorded }, { shape, classes }, { id, ...params }) {
  const network = new lab.Network(shape, lab.modelById(id).layers(classes.length, params), {
    uniform: () => 0,
  });
  network.restore(recorded('trained').weights);
  return new lab.NetworkTarget(network, classes.length);
}

/** Writes arrays as NumPy files into a folder of their own. */
function handOver(name, arrays) {
  const folder = join(work, name);
  mkdirSync(folder, { recursive: true });
  for (const [key, { array, shape }] of Object.entries(arrays))
    writeFileSync(join(folder, `${key}.npy`), npy(array, shape ?? [array.length]));
  return folder;
}

/** What peer.py prints, a JSON object a line. */
function peer(mode, folder, seed) {
  const { stdout, status } = spawnSync(
    values.python,
    ['bench/poisoning/peer.py', mode, folder, '--seed', String(seed)],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, OMP_NUM_THREADS: '1' },
    },
  );
  if (status !== 0) throw new Error(`peer.py ${mode} ended with ${status}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The training part as an arm learnt it: clean images, with what its `poisoned` event says was altered. */
function poisonedSet({ train }, { changed, after, images }) {
  const size = train.images.length / train.labels.length;
  const poisoned = { images: train.images.slice(), labels: train.labels.slice() };
  changed.forEach((sample, row) => {
    poisoned.labels[sample] = after[row];
    if (images)
      poisoned.images.set(
        Float32Array.from(images.subarray(row * size, (row + 1) * size), (value) => value / 255),
        sample * size,
      );
  });
  return poisoned;
}

/** Filters of the lab and how their settings are told: what they make of the activations handed to both, without training anew. */
const FILTERS = [
  { id: 'spectral-signatures', given: { reclassify: false }, told: 'without reclassification' },
  {
    id: 'spectral-signatures',
    given: { spread: 'plain', from: 'mean', labels: 'all', reclassify: false },
    told: 'as published',
  },
  { id: 'activation-clustering', given: { reclassify: false }, told: 'without reclassification' },
];

async function filters(seed) {
  const dataset = await lab.loadDataset(DATA, {});
  const { shape, classes } = dataset;
  const session = run(`badnets-${seed}`, {
    seeds: [seed],
    poisoning: [{ id: 'badnets', rate: 0.05 }],
    arms: [{ poisoning: 'badnets', defense: 'undefended' }],
  });
  const [, arm] = armsOf(session);
  const train = poisonedSet(dataset, arm.recorded('poisoned'));
  const n = train.labels.length;
  const examined = targetOf(arm, dataset, base.model);
  const features = lab.featuresOf(examined, train);
  examined.network.dispose();
  const width = features.length / n;

  // What is timed is the filter: of the pictures it needs no more than their number.
  const unseen = { images: new Float32Array(n), labels: train.labels };
  const found = [];
  for (const { id, given, told: how } of FILTERS) {
    const defense = lab.defenseById(id);
    const { params } = lab.resolve({ id, ...given }, defense, base.training);
    const seconds = [];
    let suspicion;
    for (let time = 0; time < TIMES; time++) {
      let at = 0;
      const recorded = {
        inputShape: [1, 1, 1],
        classes: classes.length,
        features: (images) =>
          lab.tf.tensor2d(features.subarray(at, (at += images.shape[0] * width)), [images.shape[0], width]),
      };
      const begun = process.cpuUsage();
      suspicion = await defense.suspect(
        { train: unseen, validation: unseen, shape, classes: classes.length },
        recorded,
        params,
        {
          random: (...purpose) => lab.stream(seed, ...purpose),
          breathe: async () => {},
          progress: () => {},
        },
      );
      const { user, system } = process.cpuUsage(begun);
      seconds.push((user + system) / 1e6);
    }
    found.push({
      tool: 'Sparring',
      filter: `${id}, ${how}`,
      removed: [...suspicion.removed],
      seconds: median(seconds),
    });
  }
  const folder = handOver(`filters-${seed}`, {
    features: { array: features, shape: [n, width] },
    labels: { array: train.labels },
  });
  found.push(...peer('filters', folder, seed));

  // A filter may take everything of some label, never all there is.
  const without = run(`without-${seed}`, {
    seeds: [seed],
    poisoning: [{ id: 'badnets', rate: 0.05 }],
    defenses: found.map(({ removed }) => ({ id: 'by-hand', removed: removed.map(String) })),
    arms: [{ poisoning: 'badnets', defense: 'by-hand' }],
  });
  return armsOf(without)
    .slice(1)
    .map(({ filter, reached, clean }, i) => {
      const { removed: _, ...row } = found[i];
      const { truePositiveRate, falsePositiveRate } = filter;
      return {
        ...row,
        truePositiveRate,
        falsePositiveRate,
        success: reached.attackSuccessRate,
        accuracy: clean.accuracy,
      };
    });
}

/** Clean and poisoned sets as peer.py wants them. */
function sets({ train, test }, after, changed, shape) {
  const image = (split) => ({ array: split.images, shape: [split.labels.length, ...shape] });
  const flags = new Uint8Array(train.labels.length);
  for (const sample of changed) flags[sample] = 1;
  return {
    'train-images': image(train),
    'train-labels': { array: train.labels },
    'test-images': image(test),
    'test-labels': { array: test.labels },
    'poisoned-images': image(after),
    'poisoned-labels': { array: after.labels },
    changed: { array: flags },
  };
}

/** Which input, and the class it is to be given. */
const plotOf = ({ input, target }) => ({ plot: { array: Uint8Array.of(input, target) } });

const POISONINGS = {
  attacks: [
    { id: 'badnets', rate: 0.05 },
    { id: 'clean-label', rate: 0.05 },
  ],
  targeted: values.attacks.split(',').map((id) => ({
    id,
    rate: 0.01,
    epsilon: 0.3,
    input: numbers(values.inputs),
    target: 3,
  })),
};

/** Each poisoned arm of the lab, and what PyTorch makes of its set and of ART's. */
async function* attacks(seed) {
  const dataset = await lab.loadDataset(DATA, {});
  const { shape, test } = dataset;
  const session = run(`${mode}-${seed}`, { model: MLP, seeds: [seed], poisoning: POISONINGS[mode] });
  const [first, ...poisonedArms] = armsOf(session);
  const unpoisoned = targetOf(first, dataset, MLP);
  const logits = lab.logitsOf(unpoisoned, test);
  unpoisoned.network.dispose();
  let arms = 0;
  for (const { poisoning, reached, seconds, clean, recorded } of poisonedArms) {
    const { id, params } = poisoning;
    const poisoned = recorded('poisoned');
    const { trigger } = poisoned;
    const which = trigger ? {} : { input: params.input };
    const folder = handOver(`${mode}-${seed}-${arms++}`, {
      ...sets(dataset, poisonedSet(dataset, poisoned), poisoned.changed, shape),
      ...(trigger
        ? {
            'trigger-pixels': { array: trigger.pixels, shape },
            'trigger-mask': { array: trigger.mask, shape },
          }
        : plotOf(params)),
    });
    if (!trigger) {
      const scores = [...logits.subarray(10 * params.input, 10 * (params.input + 1))];
      const success = Number(highest(scores) === params.target);
      yield { attack: id, ...which, tool: 'nothing poisoned, the lab’s network', success };
    }
    const success = reached.attackSuccessRate ?? reached.targetSuccess;
    const own = { tool: 'Sparring, its own network', success, accuracy: clean.accuracy, seconds };
    for (const row of [own, ...peer(id, folder, seed)]) yield { attack: id, ...which, ...row };
  }
}

/** A last layer trained on activations: `width` values a sample, classes as before. */
function trainedHead(features, labels, width, seed) {
  const shape = [1, 1, width];
  const layers = [lab.flatten(), lab.dense(10, 'linear')];
  const head = new lab.Network(shape, layers, lab.stream(seed, 'head'));
  const optimizer = new lab.Adam(head.parameters);
  const split = { images: features, labels };
  for (let epoch = 0; epoch < HEAD_EPOCHS; epoch++) {
    const order = lab.stream(seed, 'order', epoch).shuffle(Uint32Array.from(labels.keys()));
    for (let start = 0; start < order.length; start += 128) {
      const batch = lab.toBatch(lab.selected(split, order.subarray(start, start + 128)), shape);
      lab.gradientStep(head, optimizer, batch, 0.001);
      lab.tf.dispose([batch.images, batch.labels]);
    }
  }
  optimizer.dispose();
  return new lab.NetworkTarget(head, 10);
}

const highest = (scores) => scores.indexOf(Math.max(...scores));

async function* transfer(seed) {
  const dataset = await lab.loadDataset(DATA, {});
  const { train, test, shape } = dataset;
  const [clean] = armsOf(run(`clean-${seed}`, { model: MLP, seeds: [seed] }));
  const extractor = targetOf(clean, dataset, MLP);
  const width = MLP.units;
  const tested = lab.featuresOf(extractor, test);
  const answers = (features, poisoned) => {
    const head = trainedHead(features, poisoned.labels, width, seed);
    const logits = lab.logitsOf(head, { images: tested, labels: test.labels });
    head.network.dispose();
    return Array.from(test.labels, (_, i) => highest([...logits.subarray(10 * i, 10 * (i + 1))]));
  };
  const accuracy = (predicted) =>
    predicted.filter((label, i) => label === test.labels[i]).length / predicted.length;
  const before = answers(lab.featuresOf(extractor, train), train);
  for (const entry of POISONINGS.targeted) {
    for (const input of entry.input) {
      const attack = lab.attackOf('training-set', entry.id);
      // A last layer alone learns no perturbation: what collides may lie anywhere in the ball.
      const { params } = lab.resolve({ ...entry, input, within: 'ball' }, attack);
      const begun = performance.now();
      const eligible = attack.eligible(dataset, params);
      const { dataset: poisoned, changed } = await attack.poison(dataset, eligible, params, {
        random: (...purpose) => lab.stream(seed, input, ...purpose),
        breathe: async () => {},
        surrogate: async () => extractor,
        progress: () => {},
      });
      const seconds = (performance.now() - begun) / 1000;
      const after = answers(lab.featuresOf(extractor, poisoned.train), poisoned.train);
      const told = (tool, predicted) => ({
        attack: entry.id,
        input,
        tool: `${tool}, last layer`,
        success: Number(predicted[input] === entry.target),
        accuracy: accuracy(predicted),
      });
      yield told('nothing poisoned', before);
      yield { ...told('Sparring', after), seconds };
      if (!values.python) continue;
      const folder = handOver(`transfer-${seed}-${entry.id}-${input}`, {
        ...sets(dataset, poisoned.train, changed, shape),
        ...plotOf(params),
        ...Object.fromEntries(
          extractor.network.parameters.map((parameter, i) => [
            `extractor-${i}`,
            { array: parameter.toArray(), shape: parameter.shape },
          ]),
        ),
      });
      for (const row of peer(entry.id, folder, seed)) yield { attack: entry.id, input, ...row };
    }
  }
  extractor.network.dispose();
}

const MODES = { filters, attacks, targeted: attacks, transfer };
const rows = [];
try {
  for (const seed of numbers(values.seeds)) {
    for await (const row of await MODES[mode](seed)) {
      rows.push({ seed, ...row });
      console.log(JSON.stringify(rows.at(-1)));
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

const told = (name, of) => {
  const intervalOf = name === 'seconds' ? lab.meanInterval : lab.shareInterval;
  const interval = intervalOf(of.flatMap((row) => row[name] ?? []));
  if (!interval) return '–';
  const scale = name === 'seconds' ? 1 : 100;
  const shown = (value) => (scale * value).toFixed(name === 'seconds' ? 2 : 1);
  const { mean, low, high } = interval;
  return low === null || name === 'seconds' ? shown(mean) : `${shown(mean)} [${shown(low)}, ${shown(high)}]`;
};
const MEASURES = ['truePositiveRate', 'falsePositiveRate', 'success', 'accuracy', 'seconds'].filter((name) =>
  rows.some((row) => row[name] !== undefined),
);
const what = ({ tool, filter, attack }) => `${filter ?? attack} | ${tool}`;
console.log(`\n| ${mode} | tool | ${MEASURES.join(' | ')} |\n|${'---|'.repeat(2 + MEASURES.length)}`);
for (const name of new Set(rows.map(what))) {
  const own = rows.filter((row) => what(row) === name);
  console.log(`| ${name} | ${MEASURES.map((measure) => told(measure, own)).join(' | ')} |`);
}
await lab.close();
