/** Training of classifiers: one loop for plain training and every training defence, with curves and checkpoints. */
import * as tf from '@tensorflow/tfjs';
import type { ImageDataset, Split } from '../contract/dataset';
import type { Training } from '../contract/experiment';
import type { Applied } from '../contract/params';
import { LabError } from '../contract/problem';
import type { ArmContext, Context } from './context';
import { BestEpoch } from './best-epoch';
import type { Batch, FitOptions, Trainer, WhiteBoxTarget } from './definitions';
import { predict } from './evaluate';
import { craft, perturb, readyAttack } from './evasion';
import { gradientStep } from './gradient-step';
import { prefixed, unprefixed } from './named';
import { Network, type LayerSpec } from './network';
import { createOptimizer, type Optimizer } from './optimizers';
import { attackOf } from './registry';
import { selected, sizeOf, toBatch } from './splits';
import { NetworkTarget } from './target-views';

/** Batches between two points of a curve: eight points an epoch of 8,000 images at batch 128. */
const BATCHES_PER_POINT = 8;

/** Work of one attacked batch; a gradient in the input costs about 0.8 of a training step (measured on article-cnn). */
export function attackWork({ id, params }: Applied): number {
  const attack = attackOf('evasion', id);
  return 0.8 * attack.cost(params as Parameters<typeof attack.cost>[0]);
}

/** Work of fitting an attack, by images and not by batches of them; 0 where nothing is fitted. */
export function fittingWork({ id, params }: Applied, { batchSize }: Training): number {
  const attack = attackOf('evasion', id);
  const passes = attack.fitCost?.(params as Parameters<NonNullable<typeof attack.fitCost>>[0]) ?? 0;
  return (0.8 * passes) / batchSize;
}

export interface TrainerJob {
  dataset: ImageDataset;
  training: Training;
  layers: LayerSpec[];
  context: ArmContext;
  /** Epochs already trained, over all fits, and the checkpoint's state; null to start anew. */
  resume: { done: number; state: Record<string, Float32Array> } | null;
  /** Nobody sees its curves: the accuracy on the validation part, which nothing else depends on, is not measured. */
  unseen?: boolean;
}

type Weights = Record<string, Float32Array>;

/** One fit under way. */
interface Fitting {
  train: Split;
  target: NetworkTarget;
  optimizer: Optimizer;
  best: BestEpoch;
  options: FitOptions;
  epochs: number;
  /** Epochs of the fits before it. */
  before: number;
}

/** The trainer of one arm. A defence may call `fit` several times; epochs are counted through. */
export class ArmTrainer implements Trainer {
  private readonly networks: Network[] = [];
  /** Weights of the fits that are over: a defence may still need them after a resume. */
  private finished: Weights = {};
  private epochs = 0;
  /** Calls of `attackSplit`, each with streams of its own. */
  private crafts = 0;
  private readonly pending = new Map<string, { sum: number; n: number }>();

  constructor(private readonly job: TrainerJob) {}

  get training(): Training {
    return this.job.training;
  }

  get replaying(): boolean {
    return (this.job.resume?.done ?? 0) > this.epochs;
  }

  /** The network of the last fit. */
  get network(): Network {
    return this.networks.at(-1)!;
  }

  async fit(train: Split, options: FitOptions = {}): Promise<NetworkTarget> {
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
    if (options.initial) network.restore(options.initial);
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
    const fitting: Fitting = {
      train,
      target,
      optimizer: createOptimizer(training.optimizer, network.parameters),
      best: new BestEpoch(),
      options,
      epochs,
      before,
    };
    const { optimizer, best } = fitting;
    if (resume && done > 0) {
      network.restore(unprefixed('network', resume.state));
      optimizer.restore(unprefixed('optimizer', resume.state));
      options.memory?.restore(unprefixed('memory', resume.state));
      if (options.earlyStopping) best.restore(unprefixed('best', resume.state));
    }
    let over = false;
    for (let epoch = done; epoch < epochs && !over; epoch++) {
      // A stream of its own for every epoch: a resumed training needs no generator state.
      const streams: Context = {
        random: (...purpose) => random(epoch, ...purpose),
        breathe: context.breathe,
      };
      await this.epoch(fitting, epoch, streams);
      over = await this.look(fitting, epoch, streams);
      if (over) finish();
      context.emit({
        type: 'checkpoint',
        // A fit that is over counts as all its epochs, those it gave up included.
        position: { arm: context.arm.index, stage: 'training', done: before + (over ? epochs : epoch + 1) },
        state: over
          ? { ...this.finished }
          : {
              ...this.finished,
              ...prefixed('network', network.weights()),
              ...prefixed('optimizer', optimizer.state()),
              ...prefixed('memory', options.memory?.state() ?? {}),
              ...prefixed('best', options.earlyStopping ? best.state() : {}),
            },
      });
    }
    optimizer.dispose();
    return target;
  }

