/** Attacks on a training set, and the filters that look for them. */
import type * as tf from '@tensorflow/tfjs';
import type { ImageDataset, Split } from '../../contract/dataset';
import type { ImageShape, RecoveredTrigger, TriggerPicture } from '../../contract/events';
import type { Applied, ParamsOf, ParamSpecs } from '../../contract/params';
import type { Context } from '../context';
import type { AttackBase, DefenseBase } from './common';
import type { CostBasis } from './robust-training';
import type { Batch, FeatureTarget, WhiteBoxTarget } from './targets';

/** What a poisoning is given while it makes its samples. */
export interface PoisonContext extends Context {
  /**
   * A network of the arm's architecture that the attacker trained for himself on the clean training set, for as many epochs
   * as the arm's; released by the frame.
   */
  surrogate(): Promise<FeatureTarget>;
  /**
   * Another attack as an ingredient, every input taking all steps, held to its own budget; `part` numbers the batches. The
   * caller disposes the result.
   */
  attack(applied: Applied, target: WhiteBoxTarget, batch: Batch, part: number): Promise<tf.Tensor4D>;
  /** To be told now and then which share of the work is done, from 0 to 1; the surrogate's training is not a part of it. */
  progress(share: number): void;
}

/** What sets a backdoor off. */
export interface Trigger {
  /** The class that inputs with the trigger are to be given. */
  target: number;
  /** Images with the trigger, n × size values in [0, 1], a new array. */
  apply(images: Float32Array): Float32Array;
  /** The trigger itself. */
  picture: TriggerPicture;
}

/** Training samples that a poisoning may alter. */
export interface Eligible {
  /** Their indices, rising. */
  among: Uint32Array;
  /** How many of them it alters. */
  count: number;
}

export interface TrainingSetAttack<P extends ParamSpecs = ParamSpecs> extends AttackBase<P> {
  surface: 'training-set';
  /** Whether it asks for a surrogate, for the estimate of the time. */
  surrogate?(params: ParamsOf<P>): boolean;
  /** Work beside the surrogate's training, in plain gradient steps on a batch; for those that report progress. */
  cost?(basis: CostBasis, params: ParamsOf<P>): number;
  /**
   * What may be altered; asked for before anything is trained.
   * @throws LabError, naming the parameter, for what the data do not allow
   */
  eligible(dataset: ImageDataset, params: ParamsOf<P>): Eligible;
  /**
   * Alters samples of the training part, in place: a sample keeps its index. Never changes `dataset`; `changed` are the
   * indices, rising.
   */
  poison(
    dataset: ImageDataset,
    eligible: Eligible,
    params: ParamsOf<P>,
    context: PoisonContext,
  ): Promise<{ dataset: ImageDataset; changed: Uint32Array }>;
  /**
   * Backdoors: what is put on test images. `context` has the streams that `poison` has.
   * @throws LabError, naming the parameter, for a trigger that does not fit the images
   */
  trigger?(
    data: Pick<ImageDataset, 'shape' | 'classes'>,
    params: ParamsOf<P>,
    context: Pick<Context, 'random'>,
  ): Trigger;
  /** Targeted poisonings: the test input, and the class it is to be given. */
  victim?(params: ParamsOf<P>): { input: number; target: number };
}

export const defineTrainingSetAttack = <const P extends ParamSpecs>(
  d: Omit<TrainingSetAttack<P>, 'kind' | 'surface'>,
): TrainingSetAttack<P> => ({ kind: 'attack', surface: 'training-set', ...d });

/** What a filter examines. */
export interface Examined {
  train: Split;
  /** Inputs that are known to be clean; there may be none. */
  validation: Split;
  shape: ImageShape;
  classes: number;
}

/** What a filter found. */
export interface Suspicion {
  /** Indices of the training samples to be left out, rising. */
  removed: Uint32Array;
  /** How suspicious each training sample looked, the higher the more; null where there is no such number. */
  scores: Float32Array | null;
  /** A trigger found for each class. */
  recovered?: RecoveredTrigger[];
}

export interface FilterContext extends Context {
  /** Trains a further network on some of the samples, as long as an examined one; counted among the filter's `fits`. */
  fit(some: Split): Promise<FeatureTarget>;
  /** To be told now and then which share of the examination is done, from 0 to 1; networks trained meanwhile are not a part of it. */
  progress(share: number): void;
}

interface FilterBase<P extends ParamSpecs> extends DefenseBase<P> {
  stage: 'filtering';
  /** Throws LabError, naming the parameter, for a training set it cannot examine; called before anything is trained. */
  check?(examined: Examined, params: ParamsOf<P>): void;
  /** Most networks it trains by `context.fit`; none unless given. */
  fits?(params: ParamsOf<P>): number;
  /** Work of the examination but for training networks, in plain gradient steps on a batch. */
  cost(basis: CostBasis, params: ParamsOf<P>): number;
}

/**
 * Finds poisoned samples in a training set. The frame holds what it finds against the provenance, and trains a fresh model
 * without them. The filter itself never sees the provenance.
 */
export type FilteringDefense<P extends ParamSpecs = ParamSpecs> = FilterBase<P> &
  (
    | {
        /** A network trained on the whole set, `epochs` of its parameters long where it has such. */
        examines: 'model';
        suspect(
          examined: Examined,
          model: FeatureTarget,
          params: ParamsOf<P>,
          context: FilterContext,
        ): Promise<Suspicion>;
      }
    | {
        examines: 'data';
        suspect(
          examined: Examined,
          model: null,
          params: ParamsOf<P>,
          context: FilterContext,
        ): Promise<Suspicion>;
      }
  );

/** A filter that examines a model trained on the whole set. */
export const defineModelFilter = <const P extends ParamSpecs>(
  d: Omit<Extract<FilteringDefense<P>, { examines: 'model' }>, 'kind' | 'stage' | 'examines'>,
): FilteringDefense<P> => ({ kind: 'defense', stage: 'filtering', examines: 'model', ...d });

/** A filter that examines the data alone. */
export const defineDataFilter = <const P extends ParamSpecs>(
  d: Omit<Extract<FilteringDefense<P>, { examines: 'data' }>, 'kind' | 'stage' | 'examines'>,
): FilteringDefense<P> => ({ kind: 'defense', stage: 'filtering', examines: 'data', ...d });
