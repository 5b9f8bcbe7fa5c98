/** Sessions for measuring the window, written by the lab's own writer: as many, and with as long curves, as are wanted. */
import { join } from 'node:path';
import { runnerImport } from 'vite';

const { module: writer } = await runnerImport('./src-main/sessions/writer.ts');

const versions = {
  sparring: 'bench',
  node: '',
  electron: null,
  v8: '',
  tfjs: '',
  tensorflow: '',
  environment: {},
};
const machine = { platform: 'linux', arch: 'x64', cpu: 'made up', cores: 2, memoryBytes: 0 };
const SAMPLES = 200;

const attacks = [0.1, 0.2, 0.3].map((epsilon, index) => ({
  ...{ index, id: 'pgd', surface: 'evasion', knowledge: 'white-box', norm: 'linf' },
  params: { epsilon, steps: 40, norm: 'linf' },
}));

/** A classifier's session of one arm: a loss of `points` points, and outcomes under three attacks. */
function events(points, seed) {
  const outcome = (share) => Uint8Array.from({ length: SAMPLES }, (_, i) => (i < share * SAMPLES ? 3 : 1));
  return [
    {
      type: 'run-started',
      plan: {
        ...{ task: 'classification', attacks, work: points },
        arms: [{ index: 0, model: { id: 'small-cnn', params: {} }, poisoning: null, defense: null, seed }],
      },
    },
    { type: 'arm-started', arm: 0 },
    ...Array.from({ length: points }, (_, i) => ({
      ...{ type: 'point', arm: 0, series: 'loss', x: (i + 1) / 100 },
      value: 2.3 * Math.exp(-i / (points / 4)) + 0.1 * Math.abs(Math.sin(12.9898 * (i + seed))),
    })),
    { type: 'trained', arm: 0, weights: {}, seconds: 10, gradients: 1000 },
    {
      type: 'evaluation',
      arm: 0,
      attack: null,
      metrics: { accuracy: 0.97, seconds: 1 },
      outcome: outcome(0.97),
    },
    ...attacks.map(({ index }) => ({
      ...{ type: 'evaluation', arm: 0, attack: index, outcome: outcome(0.9 - 0.25 * index) },
      metrics: { accuracy: 0.9 - 0.25 * index, robustAccuracy: 0.9 - 0.25 * index },
    })),
    { type: 'arm-finished', arm: 0 },
    { type: 'run-finished' },
  ];
}

/** @returns their ids */
export function makeSessions(folder, count, points) {
  return Array.from({ length: count }, (_, i) => {
    const id = `made-${String(i).padStart(3, '0')}`;
    const file = join(folder, `${id}.sparring`);
    const spec = {
      ...{ name: id, description: '', task: 'classification', seeds: [i], dataset: { id: 'mnist' } },
      ...{
        model: { id: 'small-cnn' },
        furtherModels: [],
        poisoning: [],
        defenses: [],
        training: { epochs: 10 },
      },
      attacks: [{ id: 'pgd', epsilon: [0.1, 0.2, 0.3] }],
      evaluation: { samples: SAMPLES },
    };
    writer.createSession(file, {
      id,
      name: id,
      source: `name: ${id}`,
      spec,
      versions,
      machine,
      createdAt: 1e12 + i,
    });
    const session = writer.SessionWriter.open(file, { versions, machine });
    events(points, i).forEach((event) => session.append(event));
    session.close();
    return id;
  });
}
