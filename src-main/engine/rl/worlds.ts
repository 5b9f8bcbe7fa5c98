/** Some environments of one kind, stepped side by side, each in its own endless row of episodes. */
import type { Environment } from '../../contract/environment';
import type { Random } from '../../contract/random';
import type { Seat } from './eyes';
import { stepLimit } from './limit';

export interface Outcome {
  /** What the environment paid. */
  reward: number;
  terminated: boolean;
  /** The time limit cut the episode. */
  truncated: boolean;
}

export class Worlds {
  /** Values in one observation. */
  readonly size: number;
  private readonly limit: number;
  private readonly states: unknown[];
  private readonly lengths: Uint32Array;
  /** Rows whose episode has ended since the last restart. */
  private over: number[] = [];

  constructor(
    private readonly environment: Environment,
    private readonly rows: number,
    /** Of starts and dynamics; row by row, so that it is shared. */
    private readonly random: Random,
  ) {
    const { observationSpace } = environment;
    this.size = observationSpace.kind === 'box' ? observationSpace.low.length : 1;
    this.limit = stepLimit(environment);
    this.lengths = new Uint32Array(rows);
    this.states = Array.from({ length: rows }, () => environment.initial(random));
  }

  /** True observations, rows × size. */
  truth(): Float32Array {
    const truth = new Float32Array(this.rows * this.size);
    this.states.forEach((state, i) => truth.set(this.environment.observe(state), i * this.size));
    return truth;
  }

  seats(): Seat[] {
    return Array.from(this.lengths, (length, number) => ({ number, left: this.limit - length }));
  }

  /** One step of every row; `restart` is to follow, after the last states were looked at. */
  step(actions: ArrayLike<number>): Outcome[] {
    return this.states.map((before, i) => {
      const { state, reward, terminated } = this.environment.step(before, actions[i]!, this.random);
      this.states[i] = state;
      this.lengths[i]!++;
      const truncated = !terminated && this.lengths[i]! >= this.limit;
      if (terminated || truncated) this.over.push(i);
      return { reward, terminated, truncated };
    });
  }

  /** Begins the next episode where one has ended; gives those rows. */
  restart(): number[] {
    const begun = this.over;
    this.over = [];
    for (const i of begun) {
      this.states[i] = this.environment.initial(this.random);
      this.lengths[i] = 0;
    }
    return begun;
  }
}

/** Some rows of `size` values, in the order asked for, a new array. */
export function rowsOf(values: Float32Array, rows: ArrayLike<number>, size: number): Float32Array {
  const chosen = new Float32Array(rows.length * size);
  for (let i = 0; i < rows.length; i++)
    chosen.set(values.subarray(rows[i]! * size, (rows[i]! + 1) * size), i * size);
  return chosen;
}
