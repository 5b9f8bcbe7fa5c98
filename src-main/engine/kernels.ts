/**
 * TensorFlow's own kernels, where the tape and chains of elementwise ops of TensorFlow.js cost most of the time: loss
 * with its gradient, convolution gradients, and the optimizers' in-place updates. Measured in `bench/` on article-cnn:
 * an epoch takes 0.6 of `model.fit`'s time. Everything here runs on the tensorflow backend only.
 */
import * as tf from '@tensorflow/tfjs';
import type { Random } from '../contract/random';

interface OpAttribute {
  name: string;
  type: number;
  value: unknown;
}

/** The part of tfjs-node's backend that is used here; the package does not export its type to pure tfjs code. */
interface KernelBackend {
  binding: Record<
    | 'TF_ATTR_TYPE'
    | 'TF_ATTR_BOOL'
    | 'TF_ATTR_INT'
    | 'TF_ATTR_STRING'
    | 'TF_ATTR_SHAPE'
    | 'TF_FLOAT'
    | 'TF_INT32',
    number
  >;
  executeMultipleOutputs(
    name: string,
    attributes: OpAttribute[],
    inputs: tf.Tensor[],
    outputs: number,
  ): tf.Tensor[];
}

function backend(): KernelBackend {
  const found = tf.backend() as unknown as KernelBackend;
  if (typeof found.executeMultipleOutputs !== 'function') {
    throw new Error(
      `the engine needs the tensorflow backend, found “${tf.getBackend()}”: import @tensorflow/tfjs-node first`,
    );
  }
  return found;
}

const type = (name: string, value: 'TF_FLOAT' | 'TF_INT32'): OpAttribute => {
  const { binding } = backend();
  return { name, type: binding.TF_ATTR_TYPE, value: binding[value] };
};
const flag = (name: string, value: boolean): OpAttribute => ({
  name,
  type: backend().binding.TF_ATTR_BOOL,
  value,
});
const ints = (name: string, value: number[]): OpAttribute => ({
  name,
  type: backend().binding.TF_ATTR_INT,
  value,
});
const text = (name: string, value: string): OpAttribute => ({
  name,
  type: backend().binding.TF_ATTR_STRING,
  value,
});
const float32 = (): OpAttribute => type('T', 'TF_FLOAT');

function execute<T extends tf.Tensor>(name: string, attributes: OpAttribute[], inputs: tf.Tensor[]): T {
  return backend().executeMultipleOutputs(name, attributes, inputs, 1)[0] as T;
}

export type Padding = 'valid' | 'same';

/** `padding` as a name, or as [top, bottom, left, right]. */
const convolution = (strides: number, padding: Padding | [number, number, number, number]): OpAttribute[] => [
  float32(),
  ints('strides', [1, strides, strides, 1]),
  text('padding', typeof padding === 'string' ? padding.toUpperCase() : 'EXPLICIT'),
  text('data_format', 'NHWC'),
  ints('dilations', [1, 1, 1, 1]),
  flag('use_cudnn_on_gpu', false),
  ints('explicit_paddings', typeof padding === 'string' ? [] : [0, 0, ...padding, 0, 0]),
];

export const conv2d = (x: tf.Tensor4D, filter: tf.Tensor4D, strides: number, padding: Padding): tf.Tensor4D =>
  execute('Conv2D', convolution(strides, padding), [x, filter]);

export function conv2dInputGradient(
  inputShape: tf.Tensor4D['shape'],
  filter: Parameter,
  dy: tf.Tensor4D,
  strides: number,
  padding: Padding,
): tf.Tensor4D {
  const block = strides * Math.floor(Math.sqrt(LANES / inputShape[3]) / strides);
  if (padding === 'valid' && block > 1) return inputGradientByBlocks(inputShape, filter, dy, strides, block);
  return conv2dBackToInput(inputShape, filter.value(), dy, strides, padding);
}

/** The same with a filter that is a tensor of the moment. */
export const conv2dBackToInput = (
  inputShape: number[],
  filter: tf.Tensor4D,
  dy: tf.Tensor4D,
  strides: number,
  padding: Padding,
): tf.Tensor4D =>
  tf.tidy(() =>
    execute('Conv2DBackpropInput', convolution(strides, padding), [
      tf.tensor1d(inputShape, 'int32'),
      filter,
      dy,
    ]),
  );

/** Output channels a convolution kernel works on at once: with fewer its lanes stay empty. */
const LANES = 16;

/**
 * The same for images of few channels, where `Conv2DBackpropInput` leaves most lanes empty: a forward convolution of dy
 * whose output channels are the pixels of a block of the image, block × block × channels. On grey images it takes a third
 * to a half of the time.
 */
