/** Runs an ONNX file with ONNX Runtime. Format: github.com/onnx/onnx, docs/IR.md. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { LabError } from '../../contract/problem';
import type { RemoteModel } from '../../contract/remote-model';
import { defineTarget } from '../kind';

interface Params {
  path: string;
  layout: 'auto' | 'nhwc' | 'nchw';
  outputs: 'auto' | 'logits' | 'probabilities';
  inputLow: number;
  inputHigh: number;
}

type Runtime = typeof import('onnxruntime-node');
type Layout = 'nhwc' | 'nchw';

/** Images run at once by a file that leaves the number open. */
const BATCH = 128;
/** A dimension up to this is taken for the channels. */
const MOST_CHANNELS = 4;
/** Below a probability of this its logarithm says no more. */
const FLOOR = 1e-30;
const EXPORT =
  'Export it with one float32 input [n, channels, height, width] or [n, height, width, channels] and one float32 output [n, classes].';

export default defineTarget<Params>({
  models: ['onnx'],
  async open({ path, ...options }, grants) {
    if (!grants.allows(path)) {
      throw new LabError(
        path,
        'this file has not been granted',
        'Choose it in the dialog, or drop it on the window.',
      );
    }
    if (!existsSync(path)) throw new LabError(path, 'there is no such file', 'Correct the path.');
    const runtime = await loadRuntime();
    let session: InferenceSession;
    try {
      session = await runtime.InferenceSession.create(path, { logSeverityLevel: 3 });
    } catch (error) {
      throw new LabError(
        path,
        `this is no ONNX file that can be run: ${(error as Error).message}`,
        `${EXPORT} Keep external weight files beside it.`,
      );
    }
    try {
      return { remoteModel: await OnnxModel.of(session, runtime, path, await hashOf(path), options) };
    } catch (error) {
      await session.release();
      throw error;
    }
  },
});

/** SHA-256 of a file. */
async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest('hex');
}

/** Loaded when it is first needed: the package is optional, and large. */
async function loadRuntime(): Promise<Runtime> {
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    throw new LabError(
      'model.id',
      `ONNX files need the package onnxruntime-node, which cannot be loaded: ${(error as Error).message}`,
      'Install it in Sparring’s folder: npm ci --include=optional, then npm start.',
    );
  }
}

class OnnxModel implements RemoteModel {
  readonly gives = 'scores';
  readonly name: string;
  classes = 0;
  private logarithm = false;
  private output = '';

  private constructor(
    private readonly session: InferenceSession,
    private readonly runtime: Runtime,
    private readonly path: string,
    readonly hash: string,
    readonly inputShape: RemoteModel['inputShape'],
    private readonly layout: Layout,
    /** Images the file takes at once, where it is fixed. */
    private readonly fixedBatch: number | null,
    private readonly options: Omit<Params, 'path' | 'layout'>,
  ) {
    this.name = basename(path);
  }

  static async of(
    session: InferenceSession,
    runtime: Runtime,
    path: string,
    hash: string,
    { layout, ...options }: Omit<Params, 'path'>,
  ): Promise<OnnxModel> {
    const inputs = session.inputMetadata;
    const input = inputs[0];
    if (inputs.length !== 1 || !input?.isTensor || input.type !== 'float32' || input.shape.length !== 4) {
      throw new LabError(path, `it takes ${inputs.map(described).join(' and ')}`, EXPORT);
    }
    const [batch, ...size] = input.shape.map((n) => (typeof n === 'number' && n > 0 ? n : null));
    if (size.some((n) => n === null)) {
      throw new LabError(
        path,
        `it leaves the size of its images open: ${described(input)}`,
        'Export it with fixed height, width and channels; only the number of images may stay open.',
      );
    }
    const [a, b, c] = size as [number, number, number];
    const order = layout === 'auto' ? layoutOf([a, b, c], path) : layout;
    const inputShape: RemoteModel['inputShape'] = order === 'nchw' ? [b, c, a] : [a, b, c];
    const model = new OnnxModel(session, runtime, path, hash, inputShape, order, batch ?? null, options);
    await model.learnOutputs();
    return model;
  }

  get atOnce(): number {
    return this.fixedBatch ?? BATCH;
  }

