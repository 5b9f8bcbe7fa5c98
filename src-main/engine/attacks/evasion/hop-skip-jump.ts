import * as tf from '@tensorflow/tfjs';
import { choice } from '../../../contract/params';
import type { Random } from '../../../contract/random';
import {
  defineQueryAttack,
  type Batch,
  type EvasionContext,
  type Goal,
  type Oracle,
} from '../../definitions';
import { queryCap } from '../ball';
import { noise } from '../../kernels';
import { distanceIn } from '../../norms';

/** Images of uniform noise tried as a start. */
const STARTS = 100;
/** Queries of the first estimate of a direction (B₀ in the paper); the t-th takes √t times as many. */
const FIRST_ESTIMATE = 100;
const LARGEST_ESTIMATE = 10_000;
/** Length of the noise in the first estimate, as in the authors' code; later ones follow the distance. */
const FIRST_DELTA = 0.1;
/** Precision of the first search, on the line between the start and the clean image, as in the authors' code. */
const BLEND_PRECISION = 0.001;
/** How much further than the boundary the delivered image lies, as a share of its distance. */
const MARGIN = 1e-4;
/** Images asked about at once, at least one input's. */
const AT_ONCE = 2048;

/** HopSkipJump: walks along the decision boundary towards the clean image, with nothing but predicted classes to go by. */
export default defineQueryAttack({
  id: 'hop-skip-jump',
  title: 'HopSkipJump',
  summary:
    'Seeks the smallest perturbation with predicted classes alone: from any image of another class it searches the boundary, estimates the direction away from it from noisy images on both sides, steps off along that and searches again. The attack for a model that gives labels only.',
  limits:
    'Needs thousands of queries. Starts from noise (targeted: from the nearest image of the batch that is taken for the class aimed at), and where that fails the other way round; where both fail the input stays as it is. The inputs of a batch share each estimate’s noise. The last queries are kept back for the search.',
  formula: '∇S ≈ 1/B Σ_b φ(x + δu_b) u_b, φ = ±1 by the decision;  then a binary search back to the boundary',
  reference: {
    authors: 'J. Chen, M. I. Jordan, M. J. Wainwright',
    title: 'HopSkipJumpAttack: a query-efficient decision-based attack',
    year: 2020,
    where: 'IEEE S&P, arXiv:1904.02144',
  },
  knowledge: 'decision',
  requires: ['decisions'],
  params: {
    norm: choice({ options: ['l2', 'linf'], default: 'l2', help: 'Norm of the perturbation.' }),
    queries: queryCap(5000),
  },
  norm: ({ norm }) => norm,
  budget: () => Infinity,
  cost: ({ queries }) => 0.4 * queries,
  async perturb(oracle, batch, goal, { norm }, context) {
    const walk = new Walk(oracle, batch, goal, norm, context);
    let rows = await walk.begin();
    await walk.blend(rows);
    await walk.toBoundary(rows);
    for (let t = 1; (rows = walk.able(rows)).length > 0; t++) {
      const directions = await walk.estimate(rows, t);
      await walk.stepOff(rows, directions, t);
      await walk.toBoundary(rows);
    }
    await walk.leaveBoundary();
    return tf.tensor4d(walk.closest, batch.images.shape);
  },
});

/** Writes an image of an input. */
type Draw = (image: Float32Array, row: number) => void;

const clipped = (value: number): number => (value < 0 ? 0 : value > 1 ? 1 : value);

/** A batch on its way along the boundary: all its inputs take each stage together. */
class Walk {
  /** The closest images that reached the goal; clean ones before there is any. */
  readonly closest: Float32Array;
  /** x̃ of every input, an image that reaches the goal once it has a start. */
  private readonly current: Float32Array;
  private readonly smallest: Float64Array;
  private readonly clean: Float32Array;
  private readonly labels: Int32Array;
  private readonly inputs: number[];
  private readonly size: number;
  private readonly random: Random[];
  /** Precision of the search (θ in the paper): as a share of the way in L2, of the distance in Linf. */
  private readonly theta: number;
  /** Most queries of one search, and of one step off the boundary. */
  private readonly rounds: number;

  constructor(
    private readonly oracle: Oracle,
    { images, labels }: Batch,
    private readonly goal: Goal,
    private readonly norm: 'l2' | 'linf',
    private readonly context: EvasionContext,
  ) {
    const n = images.shape[0];
    this.clean = images.dataSync<'float32'>();
    this.labels = labels.dataSync<'int32'>();
    this.closest = this.clean.slice();
    this.current = this.clean.slice();
    this.smallest = new Float64Array(n).fill(Infinity);
    this.inputs = Array.from({ length: n }, (_, i) => i);
    this.size = this.clean.length / n;
    this.random = this.inputs.map((i) => context.random('input', i));
    this.theta = this.size ** (norm === 'l2' ? -1.5 : -2);
    this.rounds = Math.ceil(-Math.log2(this.theta));
  }