function inputGradientByBlocks(
  [, height, width, channels]: tf.Tensor4D['shape'],
  filter: Parameter,
  dy: tf.Tensor4D,
  strides: number,
  block: number,
): tf.Tensor4D {
  const [side, , , filters] = filter.shape as tf.Tensor4D['shape'];
  // Pixel p of the image is reached from dy at j through the filter's place p − strides · j: from so many before its block
  // to so many in all.
  const before = Math.ceil((side - 1) / strides);
  const taps = before + Math.floor((block - 1) / strides) + 1;
  const step = block / strides;
  const [down, across] = [Math.ceil(height / block), Math.ceil(width / block)];
  const after = (blocks: number, size: number) => (blocks - 1) * step + taps - before - size;
  const kernel = filter.derived('blocks', (values) => {
    const withZero = tf.concat([values.flatten(), tf.zeros([1])]);
    const places = blockFilter(side, channels, filters, strides, block, before, taps);
    return tf
      .gather(withZero, tf.tensor1d(places, 'int32'))
      .reshape([taps, taps, filters, block * block * channels]);
  });
  return tf.tidy(() => {
    const padding: [number, number, number, number] = [
      before,
      after(down, dy.shape[1]),
      before,
      after(across, dy.shape[2]),
    ];
    const blocks: tf.Tensor4D = execute('Conv2D', convolution(step, padding), [dy, kernel]);
    const image = tf.depthToSpace(blocks, block, 'NHWC');
    return down * block === height && across * block === width
      ? image
      : tf.slice(image, [0, 0, 0, 0], [-1, height, width, -1]);
  });
}

/** Which value of a filter (flat; the one after its last is zero) stands at each place of the kernel of blocks. */
function blockFilter(
  side: number,
  channels: number,
  filters: number,
  strides: number,
  block: number,
  before: number,
  taps: number,
): Int32Array {
  const places: number[] = [];
  const place = (offset: number, tap: number) => offset + strides * (before - tap);
  const inside = (at: number) => at >= 0 && at < side;
  for (let v = 0; v < taps; v++)
    for (let u = 0; u < taps; u++)
      for (let f = 0; f < filters; f++)
        for (let y = 0; y < block; y++)
          for (let x = 0; x < block; x++)
            for (let c = 0; c < channels; c++) {
              const [row, column] = [place(y, v), place(x, u)];
              places.push(
                inside(row) && inside(column)
                  ? ((row * side + column) * channels + c) * filters + f
                  : side * side * channels * filters,
              );
            }
  return Int32Array.from(places);
}

export const conv2dFilterGradient = (
  x: tf.Tensor4D,
  filterShape: number[],
  dy: tf.Tensor4D,
  strides: number,
  padding: Padding,
): tf.Tensor4D =>
  tf.tidy(() =>
    execute('Conv2DBackpropFilter', convolution(strides, padding), [
      x,
      tf.tensor1d(filterShape, 'int32'),
      dy,
    ]),
  );

/** What a square filter sees at each of its places: [n, rows, columns, side · side · channels]. */
export const imagePatches = (x: tf.Tensor4D, side: number, strides: number, padding: Padding): tf.Tensor4D =>
  execute(
    'ExtractImagePatches',
    [
      float32(),
      ints('ksizes', [1, side, side, 1]),
      ints('strides', [1, strides, strides, 1]),
      ints('rates', [1, 1, 1, 1]),
      text('padding', padding.toUpperCase()),
    ],
    [x],
  );

export const matMul = (a: tf.Tensor2D, b: tf.Tensor2D, transposeA = false, transposeB = false): tf.Tensor2D =>
  execute('MatMul', [float32(), flag('transpose_a', transposeA), flag('transpose_b', transposeB)], [a, b]);

/** Adds a bias along the last axis. */
export const biasAdd = <T extends tf.Tensor>(x: T, bias: tf.Tensor1D): T =>
  execute('BiasAdd', [float32(), text('data_format', 'NHWC')], [x, bias]);

export const biasGradient = (dy: tf.Tensor): tf.Tensor1D =>
  execute('BiasAddGrad', [float32(), text('data_format', 'NHWC')], [dy]);

export const relu = <T extends tf.Tensor>(x: T): T => execute('Relu', [float32()], [x]);

/** Gradient through relu, given its output. */
export const reluGradient = <T extends tf.Tensor>(dy: T, output: T): T =>
  execute('ReluGrad', [float32()], [dy, output]);

/** Cross-entropy of softmax(logits) with int32 labels [n]: the loss [n] and its gradient in the logits [n, classes]. */
export function softmaxCrossEntropy(
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
): { loss: tf.Tensor1D; gradient: tf.Tensor2D } {
  const [loss, gradient] = backend().executeMultipleOutputs(
    'SparseSoftmaxCrossEntropyWithLogits',
    [float32(), type('Tlabels', 'TF_INT32')],
    [logits, labels],
    2,
  );
  return { loss: loss as tf.Tensor1D, gradient: gradient as tf.Tensor2D };
}

/**
 * Independent draws, standard normal or uniform in [0, 1), by TensorFlow's counter-based generator: several times as
 * fast as a stream of the lab, from which only the seed comes, and as reproducible.
 */