  async ask(images: Float32Array, n: number, signal: AbortSignal): Promise<Float32Array> {
    signal.throwIfAborted();
    const { data, dims } = await this.run(images, n);
    if (dims[1] !== this.classes) {
      throw new LabError(this.path, `it gave ${dims[1]} scores an image, before ${this.classes}`, EXPORT);
    }
    return Float32Array.from(data.subarray(0, n * this.classes), (value) => {
      const score = this.logarithm ? Math.log(Math.max(value, FLOOR)) : value;
      if (Number.isFinite(score)) return score;
      throw new LabError(
        this.path,
        `it gave the score ${value}; expected finite numbers`,
        'Check the model with the range its pixels are given in (inputLow, inputHigh).',
      );
    });
  }

  close(): Promise<void> {
    return this.session.release();
  }

  /** Asks for a black and a white image, which shows what the file only may have declared: its classes, and what scores are. */
  private async learnOutputs(): Promise<void> {
    const count = Math.min(2, this.fixedBatch ?? 2);
    const images = new Float32Array(count * this.inputShape.reduce((x, y) => x * y, 1));
    images.fill(1, images.length / count);
    const { data, dims } = await this.run(images, count);
    this.classes = dims[1]!;
    const rows = Array.from({ length: count }, (_, i) =>
      data.subarray(i * this.classes, (i + 1) * this.classes),
    );
    const { outputs } = this.options;
    this.logarithm = outputs === 'auto' ? rows.every(isDistribution) : outputs === 'probabilities';
  }

  /** Raw outputs [count, classes]; rows that fill up a fixed batch are not among them. */
  private async run(images: Float32Array, count: number): Promise<{ data: Float32Array; dims: number[] }> {
    const batch = this.fixedBatch ?? count;
    const [h, w, c] = this.inputShape;
    const dims = this.layout === 'nchw' ? [batch, c, h, w] : [batch, h, w, c];
    const input = new this.runtime.Tensor('float32', this.arranged(images, count, batch), dims);
    const names = this.output ? [this.output] : this.session.outputMetadata.filter(isFloat).map(nameOf);
    let results: Record<string, Tensor>;
    try {
      results = (await this.session.run({ [this.session.inputNames[0]!]: input }, names)) as typeof results;
    } catch (error) {
      throw new LabError(this.path, `it cannot be run: ${(error as Error).message}`, EXPORT);
    }
    const scores = Object.entries(results).filter(
      ([, { dims: shape }]) => shape.length === 2 && shape[0] === batch && shape[1]! > 1,
    );
    if (scores.length !== 1) {
      throw new LabError(
        this.path,
        `it gives ${this.session.outputMetadata.map(described).join(' and ') || 'nothing'}`,
        EXPORT,
      );
    }
    const [name, tensor] = scores[0]!;
    this.output = name;
    const classes = tensor.dims[1]!;
    return { data: (tensor.data as Float32Array).subarray(0, count * classes), dims: [count, classes] };
  }

  /** Images in the model's range and layout, filled up with zeros to the batch. */
  private arranged(images: Float32Array, count: number, batch: number): Float32Array {
    const { inputLow, inputHigh } = this.options;
    const scaled = images.map((x) => inputLow + (inputHigh - inputLow) * x);
    const pixels = this.inputShape[0] * this.inputShape[1];
    const channels = this.inputShape[2];
    const size = pixels * channels;
    const result = new Float32Array(batch * size);
    if (this.layout === 'nhwc' || channels === 1) {
      result.set(scaled);
      return result;
    }
    for (let i = 0; i < count; i++)
      for (let c = 0; c < channels; c++)
        for (let p = 0; p < pixels; p++)
          result[i * size + c * pixels + p] = scaled[i * size + p * channels + c]!;
    return result;
  }
}

/** Channels are on the side that has few; throws LabError where both sides or neither have. */
function layoutOf([a, b, c]: [number, number, number], path: string): Layout {
  if (a <= MOST_CHANNELS !== c <= MOST_CHANNELS) return a <= MOST_CHANNELS ? 'nchw' : 'nhwc';
  throw new LabError(
    path,
    `the shape of its images [${a}, ${b}, ${c}] does not tell where the channels are`,
    'Give the model its layout: nhwc or nchw.',
  );
}

type Metadata = InferenceSession.ValueMetadata;

const isFloat = (value: Metadata): boolean => value.isTensor && value.type === 'float32';
const nameOf = ({ name }: Metadata): string => name;
const described = (value: Metadata): string =>
  value.isTensor ? `${value.type} “${value.name}” [${value.shape.join(', ')}]` : `“${value.name}”, no tensor`;

function isDistribution(row: Float32Array): boolean {
  const sum = row.reduce((before, p) => before + p, 0);
  return row.every((p) => p >= 0) && Math.abs(sum - 1) < 1e-3;
}
