/** The ball in which an attack may move what an agent sees, around every true observation alike. */
import type { Box } from '../../contract/environment';
import { LabError } from '../../contract/problem';
import type { Random } from '../../contract/random';

export type BallNorm = 'linf' | 'l2';
/** Each value in its own unit, or in deviations of the environment. */
export type BudgetUnit = 'absolute' | 'deviations';

/**
 * Observations are rows of `size` values. Distances, directions and the radius are measured with value i in units of
 * `units[i]`.
 */
export class Ball {
  readonly size: number;
  readonly units: number[];

  /** @throws LabError when the environment knows no deviations of its observations */
  constructor(
    private readonly space: Box,
    readonly epsilon: number,
    readonly norm: BallNorm = 'linf',
    readonly unit: BudgetUnit = 'absolute',
  ) {
    this.size = space.low.length;
    if (unit === 'deviations' && !space.deviations)
      throw new LabError(
        'attacks.unit',
        'found “deviations”, but this environment does not say how far its observations stray',
        'Give epsilon in absolute units.',
      );
    this.units = unit === 'deviations' ? space.deviations! : space.low.map(() => 1);
  }

  /** How far each value may be moved; empty without a limit. */
  get reach(): number[] {
    return Number.isFinite(this.epsilon) ? this.units.map((unit) => this.epsilon * unit) : [];
  }

  /** The same ball with another radius. */
  scaled(share: number): Ball {
    return new Ball(this.space, share * this.epsilon, this.norm, this.unit);
  }

  /** The nearest observations within ball and space, a new array. */
  project(truth: Float32Array, perceived: Float32Array): Float32Array {
    const { epsilon, units, size } = this;
    const { low, high } = this.space;
    const shrink =
      this.norm === 'l2'
        ? this.distances(truth, perceived).map((length) => (length > epsilon ? epsilon / length : 1))
        : null;
    return perceived.map((value, i) => {
      const at = i % size;
      const from = truth[i]!;
      const reach = epsilon * units[at]!;
      const near = shrink
        ? from + (value - from) * shrink[(i - at) / size]!
        : Math.min(Math.max(value, from - reach), from + reach);
      return Math.min(Math.max(near, low[at]!), high[at]!);
    });
  }

  /** How far each row lies from the true one. */
  distances(truth: Float32Array, perceived: Float32Array): Float64Array {
    const lengths = new Float64Array(truth.length / this.size);
    truth.forEach((value, i) => {
      const row = Math.floor(i / this.size);
      const distance = Math.abs(perceived[i]! - value) / this.units[i % this.size]!;
      lengths[row] =
        this.norm === 'l2' ? Math.hypot(lengths[row]!, distance) : Math.max(lengths[row]!, distance);
    });
    return lengths;
  }

  /** `from` moved by `length` in the direction of steepest ascent of the norm; not projected. */
  ascend(from: Float32Array, gradient: Float32Array, length: number): Float32Array {
    const { units, size } = this;
    if (this.norm === 'linf')
      return from.map((value, i) => value + length * units[i % size]! * Math.sign(gradient[i]!));
    const norms = new Float64Array(from.length / size);
    gradient.forEach((slope, i) => {
      const row = Math.floor(i / size);
      norms[row] = Math.hypot(norms[row]!, slope * units[i % size]!);
    });
    return from.map((value, i) => {
      const norm = norms[Math.floor(i / size)]!;
      return norm > 0 ? value + (length * gradient[i]! * units[i % size]! ** 2) / norm : value;
    });
  }

  /** Uniform draws from the ball around every row; not projected into the space. */
  draw(truth: Float32Array, random: Random): Float32Array {
    const { epsilon, units, size } = this;
    if (this.norm === 'linf')
      return truth.map((value, i) => value + epsilon * units[i % size]! * (2 * random.uniform() - 1));
    const drawn = new Float32Array(truth.length);
    for (let row = 0; row < truth.length; row += size) {
      const direction = units.map(() => random.normal());
      const length = epsilon * random.uniform() ** (1 / size);
      const norm = Math.hypot(...direction);
      direction.forEach((value, i) => {
        drawn[row + i] = truth[row + i]! + (length * value * units[i]!) / norm;
      });
    }
    return drawn;
  }
}
