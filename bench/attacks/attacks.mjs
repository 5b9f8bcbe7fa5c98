/**
 * Every attack of the lab beside the same attack of ART, Foolbox and torchattacks: on the same weights, test images and
 * parameters, one after the other on the same cores.
 *
 *     node bench/attacks/attacks.mjs --python VENV/bin/python [--work FOLDER] [--images 200]
 *                                    [--models undefended,adversarially-trained,article-cnn] [--only fgsm,pgd]
 *
 * The lab trains and attacks as a user lets it, in sessions that stay in the work folder: they are taken again as long as
 * experiment and sources are the same. What is printed in the end is written to `results.md` and `results.json` there.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { openLab } from '../lab.mjs';
import { sparring } from '../run-sparring.mjs';
import { npy } from './npy.mjs';
import { results, rowText } from './report.mjs';
import { LAB, verdicts } from './targets.mjs';

/** Where each model stands: the experiment and, of its arms, the defence. */
const MODELS = {
  undefended: { experiment: 'small-cnn', defense: null },
  'adversarially-trained': { experiment: 'small-cnn', defense: 'adversarial-training' },
  'article-cnn': { experiment: 'article-cnn', defense: null },
};
/** What the experiments change in attacks.yaml. */
const EXPERIMENTS = {
  'small-cnn': {},
  'article-cnn': {
    model: { id: 'article-cnn' },
    training: { epochs: 5, batchSize: 128, optimizer: 'adam', learningRate: 0.001 },
    defenses: [],
  },
};
const SUFFIX = { linf: 'Linf', l2: 'L2', l1: 'L1', l0: 'L0' };

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    work: { type: 'string', default: join(tmpdir(), 'sparring-bench-attacks') },
    images: { type: 'string', default: '200' },
    models: { type: 'string', default: Object.keys(MODELS).join() },
    only: { type: 'string' },
  },
});
if (!values.python) throw new Error('--python VENV/bin/python is needed (bench/requirements.txt)');
const wanted = values.models.split(',');
for (const name of wanted)
  if (!MODELS[name]) throw new Error(`--models: ${name} is none of ${Object.keys(MODELS)}`);
const only = values.only?.split(',');
const images = Number(values.images);

const known = sparring(['list', 'attacks']);
const missing = [];

/** Whether this checkout has the attack with these parameters. */
function isKnown({ id, ...params }) {
  const specs = known.find((entry) => entry.id === id)?.params;
  const has = ([name, value]) =>
    specs[name] && [value].flat().every((one) => specs[name].options?.includes(one) ?? true);
  return specs !== undefined && Object.entries(params).every(has);
}

function experimentOf(name) {
  const given = { ...parse(readFileSync('bench/attacks/attacks.yaml', 'utf8')), ...EXPERIMENTS[name] };
  const attacks = given.attacks.filter(({ id }) => !only || only.includes(id));
  missing.push(...attacks.filter((entry) => !isKnown(entry)).map((entry) => JSON.stringify(entry)));
  return {
    ...given,
    name: `${given.name}-${name}`,
    defenses: wanted.some((model) => MODELS[model].experiment === name && MODELS[model].defense)
      ? given.defenses
      : [],
    attacks: attacks.filter(isKnown),
    evaluation: { samples: images },
  };
}

/** The experiment's session, run now unless this very run lies in the work folder: `{file, arms}`. */
function sessionOf(name) {
  const experiment = JSON.stringify(experimentOf(name));
  const sources = readFileSync('out/sources.sha256', 'utf8');
  const key = createHash('sha256').update(experiment).update(sources).digest('hex').slice(0, 12);
  const folder = join(values.work, `${name}-${key}`);
  mkdirSync(folder, { recursive: true });
  for (const found of readdirSync(folder).filter((file) => file.endsWith('.sparring'))) {
    const file = join(folder, found);
    const shown = sparring(['show', file]);
    if (shown.status !== 'done') continue;
    console.log(`${name}: session taken from ${file}`);
    return { file, ...shown };
  }
  console.log(`${name}: trained and attacked by the lab`);
  const file = join(folder, 'experiment.json');
  writeFileSync(file, experiment);
  return sparring(['run', file, '--out', folder]);
}