  /** Looks for a start of every input that does not reach the goal as it is; gives those that have one. */
  async begin(): Promise<number[]> {
    const own = await this.oracle.decisions(this.clean, this.inputs);
    const standing = this.inputs.filter((row) => !this.reaches(own[row]!, row));
    const found = new Set<number>();
    const offer = async (draw: (row: number) => ArrayLike<number> | undefined) => {
      const drawn = new Map(
        standing.flatMap((row) => {
          const image = !found.has(row) && this.canAsk(row) && draw(row);
          return image ? [[row, image]] : [];
        }),
      );
      if (drawn.size === 0) return false;
      const rows = [...drawn.keys()];
      const reached = await this.tryOut(rows, (image, row) => image.set(drawn.get(row)!));
      rows.forEach((row, i) => reached[i] && found.add(row));
      return true;
    };

    const offerImages = () => offer((row) => this.nearest(row, own));
    const offerNoise = async () => {
      const draw = (row: number) => noise('uniform', this.size, this.random[row]!);
      for (let i = 0; i < STARTS && (await offer(draw)); i++);
    };
    if (this.goal === 'targeted') await offerImages();
    await offerNoise();
    if (this.goal === 'untargeted') await offerImages();
    return [...found];
  }

  /** The nearest image of the batch whose own prediction is what the input is to get. */
  private nearest(row: number, own: Int32Array): Float32Array | undefined {
    const apart = (other: number) =>
      distanceIn(this.norm, this.of(this.clean, row), this.of(this.clean, other), 0, this.size);
    const [first, ...others] = this.inputs.filter((other) => this.reaches(own[other]!, row));
    if (first === undefined) return undefined;
    return this.of(
      this.clean,
      others.reduce((best, other) => (apart(other) < apart(best) ? other : best), first),
    );
  }

  /** The inputs that can still be asked enough for an estimate, a step and a search. */
  able(rows: number[]): number[] {
    return rows.filter((row) => this.spare(row) > 0);
  }

  /** Queries left for an estimate: a direction that could not be followed would be worth nothing. */
  private spare(row: number): number {
    return this.oracle.left(row) - 2 * this.rounds - 1;
  }

  /** Mixes each start with its clean image, as little of it as still reaches the goal. */
  async blend(rows: number[]): Promise<void> {
    await this.search(rows, 'l2', BLEND_PRECISION);
  }

  /** Moves x̃ as near to the clean image as still reaches the goal. */
  async toBoundary(rows: number[]): Promise<void> {
    await this.search(rows, this.norm, this.theta);
    for (const row of rows) {
      const distance = this.distance(row);
      if (distance >= this.smallest[row]!) continue;
      this.smallest[row] = distance;
      this.of(this.closest, row).set(this.of(this.current, row));
    }
  }

  /** Binary search for the point nearest to the clean image: in L2 on the line to x̃, in Linf of x̃ cut to a box. */
  private async search(rows: number[], norm: 'l2' | 'linf', precision: number): Promise<void> {
    const low = new Map(rows.map((row) => [row, 0]));
    const high = new Map(rows.map((row) => [row, 1]));
    const middle = (row: number) => (low.get(row)! + high.get(row)!) / 2;
    const whole = new Map(rows.map((row) => [row, this.distance(row)]));
    const at = (image: Float32Array, row: number, share: number) => {
      const [from, to] = [this.of(this.clean, row), this.of(this.current, row)];
      const radius = share * whole.get(row)!;
      for (let j = 0; j < image.length; j++) {
        image[j] =
          norm === 'l2'
            ? (1 - share) * from[j]! + share * to[j]!
            : Math.min(from[j]! + radius, Math.max(from[j]! - radius, to[j]!));
      }
    };
    const open = () => rows.filter((row) => high.get(row)! - low.get(row)! > precision && this.canAsk(row));
    for (let asked = open(); asked.length > 0; asked = open()) {
      const { reached } = await this.ask(asked, (image, row) => at(image, row, middle(row)));
      asked.forEach((row, i) => (reached[i] ? high : low).set(row, middle(row)));
    }
    for (const row of rows) {
      const image = new Float32Array(this.size);
      at(image, row, high.get(row)!);
      this.of(this.current, row).set(image);
    }
  }

  /**
   * Direction of each input from the boundary into the goal, of length 1 in the norm: the mean of noise that led to the
   * goal less that of noise that did not (equations 9 and 16 of the paper).
   */
  async estimate(rows: number[], t: number): Promise<Map<number, Float64Array>> {
    const wanted = Math.min(LARGEST_ESTIMATE, Math.floor(FIRST_ESTIMATE * Math.sqrt(t)));
    const together = Math.max(1, Math.floor(AT_ONCE / wanted));
    const draws = this.unitVectors(wanted, this.context.random('directions', t));
    const directions = new Map<number, Float64Array>();
    for (let start = 0; start < rows.length; start += together) {
      const group = rows.slice(start, start + together);
      const count = Math.min(wanted, ...group.map((row) => this.spare(row)));
      const images = new Float32Array(group.length * count * this.size);
      const around = (i: number) => images.subarray(i * count * this.size, (i + 1) * count * this.size);
      group.forEach((row, i) =>
        this.scatter(around(i), row, draws, t === 1 ? FIRST_DELTA : this.distance(row) / this.size),
      );
      const answers = await this.oracle.decisions(
        images,
        group.flatMap((row) => new Array<number>(count).fill(row)),
      );
      await this.context.breathe();
      group.forEach((row, i) => {
        const phi = Array.from(answers.subarray(i * count, (i + 1) * count), (label) =>
          this.reaches(label, row) ? 1 : -1,
        );
        directions.set(row, this.direction(around(i), row, phi));
      });
    }
    return directions;
  }

