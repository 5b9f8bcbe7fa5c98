/** Classifiers as attackers meet them: a network of the lab, or an imported layers model; and the one that counts. */
import * as tf from '@tensorflow/tfjs';
import type { LayersArtifacts } from '../contract/layers-artifacts';
import { LabError } from '../contract/problem';
import type { Loss, Target, WhiteBoxTarget } from './definitions';
import type { Network } from './network';

type Shape = [number, number, number];

/** A network trained here. Its gradients come from the written-out backward pass. */
export class NetworkTarget implements WhiteBoxTarget {
  readonly capabilities = ['gradients', 'scores', 'training'] as const satisfies Target['capabilities'];
  readonly inputShape: Shape;

  constructor(
    readonly network: Network,
    readonly classes: number,
  ) {
    this.inputShape = network.inputShape as Shape;
  }

  async scores(images: tf.Tensor4D): Promise<tf.Tensor2D> {
    return this.logits(images);
  }

  logits(images: tf.Tensor4D): tf.Tensor2D {
    return this.network.outputs(images);
  }

  gradient(
    images: tf.Tensor4D,
    loss: Loss,
  ): { logits: tf.Tensor2D; loss: tf.Tensor1D; gradient: tf.Tensor4D } {
    return tf.tidy(() => {
      const activations = this.network.forward(images);
      const logits = activations.at(-1) as tf.Tensor2D;
      const climbed = loss(logits);
      return {
        logits,
        loss: climbed.loss,
        gradient: this.network.inputGradient(activations, climbed.gradient) as tf.Tensor4D,
      };
    });
  }

  jacobian(images: tf.Tensor4D): { logits: tf.Tensor2D; jacobian: tf.Tensor3D } {
    return tf.tidy(() => {
      const activations = this.network.forward(images);
      const logits = activations.at(-1) as tf.Tensor2D;
      // One forward pass serves all classes; the backward passes differ in the unit vector they start from.
      const rows = Array.from({ length: this.classes }, (_, label) => {
        const unit = tf.tile(tf.oneHot(tf.tensor1d([label], 'int32'), this.classes, 1, 0, 'float32'), [
          images.shape[0],
          1,
        ]);
        return this.network.inputGradient(activations, unit as tf.Tensor2D).reshape([images.shape[0], -1]);
      });
      return { logits, jacobian: tf.stack(rows, 1) as tf.Tensor3D };
    });
  }
}

export interface ImportOptions {
  inputLow: number;
  inputHigh: number;
  logits: boolean;
}

/** A layers model from outside; its gradients come from the tape, whatever its layers are. */
export class LayersTarget implements WhiteBoxTarget {
  readonly capabilities = ['gradients', 'scores'] as const satisfies Target['capabilities'];
  readonly inputShape: Shape;
  readonly classes: number;

  private constructor(
    private readonly model: tf.LayersModel,
    private readonly options: ImportOptions,
    /** The model ends in probabilities that could not be taken back to logits. */
    readonly usesLogProbabilities: boolean,
  ) {
    this.inputShape = model.inputs[0]!.shape.slice(1) as Shape;
    this.classes = (model.outputs[0]!.shape as number[]).at(-1)!;
  }

  /**
   * Rebuilds the model. A final softmax is turned into the identity.
   * @throws LabError for a topology that cannot be rebuilt, or inputs and outputs that are no image classifier's
   */
  static async create(
    { topology, weightSpecs, weights }: LayersArtifacts,
    options: ImportOptions,
  ): Promise<LayersTarget> {
    const { modelTopology, removed } = withoutSoftmax(topology);
    let model: tf.LayersModel;
    try {
      const weightData = weights.buffer.slice(
        weights.byteOffset,
        weights.byteOffset + weights.byteLength,
      ) as ArrayBuffer;
      model = await tf.loadLayersModel(
        tf.io.fromMemory({ modelTopology: modelTopology as object, weightSpecs, weightData }),
      );
    } catch (error) {
      throw new LabError(
        'model.path',
        `the model cannot be rebuilt: ${error instanceof Error ? error.message : String(error)}`,
        'Save it again with TensorFlow.js as a layers model (model.json with its weight files).',
      );
    }
    const [input, output] = [model.inputs[0]!.shape, model.outputs[0]!.shape];
    if (
      model.inputs.length !== 1 ||
      model.outputs.length !== 1 ||
      input.length !== 4 ||
      output.length !== 2
    ) {
      throw new LabError(
        'model.path',
        `takes ${JSON.stringify(model.inputs.map((i) => i.shape))} and gives ${JSON.stringify(model.outputs.map((o) => o.shape))}`,
        'Expected one input [n, height, width, channels] and one output [n, classes].',
      );
    }
    return new LayersTarget(model, options, !options.logits && !removed);
  }

