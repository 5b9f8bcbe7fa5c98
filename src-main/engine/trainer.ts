/** Training of classifiers: one loop for plain training and every training defence, with curves and checkpoints. */
import * as tf from '@tensorflow/tfjs';
import type { ImageDataset, Split } from '../contract/dataset';
import type { Training } from '../contract/experiment';
import type { Applied } from '../contract/params';
import { LabError } from '../contract/problem';
import type { ArmContext, Context } from './context';
import type { Batch, FitOptions, Trainer, WhiteBoxTarget } from './definitions';
import { predict } from './evaluate';
import { craft, perturb, readyAttack } from './evasion';
import { gradientStep } from './gradient-step';
import { Network, type LayerSpec } from './network';
import { createOptimizer, type Optimizer } from './optimizers';
import { attackOf } from './registry';
import { selected, sizeOf, toBatch } from './splits';
import { NetworkTarget } from './targets';

/** Batches between two points of a curve: eight points an epoch of 8,000 images at batch 128. */
const BATCHES_PER_POINT = 8;

/** Work of one attacked batch; a gradient in the input costs about 0.8 of a training step (measured on article-cnn). */
export function attackWork({ id, params }: Applied): number {
  const attack = attackOf('evasion', id);
  return 0.8 * attack.cost(params as Parameters<typeof attack.cost>[0]);
}

export interface TrainerJob {
  dataset: ImageDataset;
  training: Training;
  layers: LayerSpec[];
  context: ArmContext;
  /** Epochs already trained, over all fits, and the checkpoint's state; null to start anew. */
  resume: { done: number; state: Record<string, Float32Array> } | null;
}

type Weights = Record<string, Float32Array>;

const prefixed = (prefix: string, values: Weights): Weights =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]));
const unprefixed = (prefix: string, values: Weights): Weights =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => name.startsWith(`${prefix}/`))
      .map(([name, value]) => [name.slice(prefix.length + 1), value]),
  );

/** The trainer of one arm. A defence may call `fit` several times; epochs are counted through. */
export class ArmTrainer implements Trainer {
  private readonly networks: Network[] = [];
  /** Weights of the fits that are over: a defence may still need them after a resume. */
  private finished: Weights = {};
  private epochs = 0;
  private readonly pending = new Map<string, { sum: number; n: number }>();

  constructor(private readonly job: TrainerJob) {}

  /** The network of the last fit. */
  get network(): Network {
    return this.networks.at(-1)!;
  }

  async fit(train: Split, options: FitOptions = {}): Promise<WhiteBoxTarget> {
    const { dataset, training, layers, context, resume } = this.job;
    if (sizeOf(train) === 0) {
      throw new LabError(
        'dataset',
        'has no training samples',
        'Give training files, or attack an imported model.',
      );
    }
    const index = this.networks.length;
    const random = context.for('fit', index).random;
    const network = new Network(dataset.shape, layers, random('weights'));
    this.networks.push(network);
    const target = new NetworkTarget(network, dataset.classes.length);
    const epochs = options.epochs ?? training.epochs;
    const before = this.epochs;
    this.epochs += epochs;
    const done = Math.min(epochs, Math.max(0, (resume?.done ?? 0) - before));
    const finish = () => {
      Object.assign(this.finished, prefixed(`fit/${index}`, network.weights()));
      return target;
    };
    if (resume && done === epochs) {
      network.restore(unprefixed(`fit/${index}`, resume.state));
      return finish();
    }
    const optimizer = createOptimizer(training.optimizer, network.parameters);
    if (resume && done > 0) {
      network.restore(unprefixed('network', resume.state));
      optimizer.restore(unprefixed('optimizer', resume.state));
    }
    for (let epoch = done; epoch < epochs; epoch++) {
      // A stream of its own for every epoch: a resumed training needs no generator state.
      const streams: Context = {
        random: (...purpose) => random(epoch, ...purpose),
        breathe: context.breathe,
      };
      const order = streams
        .random('shuffle')
        .shuffle(Uint32Array.from({ length: sizeOf(train) }, (_, i) => i));
      const late = epoch >= epochs * (1 - training.finalShare);
      const learningRate = late ? training.finalLearningRate : training.learningRate;
      await this.epoch({
        train,
        order,
        target,
        optimizer,
        learningRate,
        options,
        streams,
        epoch,
        epochs,
        before,
      });
      const over = epoch === epochs - 1;
      if (sizeOf(dataset.validation) > 0) {
        const { labels } = await predict(target, dataset.validation);
        const right = labels.filter((label, i) => label === dataset.validation.labels[i]).length;
        this.emitPoint('validationAccuracy', before + epoch + 1, right / labels.length);
      }
      if (over) finish();
      context.emit({
        type: 'checkpoint',
        position: { arm: context.arm.index, stage: 'training', done: before + epoch + 1 },
        state: over
          ? { ...this.finished }
          : {
              ...this.finished,
              ...prefixed('network', network.weights()),
              ...prefixed('optimizer', optimizer.state()),
            },
      });
    }
    optimizer.dispose();
    return target;
  }

