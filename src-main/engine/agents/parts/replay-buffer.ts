import type { Random } from '../../../contract/random';
import type { Experience } from '../../definitions';

/** The last `capacity` experiences, drawn from uniformly with replacement. */
export class ReplayBuffer {
  readonly observations: Float32Array;
  readonly nextObservations: Float32Array;
  readonly actions: Uint8Array;
  readonly rewards: Float32Array;
  readonly terminated: Uint8Array;
  private written = 0;

  constructor(
    private readonly capacity: number,
    /** Values in one observation. */
    readonly size: number,
  ) {
    this.observations = new Float32Array(capacity * size);
    this.nextObservations = new Float32Array(capacity * size);
    this.actions = new Uint8Array(capacity);
    this.rewards = new Float32Array(capacity);
    this.terminated = new Uint8Array(capacity);
  }

  add({ observation, next, action, reward, terminated }: Experience): void {
    const at = this.written++ % this.capacity;
    this.observations.set(observation, at * this.size);
    this.nextObservations.set(next, at * this.size);
    this.actions[at] = action;
    this.rewards[at] = reward;
    this.terminated[at] = terminated ? 1 : 0;
  }

  /** Places of `count` experiences. */
  draw(count: number, random: Random): Uint32Array {
    const filled = Math.min(this.written, this.capacity);
    return Uint32Array.from({ length: count }, () => random.integer(filled));
  }
}
