/** Defences that train a classifier in another way, those that prove something of it included. */
import type * as tf from '@tensorflow/tfjs';
import type { Norm } from '../../contract/catalog';
import type { ImageDataset, Split } from '../../contract/dataset';
import type { Training } from '../../contract/experiment';
import type { Applied, ParamsOf, ParamSpecs } from '../../contract/params';
import type { Context } from '../context';
import type { Network } from '../network';
import type { DefenseBase } from './common';
import type { Batch, FeatureTarget, WhiteBoxTarget } from './targets';

/**
 * What a training descends in place of the cross-entropy: logits of what the network was shown → one value an input of the
 * (clean) batch [n], and the gradient of their sum in the logits. Called within tf.tidy.
 */
export type TrainingLoss = (
  logits: tf.Tensor2D,
  batch: Batch,
) => { loss: tf.Tensor1D; gradient: tf.Tensor2D };

/** Ends a fit when the robust accuracy on the validation part no longer grows, and takes the weights of the best epoch. */
export interface EarlyStopping {
  attack: Applied;
  /** Epochs in a row without a better one that end the training. */
  patience: number;
  /** Share of the training before which no epoch counts: while epsilon grows, the accuracy under all of it says little. */
  from: number;
}

/** One step down a loss: its mean over a batch, the accuracy there, and the gradients of the parameters in their order. */
export interface Descent {
  loss: number;
  accuracy: number;
  gradients: tf.Tensor[];
}

/** How a training defence alters one `fit`. */
export interface FitOptions {
  epochs?: number;
  /** Weights to begin with, by name, in place of freshly drawn ones. */
  initial?: Record<string, Float32Array>;
  /**
   * Replaces the whole step's loss by one that is not of the logits alone; called within tf.tidy. `progress` as in `perturb`.
   */
  descend?(network: Network, batch: Batch, progress: number, context: Context): Descent;
  /** Instead of going through all images in a random order: each takes part in a step with the same chance, for itself. */
  sampling?: 'poisson';
  /**
   * Replaces a batch's images before the gradient step; `progress` runs from 0 to 1 over the training. More rows than the
   * batch has are for a `loss` that compares; the first ones count for the accuracy.
   */
  perturb?(model: WhiteBoxTarget, batch: Batch, progress: number, context: Context): Promise<tf.Tensor4D>;
  /** Replaces the cross-entropy; `progress` as in `perturb`. */
  loss?(...step: [...Parameters<TrainingLoss>, progress: number]): ReturnType<TrainingLoss>;
  /** Steps in a row on every batch, each perturbed anew; 1 unless given. */
  replays?: number;
  /** Told the gradient of the loss in the images of each step, [rows, height, width, channels]. */
  learnt?(gradient: tf.Tensor4D, progress: number): void;
  /** After every epoch, before its checkpoint; `trainer.point` draws at the epoch's end. */
  afterEpoch?(model: WhiteBoxTarget, context: Context): Promise<void>;
  /** What the defence carries from one batch or epoch to the next: part of the checkpoints. */
  memory?: {
    state(): Record<string, Float32Array>;
    restore(state: Record<string, Float32Array>): void;
  };
  earlyStopping?: EarlyStopping | null;
  /** Work of a step with its `perturb`, a plain gradient step being 1; 1 unless given. */
  work?: number;
}

