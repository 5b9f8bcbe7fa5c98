/** A small recorded run, made by hand. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Experiment } from '../../../src-main/contract/experiment';
import type { RunEvent } from '../../../src-main/contract/events';
import type { Machine, SessionHeader, Versions } from '../../../src-main/contract/session';

export const versions: Versions = {
  sparring: '0.1.0',
  node: '18.15.0',
  electron: '25.1.1',
  v8: '11.4',
  tfjs: '4.22.0',
  tensorflow: '2.16.2',
  environment: { TF_ENABLE_ONEDNN_OPTS: '1' },
};
export const machine: Machine = {
  platform: 'linux',
  arch: 'x64',
  cpu: 'a processor',
  cores: 2,
  memoryBytes: 8e9,
};
export const provenance = { versions, machine };

export const experiment: Experiment = {
  name: 'small',
  description: '',
  task: 'classification',
  seeds: [1],
  dataset: { id: 'mnist' },
  model: { id: 'small-cnn' },
  training: {
    epochs: 2,
    batchSize: 4,
    optimizer: 'adam',
    learningRate: 0.001,
    finalLearningRate: 0.001,
    finalShare: 0.2,
  },
  furtherModels: [],
  poisoning: [],
  defenses: [],
  attacks: [{ id: 'fgsm', epsilon: [0.1, 0.3] }],
  evaluation: { samples: 4, episodes: 1, transfer: false, corruptions: false },
};

export const header = (id = 'small-1'): Omit<SessionHeader, 'format'> => ({
  id,
  name: 'small',
  source: 'name: small',
  spec: experiment,
  ...provenance,
  createdAt: 1_700_000_000_000,
});

const attack = (index: number, epsilon: number) =>
  ({
    index,
    id: 'fgsm',
    params: { epsilon, norm: 'linf' },
    surface: 'evasion',
    knowledge: 'white-box',
    norm: 'linf',
  }) as const;

/** A whole run of one arm: two epochs, a clean and two attacked evaluations. */
export const run: RunEvent[] = [
  {
    type: 'run-started',
    plan: {
      task: 'classification',
      arms: [{ index: 0, model: null, poisoning: null, defense: null, seed: 1 }],
      attacks: [attack(0, 0.1), attack(1, 0.3)],
      work: 10,
    },
  },
  {
    type: 'data-loaded',
    name: 'mnist',
    train: 8,
    validation: 2,
    test: 4,
    shape: [2, 2, 1],
    classes: ['a', 'b'],
    hash: 'abc',
  },
  { type: 'arm-started', arm: 0 },
  { type: 'point', arm: 0, series: 'loss', x: 1, value: 0.5 },
  {
    type: 'checkpoint',
    position: { arm: 0, stage: 'training', done: 1 },
    state: { w: new Float32Array([1, NaN, -0]) },
  },
  { type: 'point', arm: 0, series: 'loss', x: 2, value: 0.25 },
  { type: 'progress', done: 5, what: 'training' },
  { type: 'trained', arm: 0, weights: { w: new Float32Array([0.1, 0.2]) }, seconds: 3.5 },
  { type: 'evaluation', arm: 0, attack: null, metrics: { accuracy: 0.75, seconds: 1 } },
  {
    type: 'evaluation',
    arm: 0,
    attack: 0,
    metrics: { accuracy: 0.5, robustAccuracy: 0.5, medianLinf: null },
    outcome: new Uint8Array([3, 1, 3, 0]),
  },
  {
    type: 'evaluation',
    arm: 0,
    attack: 1,
    metrics: { accuracy: 0.25, robustAccuracy: 0.25, medianLinf: 0.3 },
  },
  {
    type: 'check',
    arm: 0,
    check: { id: 'within-budget', status: 'pass', evidence: 'largest Linf 0.3 of 0.3' },
  },
  { type: 'arm-finished', arm: 0 },
  { type: 'run-finished' },
];

/** An empty folder for one test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sparring-test-'));
  afterEachOnce(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const cleanUps: (() => void)[] = [];
const afterEachOnce = (cleanUp: () => void) => cleanUps.push(cleanUp);
afterEach(() => cleanUps.splice(0).forEach((cleanUp) => cleanUp()));
