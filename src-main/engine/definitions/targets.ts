/** Classifiers as an attacker meets them. */
import type * as tf from '@tensorflow/tfjs';
import type { Capability } from '../../contract/catalog';
import type { ABSTAINED, REJECTED } from '../../contract/events';
import type { Network } from '../network';

/** A classifier as an attacker meets it. Images are float32 [n, height, width, channels] in [0, 1]. */
export interface Target {
  inputShape: [number, number, number];
  classes: number;
  capabilities: Capability[];
  /**
   * Logits or log-probabilities, [n, classes]; counted as n queries. The caller disposes the result. Throws LabError
   * for a target that gives labels only.
   */
  scores(images: tf.Tensor4D): Promise<tf.Tensor2D>;
  /** Predicted classes [n]; counted as n queries. */
  decisions(images: tf.Tensor4D): Promise<Int32Array>;
  /** What the target says in the end, where that is not the class of the largest score. */
  ruling?: Ruling;
}

/** The answers of a target that may also give none. */
export interface Ruling {
  /** What stands for no answer. */
  silence: typeof ABSTAINED | typeof REJECTED;
  /** A class or `silence` for each image, and how sure it is of it, in [0, 1]. The same images always get the same answers. */
  on(images: tf.Tensor4D): { labels: ArrayLike<number>; confidences: ArrayLike<number> };
}

/** What is climbed: logits [n, classes] → one value an input [n] and its gradient in the logits [n, classes]. */
export type Loss = (logits: tf.Tensor2D) => { loss: tf.Tensor1D; gradient: tf.Tensor2D };

/** A target whose gradients can be had. Always in inference mode. */
export interface WhiteBoxTarget extends Target {
  /** Logits without counting or waiting; the caller disposes. */
  logits(images: tf.Tensor4D): tf.Tensor2D;
  /** Gradient of each input's loss in that input, with the logits it was taken at; counted as n gradient calls. */
  gradient(
    images: tf.Tensor4D,
    loss: Loss,
  ): { logits: tf.Tensor2D; loss: tf.Tensor1D; gradient: tf.Tensor4D };
  /**
   * Gradients of several values of the logits at once, after one forward pass: of the logits along each of `directions`
   * [n, classes], directions.length tensors [n, height · width · channels]. Counted as n · directions gradient calls.
   */
  gradientsAlong(
    images: tf.Tensor4D,
    directions: tf.Tensor2D[],
  ): { logits: tf.Tensor2D; gradients: tf.Tensor2D[] };
}

/** A network trained here, with the activations that its last layer weighs. */
export interface FeatureTarget extends WhiteBoxTarget {
  network: Network;
  /** [n, units]; the caller disposes. */
  features(images: tf.Tensor4D): tf.Tensor2D;
  /** A loss of the features, one value an input, and its gradient in the images. */
  featureGradient(images: tf.Tensor4D, loss: Loss): { loss: tf.Tensor1D; gradient: tf.Tensor4D };
}

/** Some inputs under attack. `labels` is int32 [n]: what is to be left (untargeted) or reached (targeted). */
export interface Batch {
  images: tf.Tensor4D;
  labels: tf.Tensor1D;
}

export type Goal = 'untargeted' | 'targeted';

/**
 * The target as a black-box attack may ask it: about images made of the batch's inputs. It counts every question for the
 * input (`rows`) it was asked for, holds it to its cap, and notes successes, so that they can be drawn against queries. An
 * input may stand in `rows` any number of times.
 */
export interface Oracle {
  inputShape: [number, number, number];
  classes: number;
  /** Queries the input may still be asked for; Infinity without a cap. */
  left(row: number): number;
  /** Logits or log-probabilities of rows.length images, rows.length × classes. */
  scores(images: Float32Array, rows: ArrayLike<number>): Promise<Float32Array>;
  /** Predicted classes of rows.length images. */
  decisions(images: Float32Array, rows: ArrayLike<number>): Promise<Int32Array>;
}
