/** Defences between an input and a classifier: those that reject it, and those that change it. */
import type * as tf from '@tensorflow/tfjs';
import type { Split } from '../../contract/dataset';
import type { ImageShape } from '../../contract/events';
import { integer, number, type ParamsOf, type ParamSpecs } from '../../contract/params';
import type { Random } from '../../contract/random';
import type { DefenseBase } from './common';
import type { FeatureTarget } from './targets';

/** Scores how much an input looks like an attack. */
export interface Detector {
  /** Scores [n], the higher the more suspicious, and their gradient in the images; to be called within tf.tidy. */
  suspicion(images: tf.Tensor4D): tf.Tensor1D;
  suspicionGradient(images: tf.Tensor4D): { loss: tf.Tensor1D; gradient: tf.Tensor4D };
  dispose(): void;
}

/**
 * Rejects inputs that look like attacks, beside a model that is trained as if there were no detector. The threshold is the
 * frame's: set on clean inputs that were not trained on.
 */
export interface DetectionDefense<P extends ParamSpecs = ParamSpecs> extends DefenseBase<P> {
  stage: 'detection';
  /** Throws LabError, naming the parameter, for images it does not fit; called before anything is trained. */
  check?(shape: ImageShape, params: ParamsOf<P>): void;
  /** Learns what clean inputs look like; never sees an attack. */
  fit(target: FeatureTarget, train: Split, params: ParamsOf<P>): Detector;
}

/** Parameters that every detector has; the frame reads them. */
const EVERY_DETECTION = {
  falsePositiveRate: number({
    default: 0.05,
    min: 0,
    max: 1,
    unit: 'share',
    help: 'Share of clean validation inputs that may be rejected; sets the threshold.',
  }),
  evasionSteps: integer({
    default: 100,
    min: 1,
    max: 100000,
    unit: 'steps',
    help: 'Steps an adaptive attacker takes from what each attack found, to lower the score while the model stays fooled.',
    advanced: true,
  }),
};

/** As the frame reads them. */
export type DetectionParams = ParamsOf<typeof EVERY_DETECTION>;

export const defineDetectionDefense = <const P extends ParamSpecs>(
  d: Omit<DetectionDefense<P>, 'kind' | 'stage'>,
): DetectionDefense<P & typeof EVERY_DETECTION> => ({
  kind: 'defense',
  stage: 'detection',
  ...d,
  params: { ...d.params, ...EVERY_DETECTION },
});

/** Images as the model is to see them, and the way back for gradients. */
export interface Transformed {
  /** [n, height, width, channels] in [0, 1], a new tensor. */
  images: tf.Tensor4D;
  /**
   * Gradient in the transformed images → gradient in the originals. Where the transformation has no useful derivative the
   * identity stands for it (BPDA; Athalye, Carlini, Wagner 2018, arXiv:1802.00420). Called within the same tf.tidy.
   */
  pullback(gradient: tf.Tensor4D): tf.Tensor4D;
}

/** Changes every image before the model sees it, in evaluation only; the model is trained as if there were none. */
export interface PreprocessingDefense<P extends ParamSpecs = ParamSpecs> extends DefenseBase<P> {
  stage: 'preprocessing';
  /** Draws anew for every image that is asked about. */
  randomised: boolean;
  /** Throws LabError, naming the parameter, for images it does not fit; called before anything is trained. */
  check?(shape: ImageShape, params: ParamsOf<P>): void;
  /** Called within tf.tidy. */
  transform(images: tf.Tensor4D, params: ParamsOf<P>, random: Random): Transformed;
}

export const definePreprocessingDefense = <const P extends ParamSpecs>(
  d: Omit<PreprocessingDefense<P>, 'kind' | 'stage'>,
): PreprocessingDefense<P> => ({ kind: 'defense', stage: 'preprocessing', ...d });
