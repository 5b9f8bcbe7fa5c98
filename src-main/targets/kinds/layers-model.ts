/**
 * Reads a TensorFlow.js layers model: `model.json` and the weight files it names. Format: tfjs-core `io/types.ts`
 * (ModelJSON, WeightsManifestConfig).
 */
import { readFile, realpath } from 'node:fs/promises';
import { dirname, join, relative, isAbsolute } from 'node:path';
import { z } from 'zod';
import type { Grants } from '../../contract/dataset';
import type { LayersArtifacts } from '../../contract/layers-artifacts';
import { LabError } from '../../contract/problem';
import { defineTarget } from '../kind';

const modelJson = z.object({
  format: z.literal('layers-model').optional(),
  modelTopology: z.looseObject({}),
  weightsManifest: z.array(
    z.object({
      paths: z.array(z.string().min(1)),
      weights: z.array(
        z.object({
          name: z.string(),
          shape: z.array(z.int().min(0)),
          dtype: z.string(),
          quantization: z.unknown().optional(),
        }),
      ),
    }),
  ),
});

const BYTES = Float32Array.BYTES_PER_ELEMENT;
const CONVERT =
  'Save it with TensorFlow.js (model.save) or convert it with tensorflowjs_converter --output_format=tfjs_layers_model.';

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new LabError(
      file,
      missing ? 'there is no such file' : `the file cannot be read (${(error as Error).message})`,
      missing ? 'Keep model.json and its weight files together in one folder.' : 'Check its permissions.',
    );
  }
}

/** A weight file stands beside model.json or below; a manifest that leads elsewhere is refused. */
async function weightFile(folder: string, name: string, file: string): Promise<Buffer> {
  const path = join(folder, name);
  const way = relative(folder, await realpath(path).catch(() => path));
  if (way.startsWith('..') || isAbsolute(way)) {
    throw new LabError(
      file,
      `it names the weight file “${name}”, which lies outside its folder`,
      'Put the weight files beside model.json.',
    );
  }
  return read(path);
}

export default defineTarget<{ path: string }>({
  models: ['layers-model', 'imported-policy'],
  open: async ({ path }, grants) => ({ importedModel: await readLayersModel(path, grants) }),
});

/** @throws LabError naming the file and the remedy for anything missing, truncated, not granted or of another kind */
export async function readLayersModel(file: string, grants: Grants): Promise<LayersArtifacts> {
  if (!grants.allows(file)) {
    throw new LabError(
      file,
      'this file has not been granted',
      'Choose it in the dialog, or drop it on the window.',
    );
  }
  const text = (await read(file)).toString('utf8');
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new LabError(
      file,
      `this is no JSON (${(error as Error).message})`,
      `A model.json is expected. ${CONVERT}`,
    );
  }
  const parsed = modelJson.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new LabError(
      file,
      `this is no TensorFlow.js layers model: ${issue.path.join('.') || 'model.json'}: ${issue.message}`,
      CONVERT,
    );
  }
  const folder = await realpath(dirname(file));
  const { modelTopology: topology, weightsManifest } = parsed.data;
  const specs: LayersArtifacts['weightSpecs'] = [];
  const parts: Buffer[] = [];
  for (const { paths, weights } of weightsManifest) {
    for (const { name, shape, dtype, quantization } of weights) {
      if (dtype !== 'float32' || quantization !== undefined) {
        const found = quantization === undefined ? dtype : 'quantized';
        throw new LabError(
          file,
          `weight “${name}” is ${found}; expected float32`,
          'Convert the model again without quantization.',
        );
      }
      specs.push({ name, shape, dtype });
    }
    const group = Buffer.concat(await Promise.all(paths.map((name) => weightFile(folder, name, file))));
    const expected = weights.reduce(
      (sum, { shape }) => sum + BYTES * shape.reduce((size, n) => size * n, 1),
      0,
    );
    if (group.byteLength !== expected) {
      throw new LabError(
        join(folder, paths.join(', ')),
        `${group.byteLength} bytes of weights; model.json says ${expected}`,
        'The files are truncated or of another model: copy them anew together with model.json.',
      );
    }
    parts.push(group);
  }
  // A copy, since the elements of a Float32Array must begin at a multiple of four.
  const bytes = Uint8Array.from(Buffer.concat(parts));
  return { topology, weightSpecs: specs, weights: new Float32Array(bytes.buffer) };
}
