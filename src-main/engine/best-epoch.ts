/** The best epoch of a fit so far, by its robust validation accuracy: what early stopping waits for and goes back to. */
import { prefixed, unprefixed } from './named';

export class BestEpoch {
  /** Inputs it had right: a count, which a checkpoint keeps exactly. */
  private right = -1;
  /** Counted from 1; 0 before any was offered. */
  epoch = 0;
  weights: Record<string, Float32Array> = {};

  /** Takes the weights where no epoch before had as many inputs right. */
  offer(right: number, epoch: number, weights: () => Record<string, Float32Array>): void {
    if (right <= this.right) return;
    this.right = right;
    this.epoch = epoch;
    this.weights = weights();
  }

  /** Epochs since the best one. */
  since(epoch: number): number {
    return epoch - this.epoch;
  }

  state(): Record<string, Float32Array> {
    return { best: Float32Array.of(this.right, this.epoch), ...prefixed('weights', this.weights) };
  }

  restore(state: Record<string, Float32Array>): void {
    [this.right, this.epoch] = state.best as unknown as [number, number];
    this.weights = unprefixed('weights', state);
  }
}
