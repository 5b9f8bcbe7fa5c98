import * as tf from '@tensorflow/tfjs';

/**
 * The inputs of a batch that still stand: tensors with a row an input, and where each row belongs in the result. An
 * input that is finished is written to the result and leaves every tensor, so that nothing is spent on it any more.
 * Owns its tensors.
 */
export class Standing<T extends Record<string, tf.Tensor>> {
  /** n × values of an input; rows of inputs that never finish keep what they were last given by `finishAll`. */
  readonly result: Float32Array;
  private standing: Int32Array;

  constructor(
    private held: T,
    n: number,
    private readonly size: number,
  ) {
    this.result = new Float32Array(n * size);
    this.standing = Int32Array.from({ length: n }, (_, i) => i);
  }

  /** Where each row of the tensors belongs among the n inputs. */
  get rows(): Int32Array {
    return this.standing;
  }

  get tensors(): Readonly<T> {
    return this.held;
  }

  get count(): number {
    return this.rows.length;
  }

  /** Puts new tensors in the place of old ones, which are disposed. */
  put(next: Partial<T>): void {
    for (const name of Object.keys(next)) this.held[name]?.dispose();
    this.held = { ...this.held, ...next };
  }

  /** Writes the rows of tensor `from` whose mask is set to the result and drops them. Reads back the mask, and those rows. */
  finish(mask: tf.Tensor, from: keyof T): void {
    const set = mask.dataSync();
    mask.dispose();
    this.finishRows(set, from);
  }

  /** The same with a mask that was read already. */
  finishRows(set: ArrayLike<number>, from: keyof T): void {
    const done = this.rows.map((_, i) => i).filter((i) => set[i]);
    if (done.length === 0) return;
    tf.tidy(() => this.write(tf.gather(this.held[from]!, tf.tensor1d(done, 'int32')), done));
    const left = this.rows.map((_, i) => i).filter((i) => !set[i]);
    const before = this.held;
    this.held = tf.tidy(() => {
      const indices = tf.tensor1d(left, 'int32');
      return Object.fromEntries(
        Object.entries(before).map(([name, tensor]) => [name, tf.gather(tensor, indices)]),
      ) as T;
    });
    tf.dispose(before);
    this.standing = left.map((i) => this.rows[i]!);
  }

  /** Writes all rows of tensor `from` to the result and releases everything. */
  finishAll(from: keyof T): void {
    this.write(
      this.held[from]!,
      this.rows.map((_, i) => i),
    );
    tf.dispose(this.held);
    this.standing = new Int32Array(0);
  }

  private write(values: tf.Tensor, positions: Int32Array): void {
    const read = values.dataSync<'float32'>();
    positions.forEach((position, i) => {
      this.result.set(read.subarray(i * this.size, (i + 1) * this.size), this.rows[position]! * this.size);
    });
  }
}
