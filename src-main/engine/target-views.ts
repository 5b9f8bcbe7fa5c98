/** Classifiers as attackers meet them: a network of the lab, or an imported layers model; and the one that counts. */
import * as tf from '@tensorflow/tfjs';
import type { LayersArtifacts } from '../contract/layers-artifacts';
import { LabError } from '../contract/problem';
import type { Random } from '../contract/random';
import type { RemoteModel } from '../contract/remote-model';
import type { FeatureTarget, Loss, Target, Transformed, WhiteBoxTarget } from './definitions';
import type { Memory } from './memory';
import type { Network } from './network';
import { argMax } from './oracle';
import { rebuiltModel } from './rebuilt-model';

type Shape = [number, number, number];

/** The target with its gradients. Throws LabError for one that has none. */
export function whiteBox(target: Target): WhiteBoxTarget {
  if (target.capabilities.includes('gradients')) return target as WhiteBoxTarget;
  throw new LabError(
    'attacks',
    'the attack needs gradients, which the target does not have',
    'Use an attack that needs only answers, or a target with a network.',
  );
}

/** Predicted classes from scores, which are disposed. */
export function labelsOf(scores: tf.Tensor2D): Int32Array {
  const labels = tf.tidy(() => scores.argMax(1));
  const values = labels.dataSync<'int32'>().slice();
  tf.dispose([scores, labels]);
  return values;
}

/** Images as rows, [n, height · width · channels]. */
const flat = (images: tf.Tensor): tf.Tensor2D => images.reshape([images.shape[0]!, -1]);

/** A network trained here. Its gradients come from the written-out backward pass. */
export class NetworkTarget implements FeatureTarget {
  readonly capabilities = [
    'gradients',
    'scores',
    'decisions',
    'training',
  ] as const satisfies Target['capabilities'];
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