  /** Directions of Euclidean length 1: uniform on the sphere, in Linf of vectors uniform in the cube. */
  private unitVectors(count: number, random: Random): Float32Array {
    const draws = noise(this.norm === 'l2' ? 'normal' : 'uniform', count * this.size, random);
    if (this.norm === 'linf') for (let j = 0; j < draws.length; j++) draws[j] = 2 * draws[j]! - 1;
    for (let b = 0; b < count; b++) {
      const draw = this.of(draws, b);
      const length = Math.sqrt(draw.reduce((sum, value) => sum + value ** 2, 0));
      for (let j = 0; j < draw.length; j++) draw[j]! /= length;
    }
    return draws;
  }

  /** Fills `images` with images at distance `delta` from x̃, cut to [0, 1]. */
  private scatter(images: Float32Array, row: number, draws: Float32Array, delta: number): void {
    const centre = this.of(this.current, row);
    for (let start = 0; start < images.length; start += this.size) {
      for (let j = 0; j < this.size; j++) {
        images[start + j] = clipped(centre[j]! + delta * draws[start + j]!);
      }
    }
  }

  private direction(images: Float32Array, row: number, phi: number[]): Float64Array {
    const mean = phi.reduce((a, b) => a + b, 0) / phi.length;
    // Where all answers agree the mean would leave nothing.
    const baseline = Math.abs(mean) === 1 ? 0 : mean;
    const centre = this.of(this.current, row);
    const sum = new Float64Array(this.size);
    for (let b = 0; b < phi.length; b++) {
      const [weight, image] = [phi[b]! - baseline, this.of(images, b)];
      for (let j = 0; j < sum.length; j++) sum[j]! += weight * (image[j]! - centre[j]!);
    }
    if (this.norm === 'linf') return sum.map(Math.sign);
    const length = Math.sqrt(sum.reduce((total, value) => total + value ** 2, 0));
    return length > 0 ? sum.map((value) => value / length) : sum;
  }

  /** Moves x̃ off the boundary: by distance / √t, and by half as much each time the goal is lost. */
  async stepOff(rows: number[], directions: Map<number, Float64Array>, t: number): Promise<void> {
    let open = rows;
    for (let halvings = 0; halvings < this.rounds; halvings++) {
      open = open.filter((row) => this.canAsk(row));
      if (open.length === 0) return;
      const reached = await this.tryOut(open, (image, row) => {
        const [centre, direction] = [this.of(this.current, row), directions.get(row)!];
        const step = this.distance(row) / Math.sqrt(t) / 2 ** halvings;
        for (let j = 0; j < image.length; j++) image[j] = clipped(centre[j]! + step * direction[j]!);
      });
      open = open.filter((_, i) => !reached[i]);
    }
  }

  /**
   * Takes the closest images a hair's breadth further off. On the very boundary the answer hangs on the last bit, and a
   * network's last bits depend on which other images are asked about.
   */
  async leaveBoundary(): Promise<void> {
    const rows = this.inputs.filter((row) => Number.isFinite(this.smallest[row]!) && this.canAsk(row));
    if (rows.length === 0) return;
    const { reached, images } = await this.ask(rows, (image, row) => {
      const [from, to] = [this.of(this.clean, row), this.of(this.closest, row)];
      for (let j = 0; j < image.length; j++) image[j] = clipped(to[j]! + MARGIN * (to[j]! - from[j]!));
    });
    rows.forEach((row, i) => reached[i] && this.of(this.closest, row).set(this.of(images, i)));
  }

  /** Asks about one image of each row; x̃ becomes what reached the goal. */
  private async tryOut(rows: number[], draw: Draw): Promise<boolean[]> {
    const { reached, images } = await this.ask(rows, draw);
    rows.forEach((row, i) => reached[i] && this.of(this.current, row).set(this.of(images, i)));
    return reached;
  }

  private async ask(rows: number[], draw: Draw): Promise<{ reached: boolean[]; images: Float32Array }> {
    const images = new Float32Array(rows.length * this.size);
    rows.forEach((row, i) => draw(this.of(images, i), row));
    const answers = await this.oracle.decisions(images, rows);
    await this.context.breathe();
    return { reached: rows.map((row, i) => this.reaches(answers[i]!, row)), images };
  }

  private canAsk(row: number): boolean {
    return this.oracle.left(row) > 0;
  }

  private reaches(label: number, row: number): boolean {
    return (label === this.labels[row]) === (this.goal === 'targeted');
  }

  private of(images: Float32Array, i: number): Float32Array {
    return images.subarray(i * this.size, (i + 1) * this.size);
  }

  private distance(row: number): number {
    return distanceIn(this.norm, this.clean, this.current, row * this.size, this.size);
  }
}