  async scores(images: tf.Tensor4D): Promise<tf.Tensor2D> {
    return this.logits(images);
  }

  logits(images: tf.Tensor4D): tf.Tensor2D {
    return tf.tidy(() => {
      const { inputLow, inputHigh } = this.options;
      const scaled = tf.add(tf.mul(images, inputHigh - inputLow), inputLow);
      const outputs = this.model.apply(scaled, { training: false }) as tf.Tensor2D;
      return this.usesLogProbabilities ? tf.log(tf.maximum(outputs, 1e-30)) : outputs;
    });
  }

  gradient(
    images: tf.Tensor4D,
    loss: Loss,
  ): { logits: tf.Tensor2D; loss: tf.Tensor1D; gradient: tf.Tensor4D } {
    return tf.tidy(() => {
      // The loss gives its own gradient in the logits; the tape is only needed from there back to the images.
      let kept!: { logits: tf.Tensor2D; loss: tf.Tensor1D };
      const gradient = tf.grad((x: tf.Tensor) => {
        const logits = this.logits(x as tf.Tensor4D);
        const climbed = loss(logits);
        kept = { logits: tf.keep(logits.clone()), loss: tf.keep(climbed.loss.clone()) };
        return tf.sum(tf.mul(logits, climbed.gradient));
      })(images) as tf.Tensor4D;
      const result = { logits: kept.logits.clone(), loss: kept.loss.clone(), gradient };
      tf.dispose(kept);
      return result;
    });
  }

  jacobian(images: tf.Tensor4D): { logits: tf.Tensor2D; jacobian: tf.Tensor3D } {
    return tf.tidy(() => {
      const rows = Array.from({ length: this.classes }, (_, label) =>
        tf
          .grad((x: tf.Tensor) => tf.sum(tf.slice(this.logits(x as tf.Tensor4D), [0, label], [-1, 1])))(
            images,
          )
          .reshape([images.shape[0], -1]),
      );
      return { logits: this.logits(images), jacobian: tf.stack(rows, 1) as tf.Tensor3D };
    });
  }

  dispose(): void {
    this.model.dispose();
  }
}

interface LayerJson {
  class_name: string;
  config: { activation?: string; [key: string]: unknown };
}

/** The topology with a final softmax (in the last layer, or as a layer of its own) replaced by the identity. */
function withoutSoftmax(topology: unknown): { modelTopology: unknown; removed: boolean } {
  const copy = JSON.parse(JSON.stringify(topology)) as Record<string, unknown>;
  const model = (copy.model_config ?? copy) as { config?: { layers?: LayerJson[] } | LayerJson[] };
  const layers = Array.isArray(model.config) ? model.config : model.config?.layers;
  const last = layers?.at(-1);
  if (last?.config.activation === 'softmax') {
    last.config.activation = 'linear';
    return { modelTopology: copy, removed: true };
  }
  if (last?.class_name === 'Softmax') {
    last.class_name = 'Activation';
    last.config = { name: last.config.name, activation: 'linear' };
    return { modelTopology: copy, removed: true };
  }
  return { modelTopology: copy, removed: false };
}

/** Counts what an attack asks of its target; the target itself does not know. */
export class CountingTarget implements WhiteBoxTarget {
  queries = 0;
  gradients = 0;

  constructor(private readonly target: WhiteBoxTarget) {}

  get inputShape() {
    return this.target.inputShape;
  }
  get classes() {
    return this.target.classes;
  }
  get capabilities() {
    return this.target.capabilities;
  }

  scores(images: tf.Tensor4D): Promise<tf.Tensor2D> {
    this.queries += images.shape[0];
    return this.target.scores(images);
  }

  logits(images: tf.Tensor4D): tf.Tensor2D {
    this.queries += images.shape[0];
    return this.target.logits(images);
  }

  gradient(
    images: tf.Tensor4D,
    loss: Loss,
  ): { logits: tf.Tensor2D; loss: tf.Tensor1D; gradient: tf.Tensor4D } {
    this.gradients += images.shape[0];
    return this.target.gradient(images, loss);
  }

  jacobian(images: tf.Tensor4D): { logits: tf.Tensor2D; jacobian: tf.Tensor3D } {
    this.gradients += images.shape[0] * this.classes;
    return this.target.jacobian(images);
  }
}
