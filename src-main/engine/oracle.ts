/** The target as a black-box attack asks it: every question counted for its input, held to a cap, and successes noted. */
import * as tf from '@tensorflow/tfjs';
import type { Norm } from '../contract/catalog';
import type { Batch, Goal, Oracle, Target } from './definitions';
import { distanceIn } from './norms';

/** Images sent to the target at once. */
const AT_ONCE = 1024;

/** A successful image of an input, closer than any before: after how many queries, and how far it lies. */
export interface Improvement {
  queries: number;
  distance: number;
}

export class BatchOracle implements Oracle {
  readonly inputShape: Target['inputShape'];
  readonly classes: number;
  /** Queries each input was asked for. */
  readonly spent: Uint32Array;
  /** Queries of each input's first success; 0 where there was none. */
  readonly firstSuccess: Uint32Array;
  readonly improvements: Improvement[][];
  private readonly clean: Float32Array;
  private readonly labels: Int32Array;

  /**
   * @param cap most queries of one input
   * @param price queries that one question costs: several where answers are averaged over draws
   */
  constructor(
    private readonly target: Target,
    { images, labels }: Batch,
    private readonly goal: Goal,
    private readonly norm: Norm | null,
    private readonly cap: number,
    private readonly price: number,
  ) {
    const n = images.shape[0];
    this.inputShape = target.inputShape;
    this.classes = target.classes;
    this.spent = new Uint32Array(n);
    this.firstSuccess = new Uint32Array(n);
    this.improvements = Array.from({ length: n }, () => []);
    this.clean = images.dataSync<'float32'>();
    this.labels = labels.dataSync<'int32'>();
  }

  left(row: number): number {
    return Math.floor((this.cap - this.spent[row]!) / this.price);
  }

  async scores(images: Float32Array, rows: ArrayLike<number>): Promise<Float32Array> {
    const scores = new Float32Array(rows.length * this.classes);
    await this.ask(images, rows, async (part, start) => {
      const answered = await this.target.scores(part);
      scores.set(await answered.data<'float32'>(), start * this.classes);
      answered.dispose();
    });
    this.judge(images, rows, (i) => argMax(scores, i * this.classes, this.classes));
    return scores;
  }

  async decisions(images: Float32Array, rows: ArrayLike<number>): Promise<Int32Array> {
    const labels = new Int32Array(rows.length);
    await this.ask(images, rows, async (part, start) => {
      labels.set(await this.target.decisions(part), start);
    });
    this.judge(images, rows, (i) => labels[i]!);
    return labels;
  }

  private async ask(
    images: Float32Array,
    rows: ArrayLike<number>,
    answer: (part: tf.Tensor4D, start: number) => Promise<void>,
  ): Promise<void> {
    const [height, width, channels] = this.inputShape;
    const size = height * width * channels;
    if (images.length !== rows.length * size) {
      throw new RangeError(`${images.length} values are no ${rows.length} images of [${this.inputShape}]`);
    }
    const asked = new Uint32Array(this.spent.length);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      if (++asked[row]! > this.left(row))
        throw new RangeError(`input ${row} has no query left of ${this.cap}`);
    }
    for (let start = 0; start < rows.length; start += AT_ONCE) {
      const end = Math.min(rows.length, start + AT_ONCE);
      const part = tf.tensor4d(images.subarray(start * size, end * size), [
        end - start,
        height,
        width,
        channels,
      ]);
      try {
        await answer(part, start);
      } finally {
        part.dispose();
      }
    }
  }

  /** Counts the answered questions, and notes every success that is closer than the ones before. */
  private judge(images: Float32Array, rows: ArrayLike<number>, labelOf: (i: number) => number): void {
    const size = images.length / rows.length;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      this.spent[row]! += this.price;
      if ((labelOf(i) === this.labels[row]) !== (this.goal === 'targeted')) continue;
      const image = images.subarray(i * size, (i + 1) * size);
      const clean = this.clean.subarray(row * size, (row + 1) * size);
      const distance = distanceIn(this.norm ?? 'l2', clean, image, 0, size);
      if (distance >= (this.improvements[row]!.at(-1)?.distance ?? Infinity)) continue;
      this.firstSuccess[row] ||= this.spent[row]!;
      this.improvements[row]!.push({ queries: this.spent[row]!, distance });
    }
  }
}

/** Index of the first largest value among `length` from `start`, relative to it. */
export function argMax(values: ArrayLike<number>, start: number, length: number): number {
  let best = 0;
  for (let k = 1; k < length; k++) if (values[start + k]! > values[start + best]!) best = k;
  return best;
}