  async decisions(images: tf.Tensor4D): Promise<Int32Array> {
    return labelsOf(this.logits(images));
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

  features(images: tf.Tensor4D): tf.Tensor2D {
    return tf.tidy(() => this.network.forward(images).at(-2) as tf.Tensor2D);
  }

  featureGradient(images: tf.Tensor4D, loss: Loss): { loss: tf.Tensor1D; gradient: tf.Tensor4D } {
    return tf.tidy(() => {
      const activations = this.network.forward(images).slice(0, -1);
      const climbed = loss(activations.at(-1) as tf.Tensor2D);
      return {
        loss: climbed.loss,
        gradient: this.network.inputGradient(activations, climbed.gradient) as tf.Tensor4D,
      };
    });
  }

  gradientsAlong(
    images: tf.Tensor4D,
    directions: tf.Tensor2D[],
  ): { logits: tf.Tensor2D; gradients: tf.Tensor2D[] } {
    return tf.tidy(() => {
      const activations = this.network.forward(images);
      return {
        logits: activations.at(-1) as tf.Tensor2D,
        gradients: this.network.inputGradients(activations, directions).map(flat),
      };
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
  readonly capabilities = ['gradients', 'scores', 'decisions'] as const satisfies Target['capabilities'];
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
  static async create(artifacts: LayersArtifacts, options: ImportOptions): Promise<LayersTarget> {
    const { model, removed } = await rebuiltModel(artifacts, 'model.path');
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

  async decisions(images: tf.Tensor4D): Promise<Int32Array> {
    return labelsOf(this.logits(images));
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

  gradientsAlong(
    images: tf.Tensor4D,
    directions: tf.Tensor2D[],
  ): { logits: tf.Tensor2D; gradients: tf.Tensor2D[] } {
    return tf.tidy(() => ({
      logits: this.logits(images),
      gradients: directions.map((direction) =>
        flat(tf.grad((x: tf.Tensor) => tf.sum(tf.mul(this.logits(x as tf.Tensor4D), direction)))(images)),
      ),
    }));
  }

  dispose(): void {
    this.model.dispose();
  }
}

/** A classifier that only answers, behind a file or an address; nothing of it can be differentiated. */
export class RemoteTarget implements Target {
  readonly capabilities: Target['capabilities'];
  readonly inputShape: Shape;
  readonly classes: number;
  /** During an attack: keeps the answers, and gives those of an interrupted attempt. */
  memory: Memory | null = null;

  /** @param signal stops a question that is under way */
  constructor(
    private readonly model: RemoteModel,
    private readonly signal: AbortSignal,
  ) {
    this.inputShape = model.inputShape;
    this.classes = model.classes;
    this.capabilities = model.gives === 'scores' ? ['scores', 'decisions'] : ['decisions'];
  }

  async scores(images: tf.Tensor4D): Promise<tf.Tensor2D> {
    if (this.model.gives === 'labels') {
      throw new LabError(
        this.model.name,
        'it answers with labels, where scores are needed',
        'Use an attack that needs only decisions.',
      );
    }
    return tf.tensor2d(await this.ask(images), [images.shape[0], this.classes]);
  }

  async decisions(images: tf.Tensor4D): Promise<Int32Array> {
    if (this.model.gives === 'scores') return labelsOf(await this.scores(images));
    return Int32Array.from(await this.ask(images));
  }

  private async ask(images: tf.Tensor4D): Promise<Float32Array> {
    const { model, memory } = this;
    const [n, ...shape] = images.shape;
    const size = shape.reduce((a, b) => a * b, 1);
    const width = model.gives === 'scores' ? this.classes : 1;
    const values = await images.data<'float32'>();
    const answers = new Float32Array(n * width);
    for (let start = 0; start < n; start += model.atOnce) {
      const count = Math.min(model.atOnce, n - start);
      const part = values.subarray(start * size, (start + count) * size);
      let answer = memory?.recall(part);
      if (!answer) {
        answer = await model.ask(part, count, this.signal);
        memory?.keep(part, answer);
      }
      answers.set(answer, start * width);
    }
    return answers;
  }
}

/** A classifier behind a transformation of its inputs, attacked through it. */
export class PreprocessedTarget implements WhiteBoxTarget {
  readonly capabilities: Target['capabilities'];

  /** @param random draws of the transformation, where it is randomised; see `restart` */
  constructor(
    private readonly inner: WhiteBoxTarget,
    private readonly transform: (images: tf.Tensor4D, random: Random) => Transformed,
    randomised: boolean,
    private random: Random,
  ) {
    this.capabilities = [
      'gradients',
      'scores',
      'decisions',
      ...(randomised ? (['randomised'] as const) : []),
    ];
  }

  get inputShape() {
    return this.inner.inputShape;
  }
  get classes() {
    return this.inner.classes;
  }

  /** Draws from another stream from now on, so that an evaluation does not depend on those before it. */
  restart(random: Random): void {
    this.random = random;
  }

  async scores(images: tf.Tensor4D): Promise<tf.Tensor2D> {
    return this.logits(images);
  }

  async decisions(images: tf.Tensor4D): Promise<Int32Array> {
    return labelsOf(this.logits(images));
  }

  logits(images: tf.Tensor4D): tf.Tensor2D {
    return tf.tidy(() => this.inner.logits(this.transform(images, this.random).images));
  }

  gradient(
    images: tf.Tensor4D,
    loss: Loss,
  ): { logits: tf.Tensor2D; loss: tf.Tensor1D; gradient: tf.Tensor4D } {
    return tf.tidy(() => {
      const { images: seen, pullback } = this.transform(images, this.random);
      const { gradient, ...rest } = this.inner.gradient(seen, loss);
      return { ...rest, gradient: pullback(gradient) };
    });
  }

  gradientsAlong(
    images: tf.Tensor4D,
    directions: tf.Tensor2D[],
  ): { logits: tf.Tensor2D; gradients: tf.Tensor2D[] } {
    return tf.tidy(() => {
      const { images: seen, pullback } = this.transform(images, this.random);
      const { logits, gradients } = this.inner.gradientsAlong(seen, directions);
      return {
        logits,
        gradients: gradients.map((row) => flat(pullback(row.reshape(seen.shape) as tf.Tensor4D))),
      };
    });
  }
}

/** What stands in front of a target and looks like it. */
export abstract class TargetInFront {
  protected readonly target: WhiteBoxTarget;

  /** A target without gradients may be given: its gradients are never asked for, since `whiteBox` refuses them. */
  constructor(target: Target) {
    this.target = target as WhiteBoxTarget;
  }

  get inputShape() {
    return this.target.inputShape;
  }
  get classes() {
    return this.target.classes;
  }
  get capabilities() {
    return this.target.capabilities;
  }
}

/**
 * A randomised target as an adaptive attacker meets it: every answer and gradient is the mean over some draws of it
 * (expectation over transformation; Athalye, Engstrom, Ilyas, Kwok 2018, arXiv:1707.07397).
 */
export class ExpectationTarget extends TargetInFront implements WhiteBoxTarget {
  constructor(
    target: Target,
    private readonly draws: number,
  ) {
    super(target);
  }

  async scores(images: tf.Tensor4D): Promise<tf.Tensor2D> {
    let sum = await this.target.scores(images);
    for (let i = 1; i < this.draws; i++) {
      const [before, next] = [sum, await this.target.scores(images)];
      sum = tf.add(before, next);
      tf.dispose([before, next]);
    }
    const mean = tf.tidy(() => tf.div(sum, this.draws) as tf.Tensor2D);
    sum.dispose();
    return mean;
  }

  /** The class most often answered; of several the first. */
  async decisions(images: tf.Tensor4D): Promise<Int32Array> {
    const [n] = images.shape;
    const votes = new Uint32Array(n * this.classes);
    for (let i = 0; i < this.draws; i++) {
      const labels = await this.target.decisions(images);
      labels.forEach((label, row) => votes[row * this.classes + label]!++);
    }
    return Int32Array.from({ length: n }, (_, row) => argMax(votes, row * this.classes, this.classes));
  }

  logits(images: tf.Tensor4D): tf.Tensor2D {
    return this.mean(() => ({ logits: this.target.logits(images) })).logits;
  }

  gradient(
    images: tf.Tensor4D,
    loss: Loss,
  ): { logits: tf.Tensor2D; loss: tf.Tensor1D; gradient: tf.Tensor4D } {
    return this.mean(() => this.target.gradient(images, loss));
  }

  gradientsAlong(
    images: tf.Tensor4D,
    directions: tf.Tensor2D[],
  ): { logits: tf.Tensor2D; gradients: tf.Tensor2D[] } {
    const { logits, ...rows } = this.mean((): Record<string, tf.Tensor> => {
      const drawn = this.target.gradientsAlong(images, directions);
      return { logits: drawn.logits, ...Object.fromEntries(drawn.gradients.entries()) };
    });
    return { logits: logits as tf.Tensor2D, gradients: directions.map((_, i) => rows[i] as tf.Tensor2D) };
  }

  private mean<T extends Record<string, tf.Tensor>>(draw: () => T): T {
    return tf.tidy(() => {
      let sum = draw();
      for (let i = 1; i < this.draws; i++) {
        const next = draw();
        sum = mapped(sum, (tensor, name) => tf.add(tensor, next[name]!));
      }
      return mapped(sum, (tensor) => tf.div(tensor, this.draws));
    });
  }
}

const mapped = <T extends Record<string, tf.Tensor>>(
  tensors: T,
  change: (tensor: tf.Tensor, name: keyof T) => tf.Tensor,
): T =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor, name)])) as T;

/** Passes every question on, told of each: see `asked`. */
export abstract class WatchedTarget extends TargetInFront implements WhiteBoxTarget {
  /** `gradients`: gradient calls an image, 0 for a forward pass alone. */
  protected abstract asked(images: tf.Tensor4D, gradients: number): void;

  scores(images: tf.Tensor4D): Promise<tf.Tensor2D> {
    this.asked(images, 0);
    return this.target.scores(images);
  }

  decisions(images: tf.Tensor4D): Promise<Int32Array> {
    this.asked(images, 0);
    return this.target.decisions(images);
  }

  logits(images: tf.Tensor4D): tf.Tensor2D {
    this.asked(images, 0);
    return this.target.logits(images);
  }

  gradient(
    images: tf.Tensor4D,
    loss: Loss,
  ): { logits: tf.Tensor2D; loss: tf.Tensor1D; gradient: tf.Tensor4D } {
    this.asked(images, 1);
    return this.target.gradient(images, loss);
  }

  gradientsAlong(
    images: tf.Tensor4D,
    directions: tf.Tensor2D[],
  ): { logits: tf.Tensor2D; gradients: tf.Tensor2D[] } {
    this.asked(images, directions.length);
    return this.target.gradientsAlong(images, directions);
  }
}

/** Counts what an attack asks of its target; the target itself does not know. */
export class CountingTarget extends WatchedTarget {
  queries = 0;
  gradients = 0;

  protected asked(images: tf.Tensor4D, gradients: number): void {
    if (gradients > 0) this.gradients += images.shape[0] * gradients;
    else this.queries += images.shape[0];
  }
}
