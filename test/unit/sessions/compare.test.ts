import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src-main/contract/events';
import { causesInWords } from '../../../src-main/contract/reproduction';
import { causesOf, firstDifference, likelyCauses, shown } from '../../../src-main/sessions/compare';
import { machine, provenance, run, versions } from './session-fixture';

const copy = (event: RunEvent): RunEvent => structuredClone(event);

describe('the first difference', () => {
  it('is none between equal runs', () =>
    run.forEach((event) => expect(firstDifference(event, copy(event))).toBeNull()));

  it('leaves the wall clock and the scratch of checkpoints out', () => {
    const trained = { type: 'trained', arm: 0, weights: {}, seconds: 1 } as const;
    expect(firstDifference(trained, { ...trained, seconds: 2 })).toBeNull();
    const evaluation = {
      type: 'evaluation',
      arm: 0,
      attack: null,
      metrics: { seconds: 1, accuracy: 1 },
    } as const;
    expect(firstDifference(evaluation, { ...evaluation, metrics: { seconds: 9, accuracy: 1 } })).toBeNull();
    const position = { arm: 0, stage: 'training', done: 1 } as const;
    const state = { w: new Float32Array(1) };
    expect(
      firstDifference({ type: 'checkpoint', position, state: {} }, { type: 'checkpoint', position, state }),
    ).toBeNull();
  });

  it('names the field', () => {
    const point = { type: 'point', arm: 0, series: 'loss', x: 1, value: 0 } as const;
    expect(firstDifference(point, { ...point, value: -0 })).toEqual({
      path: 'value',
      recorded: 0,
      found: -0,
    });
    expect(firstDifference({ ...point, value: NaN }, { ...point, value: NaN })).toBeNull();
    const trained = (weights: Float32Array) =>
      ({ type: 'trained', arm: 0, weights: { 'dense/kernel': weights }, seconds: 1 }) as const;
    expect(firstDifference(trained(new Float32Array([1, 2])), trained(new Float32Array([1, 3])))).toEqual({
      path: 'weights.dense/kernel.1',
      recorded: 2,
      found: 3,
    });
    expect(firstDifference(trained(new Float32Array(2)), trained(new Float32Array(3)))!.path).toBe(
      'weights.dense/kernel.length',
    );
    expect(firstDifference(run[2]!, run[3]!)!.path).toBe('type');
  });

  it('sees a field too few or too many, but not an undefined one', () => {
    const evaluation = { type: 'evaluation', arm: 0, attack: null, metrics: { accuracy: 1 } } as const;
    expect(firstDifference(evaluation, { ...evaluation, metrics: {} })).toEqual({
      path: 'metrics.accuracy',
      recorded: 1,
      found: undefined,
    });
    expect(
      firstDifference(evaluation, { ...evaluation, outcome: undefined } as unknown as RunEvent),
    ).toBeNull();
  });
});

it('names what numbers depend on as likely causes', () => {
  expect(likelyCauses(provenance, provenance)).toEqual([]);
  expect(causesInWords([])).toContain('a fault of Sparring');
  const now = {
    versions: { ...versions, tensorflow: '2.17', environment: {} },
    machine: { ...machine, cpu: 'another' },
  };
  expect(causesInWords(likelyCauses(provenance, now))).toBe(
    'Likely cause: TensorFlow 2.16.2, now 2.17; oneDNN: TF_ENABLE_ONEDNN_OPTS=1, now (not set); another machine: cpu a processor, now another.',
  );
});

it('looks no further where the data or the model are others', () => {
  const elsewhere = { versions, machine: { ...machine, cpu: 'another' } };
  expect(causesOf({ type: 'data-loaded', path: 'hash' }, provenance, elsewhere)).toEqual([
    'the data are not those of the recording: their content has changed since',
  ]);
  expect(causesOf({ type: 'data-loaded', path: 'train' }, provenance, elsewhere)[0]).toContain(
    'another machine',
  );
});

it('shows values short', () => {
  expect(shown(new Float32Array(3))).toBe('float32 array of 3');
  expect(shown(undefined)).toBe('nothing');
  expect(shown('x'.repeat(100))).toHaveLength(78);
});