  /** Draws what the model has reached after an epoch, and says whether the fit is over. */
  private async look(fitting: Fitting, epoch: number, streams: Context): Promise<boolean> {
    const { target, options, best, epochs, before } = fitting;
    const { unseen, dataset } = this.job;
    const { validation } = dataset;
    const x = before + epoch + 1;
    const last = epoch === epochs - 1;
    const streamsFor = (name: string): Context => ({
      ...streams,
      random: (...purpose) => streams.random(name, ...purpose),
    });
    if (sizeOf(validation) > 0 && !unseen) {
      this.emitPoint('validationAccuracy', x, (await this.right(target, validation)) / sizeOf(validation));
    }
    await options.afterEpoch?.(target, streamsFor('after'));
    this.flushPoints(x);
    if (!options.earlyStopping) return last;
    const { attack, patience, from } = options.earlyStopping;
    const right = await this.standing(attack, target, validation, streamsFor('robust-validation'));
    this.emitPoint('robustValidationAccuracy', x, right / sizeOf(validation));
    // The last epoch always counts, whatever the rounding of a ramp over the whole training.
    if (!last && (epoch + 1) / epochs < from) return false;
    best.offer(right, epoch + 1, () => target.network.weights());
    if (!last && best.since(epoch + 1) < patience) return false;
    this.goBack(fitting, epoch);
    return true;
  }

  /** Takes the weights of the best epoch; the work of the epochs given up counts as done. */
  private goBack({ train, target, options, best, epochs }: Fitting, epoch: number): void {
    const { training, context, dataset } = this.job;
    target.network.restore(best.weights);
    const batches = Math.ceil(sizeOf(train) / training.batchSize);
    const looking =
      (attackWork(options.earlyStopping!.attack) * sizeOf(dataset.validation)) / training.batchSize;
    context.worked(
      (epochs - 1 - epoch) * (batches * (options.replays ?? 1) * (options.work ?? 1) + looking),
      `training ended after epoch ${epoch + 1} of ${epochs}, with the weights of epoch ${best.epoch}`,
    );
  }

  /** Inputs of a split that are classified right. */
  private async right(target: WhiteBoxTarget, split: Split): Promise<number> {
    const { labels } = await predict(target, split);
    return labels.filter((label, i) => label === split.labels[i]).length;
  }

  private async epoch(
    { train, target, optimizer, options, epochs, before }: Fitting,
    epoch: number,
    streams: Context,
  ): Promise<void> {
    const { training, context } = this.job;
    const { perturb, loss: lossOf, descend, replays = 1, learnt, work: workPerStep = 1 } = options;
    const n = sizeOf(train);
    const order = streams.random('shuffle').shuffle(Uint32Array.from({ length: n }, (_, i) => i));
    const late = epoch >= epochs * (1 - training.finalShare);
    const learningRate = late ? training.finalLearningRate : training.learningRate;
    const batches = Math.ceil(n / training.batchSize);
    const drawn = (b: number) => {
      if (options.sampling !== 'poisson')
        return order.subarray(b * training.batchSize, (b + 1) * training.batchSize);
      const random = streams.random('draw', b);
      return order.filter(() => random.uniform() * n < training.batchSize);
    };
    let work = 0;
    for (let b = 0; b < batches; b++) {
      const part = selected(train, drawn(b));
      const batch = toBatch(part, target.inputShape);
      const random: Context['random'] = (...purpose) => streams.random(b, ...purpose);
      for (let replay = 0; replay < replays; replay++) {
        const progress = (epoch + (b + replay / replays) / batches) / epochs;
        const images = await perturb?.(target, batch, progress, { ...streams, random });
        const { loss, accuracy, inputGradient } = gradientStep(
          target.network,
          optimizer,
          batch,
          learningRate,
          {
            images,
            loss: lossOf && ((logits, given) => lossOf(logits, given, progress)),
            descend:
              descend && ((network, given) => descend(network, given, progress, { ...streams, random })),
            inputGradient: learnt !== undefined,
          },
        );
        if (inputGradient) learnt!(inputGradient, progress);
        tf.dispose([images, inputGradient].flatMap((tensor) => tensor ?? []));
        if (!Number.isFinite(loss)) {
          throw new LabError(
            `training, arm ${context.arm.index}, epoch ${before + epoch + 1}, batch ${b + 1}`,
            `the loss is ${loss}: the training diverged`,
            'Lower training.learningRate, or the epsilon it trains against.',
          );
        }
        this.point('loss', loss);
        this.point('accuracy', accuracy);
        work += workPerStep;
      }
      tf.dispose([batch.images, batch.labels]);
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
    const { context, training } = this.job;
    const replayed = this.replaying;
    const work = attackWork(applied) / training.batchSize;
    return craft(readyAttack(applied), model, split, context.for('craft', this.crafts++), false, (inputs) => {
      if (!replayed) context.worked(work * inputs, 'making adversarial examples of the training data');
    });
  }

  async standing(applied: Applied, model: WhiteBoxTarget, split: Split, context: Context): Promise<number> {
    const work = attackWork(applied) / this.job.training.batchSize;
    const report = (inputs: number) =>
      this.job.context.worked(work * inputs, 'trying the model of the moment under attack');
    const images = await craft(readyAttack(applied), model, split, context, true, report);
    return this.right(model, { images, labels: split.labels });
  }

  work(applied: Applied): number {
    return attackWork(applied);
  }

  warn(code: string, message: string): void {
    const { context } = this.job;
    context.emit({ type: 'warning', arm: context.arm.index, code, message });
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
