/** A model whose answers a defence changes, or gives to some only. */
import * as tf from '@tensorflow/tfjs';
import type { Metrics } from '../contract/events';
import type { Answering, Loss, WhiteBoxTarget } from './definitions';
import { labelsOf, TargetInFront } from './target-views';
import { readOut } from './read-out';

/** Whoever has the network meets it as it is: what stands behind it can be left out. */
export class AnsweringTarget extends TargetInFront implements WhiteBoxTarget {
  private client: Answering;

  constructor(
    network: WhiteBoxTarget,
    private readonly begin: (attacked: boolean) => Answering,
  ) {
    super(network);
    this.client = begin(false);
  }

  /** Forgets who asked: an attacker comes, or everybody. */
  restart(attacked: boolean): void {
    this.client = this.begin(attacked);
  }

  report(): Metrics {
    return this.client.report?.() ?? {};
  }

  async scores(images: tf.Tensor4D): Promise<tf.Tensor2D> {
    const logs = readOut(() => tf.logSoftmax(this.target.logits(images)));
    return tf.tensor2d(this.client.answer(images.dataSync<'float32'>(), logs), [
      images.shape[0],
      this.classes,
    ]);
  }

  async decisions(images: tf.Tensor4D): Promise<Int32Array> {
    return labelsOf(await this.scores(images));
  }

  logits(images: tf.Tensor4D): tf.Tensor2D {
    return this.target.logits(images);
  }

  gradient(
    images: tf.Tensor4D,
    loss: Loss,
  ): { logits: tf.Tensor2D; loss: tf.Tensor1D; gradient: tf.Tensor4D } {
    return this.target.gradient(images, loss);
  }

  gradientsAlong(
    images: tf.Tensor4D,
    directions: tf.Tensor2D[],
  ): { logits: tf.Tensor2D; gradients: tf.Tensor2D[] } {
    return this.target.gradientsAlong(images, directions);
  }
}
