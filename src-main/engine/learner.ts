/** A classifier that an attack trains for itself; the arms' own training, with its curves and checkpoints, is `trainer.ts`. */
import * as tf from '@tensorflow/tfjs';
import type { Split } from '../contract/dataset';
import type { Random } from '../contract/random';
import type { Context } from './context';
import { gradientStep } from './gradient-step';
import { Network, type LayerSpec } from './network';
import { Adam } from './optimizers';
import { selected, toBatch } from './splits';
import { NetworkTarget } from './target-views';

const BATCH_SIZE = 64;

export class Learner {
  /** The network of the moment, to be asked and attacked. */
  readonly target: NetworkTarget;
  private readonly optimizer: Adam;

  /** @throws RangeError when a layer does not fit what it is given */
  constructor(shape: [number, number, number], classes: number, layers: LayerSpec[], random: Random) {
    const network = new Network(shape, layers, random);
    this.target = new NetworkTarget(network, classes);
    this.optimizer = new Adam(network.parameters);
  }

  /** One pass over the inputs, in an order drawn from `random`. */
  async epoch(
    split: Split,
    learningRate: number,
    random: Random,
    breathe: Context['breathe'],
  ): Promise<void> {
    const order = random.shuffle(Uint32Array.from(split.labels.keys()));
    for (let start = 0; start < order.length; start += BATCH_SIZE) {
      const part = selected(split, order.subarray(start, start + BATCH_SIZE));
      const batch = toBatch(part, this.target.inputShape);
      gradientStep(this.target.network, this.optimizer, batch, learningRate);
      tf.dispose([batch.images, batch.labels]);
      await breathe();
    }
  }

  dispose(): void {
    this.optimizer.dispose();
    this.target.network.dispose();
  }
}
