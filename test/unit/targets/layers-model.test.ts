import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { grantsOf } from '../../../src-main/sessions/grants';
import type { Grants } from '../../../src-main/contract/dataset';
import { readLayersModel } from '../../../src-main/targets/kinds/layers-model';
import { temporaryFolder } from '../sessions/session-fixture';

const all = { allows: () => true };
const weights = [
  { name: 'dense/kernel', shape: [2, 2], dtype: 'float32' },
  { name: 'dense/bias', shape: [2], dtype: 'float32' },
];
const values = new Float32Array([1, 2, 3, 4, 5, 6]);

function model(
  change: Record<string, unknown> = {},
  bytes = new Uint8Array(values.buffer),
  paths = ['a.bin', 'b.bin'],
): string {
  const folder = temporaryFolder();
  // Split within a value: parts are one stretch of bytes.
  writeFileSync(join(folder, 'a.bin'), bytes.subarray(0, 5));
  writeFileSync(join(folder, 'b.bin'), bytes.subarray(5));
  const json = {
    format: 'layers-model',
    modelTopology: { class_name: 'Sequential' },
    weightsManifest: [{ paths, weights }],
    ...change,
  };
  writeFileSync(join(folder, 'model.json'), JSON.stringify(json));
  return join(folder, 'model.json');
}

it('reads topology and weights', async () => {
  expect(await readLayersModel(model(), all)).toEqual({
    topology: { class_name: 'Sequential' },
    weightSpecs: weights,
    weights: values,
  });
});

describe('tells what is wrong with', () => {
  const problem = (file: string, grants: Grants = all) =>
    readLayersModel(file, grants).then(
      () => 'nothing',
      (error: Error) => error.message,
    );

  it('a file that was not granted', async () =>
    expect(await problem(model(), grantsOf([]))).toContain('not been granted'));
  it('a missing file', async () =>
    expect(await problem('/nowhere/model.json')).toContain('/nowhere/model.json: there is no such file'));
  it('no JSON', async () => {
    const file = model();
    writeFileSync(file, 'not json');
    expect(await problem(file)).toContain('this is no JSON');
  });
  it('another JSON', async () =>
    expect(await problem(model({ modelTopology: undefined }))).toContain(
      'no TensorFlow.js layers model: modelTopology',
    ));
  it('a graph model', async () =>
    expect(await problem(model({ format: 'graph-model' }))).toContain(
      'no TensorFlow.js layers model: format',
    ));
  it('a missing weight file', async () =>
    expect(await problem(model({}, undefined, ['a.bin', 'c.bin']))).toContain(
      'c.bin: there is no such file',
    ));
  it('truncated weights', async () =>
    expect(await problem(model({}, new Uint8Array(20)))).toContain(
      '20 bytes of weights; model.json says 24',
    ));
  it('quantized weights', async () => {
    const quantized = [{ paths: ['a.bin'], weights: [{ ...weights[0], quantization: { dtype: 'uint8' } }] }];
    expect(await problem(model({ weightsManifest: quantized }))).toContain('quantized; expected float32');
  });
  it('weights outside its folder', async () => {
    const file = model({}, undefined, ['../secret.bin']);
    expect(await problem(file)).toContain('outside its folder');
    const linked = model({}, undefined, ['link.bin']);
    mkdirSync(join(linked, '..', 'inner'));
    symlinkSync(file, join(linked, '..', 'link.bin'));
    expect(await problem(linked)).toContain('outside its folder');
  });
});