  private async epoch(run: {
    train: Split;
    order: Uint32Array;
    target: NetworkTarget;
    optimizer: Optimizer;
    learningRate: number;
    options: FitOptions;
    streams: Context;
    epoch: number;
    epochs: number;
    before: number;
  }): Promise<void> {
    const { train, order, target, optimizer, options, streams, epoch, epochs, before } = run;
    const { training, context } = this.job;
    const batches = Math.ceil(order.length / training.batchSize);
    const workPerBatch = 1 + (options.attack ? attackWork(options.attack) : 0);
    let work = 0;
    for (let b = 0; b < batches; b++) {
      const part = selected(train, order.subarray(b * training.batchSize, (b + 1) * training.batchSize));
      const batch = toBatch(part, target.inputShape);
      const random: Context['random'] = (...purpose) => streams.random(b, ...purpose);
      const images = options.perturb
        ? await options.perturb(target, batch, (epoch + b / batches) / epochs, { ...streams, random })
        : batch.images;
      const { loss, accuracy } = gradientStep(
        target.network,
        optimizer,
        { images, labels: batch.labels },
        run.learningRate,
      );
      tf.dispose([images, batch.images, batch.labels]);
      if (!Number.isFinite(loss)) {
        throw new LabError(
          `training, arm ${context.arm.index}, epoch ${before + epoch + 1}, batch ${b + 1}`,
          `the loss is ${loss}: the training diverged`,
          'Lower training.learningRate, or the epsilon it trains against.',
        );
      }
      this.point('loss', loss);
      this.point('accuracy', accuracy);
      work += workPerBatch;
      if ((b + 1) % BATCHES_PER_POINT === 0 || b === batches - 1) {
        this.flushPoints(before + epoch + (b + 1) / batches);
        context.worked(work, `training, epoch ${epoch + 1} of ${epochs}`);
        work = 0;
      }
      await context.breathe();
    }
  }

  async attack(
    applied: Applied,
    model: WhiteBoxTarget,
    batch: Batch,
    context: Context,
  ): Promise<tf.Tensor4D> {
    return tf.tensor4d(await perturb(applied, model, batch, context), batch.images.shape);
  }

  async attackSplit(applied: Applied, model: WhiteBoxTarget, split: Split): Promise<Float32Array> {
    const { context, training, resume } = this.job;
    // Made again on the way to the checkpoint: its progress is in the record already.
    const replayed = (resume?.done ?? 0) > this.epochs;
    const work = attackWork(applied) / training.batchSize;
    return craft(
      readyAttack(applied),
      model,
      split,
      context.for('craft', this.networks.length),
      false,
      (inputs) => {
        if (!replayed) context.worked(work * inputs, 'making adversarial examples of the training data');
      },
    );
  }

  point(series: string, value: number): void {
    const mean = this.pending.get(series) ?? { sum: 0, n: 0 };
    this.pending.set(series, { sum: mean.sum + value, n: mean.n + 1 });
  }

  private flushPoints(x: number): void {
    for (const [series, { sum, n }] of this.pending) this.emitPoint(series, x, sum / n);
    this.pending.clear();
  }

  private emitPoint(series: string, x: number, value: number): void {
    this.job.context.emit({ type: 'point', arm: this.job.context.arm.index, series, x, value });
  }

  /** Releases every network. */
  dispose(): void {
    for (const network of this.networks) network.dispose();
  }
}