/** What a training defence works with. */
export interface Trainer {
  readonly training: Training;
  /** Whether a resumed run is still on the way to its checkpoint: what is done now is in the record already. */
  readonly replaying: boolean;
  /** Trains a freshly initialised model and returns it. */
  fit(train: Split, options?: FitOptions): Promise<FeatureTarget>;
  /** Another attack as an ingredient: no early finish, budget and range enforced as in an evaluation. */
  attack(applied: Applied, model: WhiteBoxTarget, batch: Batch, context: Context): Promise<tf.Tensor4D>;
  /** The same over a whole split, in batches; progress and pauses included. */
  attackSplit(applied: Applied, model: WhiteBoxTarget, split: Split): Promise<Float32Array>;
  /** How many inputs of a split are classified right under an attack, which finishes early as in an evaluation. */
  standing(applied: Applied, model: WhiteBoxTarget, split: Split, context: Context): Promise<number>;
  /** Work of an attack on a batch, a plain gradient step being 1. */
  work(applied: Applied): number;
  /** A value of one of the curves in contract/metrics.ts, drawn as its mean over some batches. */
  point(series: string, value: number): void;
  /** Tells of something in this training that its reader should know. */
  warn(code: string, message: string): void;
}

/** Cost of a training in plain gradient steps an epoch and batch; see `TrainedDefense.cost`. */
export interface CostBasis {
  epochs: number;
  batches: number;
  /** Images of the training and of the validation part. */
  train: number;
  validation: number;
  /** Passes an input of an attack, as gradient steps. */
  attack(applied: Applied): number;
  /** Work of an attack on some inputs, in batches. */
  examined(applied: Applied, inputs: number): number;
}

interface TrainedDefense<P extends ParamSpecs> extends DefenseBase<P> {
  /** Attacks trained against that are not among the parameters, by id: the lab tells seen from unseen attacks by them. */
  against?: string[];
  /**
   * Work units of the whole training, a plain gradient step on a batch being 1; what `fit`, `attackSplit` and `standing`
   * report adds up to it.
   */
  cost(basis: CostBasis, params: ParamsOf<P>): number;
  /**
   * Where the training is differentially private: ε that it spends on so many images, at the δ among the parameters.
   * @throws LabError where its budget does not suffice
   */
  spent?(params: ParamsOf<P>, images: number, batchSize: number): number;
  /** The last `fit` it awaits is the defended model. */
  train(trainer: Trainer, dataset: ImageDataset, params: ParamsOf<P>, context: Context): Promise<void>;
}

export interface TrainingDefense<P extends ParamSpecs = ParamSpecs> extends TrainedDefense<P> {
  stage: 'training';
}

export const defineTrainingDefense = <const P extends ParamSpecs>(
  d: Omit<TrainingDefense<P>, 'kind' | 'stage'>,
): TrainingDefense<P> => ({ kind: 'defense', stage: 'training', ...d });

/** What is proven of a model, an input a row. */
export interface Certificates {
  method: 'interval-bounds' | 'randomized-smoothing';
  norm: Norm;
  /** Within this distance the input is classified right, whatever is done to it; −1 where no right class is proven. */
  radius: Float32Array;
  /** Inputs on which the certificate abstains. */
  abstained: number;
}

/** Answers of a target that is asked about noisy copies of every image. */
export interface Smoothing {
  sigma: number;
  /** Copies whose classes are counted for an answer, and the chance that the answer is not the likeliest class. */
  votes: number;
  alpha: number;
}

/** Trains a model of which something can be proven, and proves it. */
export interface CertifiedDefense<P extends ParamSpecs = ParamSpecs> extends TrainedDefense<P> {
  stage: 'certified';
  /** Throws LabError, naming the parameter, where nothing could ever be proven; called before anything is trained. */
  check?(params: ParamsOf<P>): void;
  /** Present where the model answers by a vote over noisy copies of its input. */
  smoothing?(params: ParamsOf<P>): Smoothing;
  /** Forward passes of one input's certificate, for the estimate of the time. */
  certificateCost(params: ParamsOf<P>): number;
  certify(target: FeatureTarget, split: Split, params: ParamsOf<P>, context: Context): Promise<Certificates>;
}

export const defineCertifiedDefense = <const P extends ParamSpecs>(
  d: Omit<CertifiedDefense<P>, 'kind' | 'stage'>,
): CertifiedDefense<P> => ({ kind: 'defense', stage: 'certified', ...d });