export function noise(kind: 'normal' | 'uniform', length: number, random: Random): Float32Array {
  const drawn = tf.tidy(() =>
    execute<tf.Tensor1D>(
      kind === 'normal' ? 'StatelessRandomNormal' : 'StatelessRandomUniform',
      [type('dtype', 'TF_FLOAT'), type('T', 'TF_INT32'), type('Tseed', 'TF_INT32')],
      [
        tf.tensor1d([length], 'int32'),
        tf.tensor1d([random.integer(2 ** 31), random.integer(2 ** 31)], 'int32'),
      ],
    ),
  );
  const values = drawn.dataSync<'float32'>();
  drawn.dispose();
  return values;
}

let resources = 0;

/**
 * A float32 variable inside TensorFlow, updated in place by the optimizers' kernels. `value()` shares its buffer; it is
 * released before an update, since a shared buffer would have to be copied.
 */
export class Parameter {
  readonly handle: tf.Tensor;
  private read: tf.Tensor | null = null;
  private readonly made = new Map<string, tf.Tensor>();

  constructor(
    readonly shape: number[],
    initial: Float32Array,
  ) {
    const { binding } = backend();
    this.handle = tf.keep(
      execute(
        'VarHandleOp',
        [
          text('container', ''),
          text('shared_name', `sparring-parameter-${++resources}`),
          type('dtype', 'TF_FLOAT'),
          { name: 'shape', type: binding.TF_ATTR_SHAPE, value: shape },
        ],
        [],
      ),
    );
    this.assign(initial);
  }

  /** The current value; owned by the parameter, not to be disposed. */
  value<T extends tf.Tensor>(): T {
    this.read ??= tf.keep(execute('ReadVariableOp', [type('dtype', 'TF_FLOAT')], [this.handle]));
    return this.read as T;
  }

  /** Something made of the value, kept until that changes; owned by the parameter, not to be disposed. */
  derived<T extends tf.Tensor>(name: string, make: (value: tf.Tensor) => T): T {
    const known = this.made.get(name) ?? tf.keep(tf.tidy(() => make(this.value())));
    this.made.set(name, known);
    return known as T;
  }

  assign(values: Float32Array): void {
    this.release();
    tf.tidy(() => {
      backend().executeMultipleOutputs(
        'AssignVariableOp',
        [type('dtype', 'TF_FLOAT')],
        [this.handle, tf.tensor(values, this.shape, 'float32')],
        0,
      );
    });
  }

  /** Gives the shared buffer back; to be called before an in-place update. */
  release(): void {
    this.read?.dispose();
    this.read = null;
    tf.dispose([...this.made.values()]);
    this.made.clear();
  }

  /** A copy of the values. */
  toArray(): Float32Array {
    return this.value().dataSync<'float32'>().slice();
  }

  dispose(): void {
    this.release();
    backend().executeMultipleOutputs(
      'DestroyResourceOp',
      [flag('ignore_lookup_error', false)],
      [this.handle],
      0,
    );
    this.handle.dispose();
  }
}

export interface AdamUpdate {
  parameter: Parameter;
  mean: Parameter;
  variance: Parameter;
  gradient: tf.Tensor;
}

/** In-place Adam step (Kingma & Ba 2015) of all parameters, bias correction from the step number `t` ≥ 1. */
export function applyAdam(
  updates: AdamUpdate[],
  t: number,
  {
    learningRate,
    beta1,
    beta2,
    epsilon,
  }: { learningRate: number; beta1: number; beta2: number; epsilon: number },
): void {
  tf.tidy(() => {
    // Made once for all parameters: for small networks six scalars cost more than the step.
    const scalars = [beta1 ** t, beta2 ** t, learningRate, beta1, beta2, epsilon].map((value) =>
      tf.scalar(value),
    );
    const attributes = [float32(), flag('use_locking', false), flag('use_nesterov', false)];
    for (const { parameter, mean, variance, gradient } of updates) {
      for (const each of [parameter, mean, variance]) each.release();
      const handles = [parameter.handle, mean.handle, variance.handle];
      backend().executeMultipleOutputs(
        'ResourceApplyAdam',
        attributes,
        [...handles, ...scalars, gradient],
        0,
      );
    }
  });
}

/** In-place step of plain gradient descent. */
export function applyGradientDescent(parameter: Parameter, gradient: tf.Tensor, learningRate: number): void {
  parameter.release();
  tf.tidy(() => {
    backend().executeMultipleOutputs(
      'ResourceApplyGradientDescent',
      [float32(), flag('use_locking', false)],
      [parameter.handle, tf.scalar(learningRate), gradient],
      0,
    );
  });
}

/** Euclidean norm over all the given tensors together. */
export function globalNorm(tensors: tf.Tensor[]): number {
  return tf.tidy(() => {
    // L2Loss is half the sum of squares.
    const halves = tensors.map((tensor) => execute('L2Loss', [float32()], [tensor]).dataSync()[0]!);
    return Math.sqrt(2 * halves.reduce((sum, half) => sum + half, 0));
  });
}