/** Writes what peers.py needs of an arm to `folder` and returns its attacks. */
async function handOver(lab, { file, spec }, arm, folder) {
  const events = lab.withSession(file, (session) => session.events().map(({ event }) => event));
  const { plan } = events.find(({ type }) => type === 'run-started');
  const { weights } = events.find((event) => event.type === 'trained' && event.arm === arm);
  const dataset = await lab.loadDataset(spec.dataset, {});
  const { shape, classes } = dataset;
  const layers = lab.modelById(spec.model.id).layers(classes.length, {});
  const size = shape.reduce((a, b) => a * b);
  const first = ({ images, labels }, n) => ({
    images: images.slice(0, n * size),
    labels: labels.slice(0, n),
  });

  const network = new lab.Network(shape, layers, { uniform: () => 0 });
  network.restore(weights);
  const test = first(dataset.test, images);
  const logits = lab.tf.tidy(() =>
    network.outputs(lab.tf.tensor4d(test.images, [images, ...shape])).dataSync(),
  );
  network.dispose();

  const fitted = Math.max(0, ...plan.attacks.map(({ params }) => params.images ?? 0));
  const fit = first(dataset.train, fitted);
  mkdirSync(folder, { recursive: true });
  const save = (name, array, dimensions) =>
    writeFileSync(join(folder, `${name}.npy`), npy(array, dimensions));
  save('images', test.images, [images, ...shape]);
  save('labels', test.labels, [images]);
  save('logits', logits, [images, classes.length]);
  save('fit-images', fit.images, [fit.labels.length, ...shape]);
  save('fit-labels', fit.labels, [fit.labels.length]);
  const names = Object.fromEntries(
    Object.keys(weights).map((name) => [name, `weight-${name.replace('/', '-')}`]),
  );
  for (const [name, array] of Object.entries(weights)) save(names[name], array, [array.length]);
  const attacks = plan.attacks.map(({ index, id, params, norm }) => ({ index, id, params, norm }));
  writeFileSync(
    join(folder, 'job.json'),
    JSON.stringify({ layers, shape, weights: names, attacks }, null, 1),
  );
  return attacks;
}

function labRow({ metrics }, norm) {
  const suffix = SUFFIX[norm];
  return {
    tool: LAB,
    success: metrics.attackSuccessRate,
    standing: Math.round(metrics.robustAccuracy * images),
    mean: metrics[`mean${suffix}`] ?? null,
    median: metrics[`median${suffix}`] ?? null,
    largest: metrics[`max${suffix}`] ?? null,
    seconds: metrics.seconds,
    queries: metrics.queries,
    gradients: metrics.gradients,
  };
}

/** Hands each line that peers.py prints to `onLine`, as it comes. */
async function runPeers(folder, onLine) {
  const python = spawn(values.python, ['bench/attacks/peers.py', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => python.once('close', resolve));
  for await (const line of createInterface({ input: python.stdout })) onLine(JSON.parse(line));
  const status = await ended;
  if (status !== 0) throw new Error(`peers.py ended with ${status}`);
}

const rows = [];

/** Writes what is measured so far to the work folder; returns the text. */
function save() {
  const found = verdicts(rows);
  const lacking = [...new Set(missing)];
  const text = results(rows, found, lacking);
  writeFileSync(join(values.work, 'results.md'), text);
  writeFileSync(
    join(values.work, 'results.json'),
    JSON.stringify({ images, rows, verdicts: found, missing: lacking }, null, 1),
  );
  return text;
}

const lab = await openLab();
const sessions = {};
for (const model of wanted) {
  const { experiment, defense } = MODELS[model];
  const session = (sessions[experiment] ??= sessionOf(experiment));
  const arm = session.arms.findIndex((one) => (one.defense?.id ?? null) === defense);
  const folder = join(values.work, model);
  const attacks = await handOver(lab, session, arm, folder);
  const add = (index, row) => {
    rows.push({ model, ...attacks[index], ...row });
    console.log(`${model}: ${rowText(rows.at(-1))}`);
  };
  console.log(`${model}: clean accuracy ${(100 * session.arms[arm].clean.accuracy).toFixed(1)} %`);
  attacks.forEach(({ index, norm }) => add(index, labRow(session.arms[arm].attacks[index], norm)));
  await runPeers(folder, ({ index, ...row }) => {
    if (index === undefined) console.log(`${model}: peers’ logits differ by ${row.logits.toExponential(1)}`);
    else add(index, row);
  });
  save();
}
await lab.close();
console.log(`\n${save()}`);
