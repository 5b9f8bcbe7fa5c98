import * as tf from '@tensorflow/tfjs';
import { integer, number } from '../../../contract/params';
import type { Random } from '../../../contract/random';
import { defineQueryAttack } from '../../definitions';
import { queryCap, radius } from '../ball';
import { logOdds, margins } from '../progress';

/** Selection: parents are drawn with probability softmax(fitness / TEMPERATURE), as in the authors' code. */
const TEMPERATURE = 0.3;
/** Generations without a fitter member that count as a plateau. */
const PLATEAU = 100;

/** GenAttack: members of a population within the Linf ball are crossed and mutated; the fittest lives on. */
export default defineQueryAttack({
  id: 'genetic',
  title: 'GenAttack',
  summary:
    'Breeds images: of a small population within the budget the fittest are crossed and mutated, and the very best is kept. Follows no gradient, not even an estimated one, so that masked gradients do not stop it; made for targeted goals.',
  limits: 'Linf only. Blind mutation is slow: the Square attack needs far fewer queries.',
  reference: {
    authors: 'M. Alzantot, Y. Sharma, S. Chakraborty, H. Zhang, C.-J. Hsieh, M. Srivastava',
    title: 'GenAttack: practical black-box attacks with gradient-free optimization',
    year: 2019,
    where: 'GECCO, arXiv:1805.11090',
  },
  knowledge: 'score',
  requires: ['scores'],
  params: {
    epsilon: radius(0.3, 'Linf'),
    queries: queryCap(10_000),
    population: integer({
      default: 6,
      min: 2,
      max: 1000,
      unit: 'images',
      help: 'Members of a population; all but the best of the last generation cost a query.',
    }),
    mutationRate: number({
      default: 0.1,
      min: 0,
      max: 1,
      unit: 'share of pixels',
      help: 'Pixels of a child that mutate, at least; half of them at first, a tenth less after each plateau.',
      advanced: true,
    }),
    mutationRange: number({
      default: 0.15,
      min: 0,
      max: 1,
      unit: 'share of epsilon',
      help: 'Largest mutation, at least; 0.4 at first, a tenth less after each plateau.',
      advanced: true,
    }),
  },
  norm: () => 'linf',
  budget: ({ epsilon }) => epsilon,
  cost: ({ queries }) => 0.4 * queries,
  async perturb(oracle, batch, goal, { epsilon, population, mutationRate, mutationRange }, context) {
    const [n, height, width, channels] = batch.images.shape;
    const size = height * width * channels;
    const of = (images: Float32Array, i: number) => images.subarray(i * size, (i + 1) * size);
    const clean = batch.images.dataSync<'float32'>();
    const labels = batch.labels.dataSync<'int32'>();
    const bred = Array.from(
      { length: n },
      (_, i) => new Population(population, size, epsilon, context.random('input', i)),
    );

    let rows = Array.from({ length: n }, (_, i) => i);
    const standing = () =>
      rows.filter((row) => oracle.left(row) > 0 && !(context.finishEarly && bred[row]!.reached));
    for (rows = standing(); rows.length > 0; rows = standing()) {
      const children = rows.map((row) => bred[row]!.children(oracle.left(row), mutationRate, mutationRange));
      const asked = rows.flatMap((row, i) => children[i]!.map(() => row));
      const images = new Float32Array(asked.length * size);
      children.flat().forEach((change, i) => {
        const [image, original] = [of(images, i), of(clean, asked[i]!)];
        for (let j = 0; j < size; j++) image[j] = Math.min(1, Math.max(0, original[j]! + change[j]!));
      });
      const scores = await oracle.scores(images, asked);
      const wanted = asked.map((row) => labels[row]!);
      const odds = logOdds(scores, wanted, goal);
      const margin = margins(scores, wanted, goal);
      let at = 0;
      rows.forEach((row, i) => {
        const judged = children[i]!.map((change) => ({
          change,
          fitness: -odds[at]!,
          reached: margin[at++]! < 0,
        }));
        bred[row]!.succeed(judged);
      });
      await context.breathe();
    }
    const result = clean.slice();
    bred.forEach(({ fittest }, row) => {
      const image = of(result, row);
      if (fittest) image.forEach((value, j) => (image[j] = value + fittest.change[j]!));
    });
    return tf.tensor4d(result, batch.images.shape);
  },
});

/** A perturbation as it was judged; `fitness` is the log-odds of the goal. */
interface Member {
  change: Float32Array;
  fitness: number;
  reached: boolean;
}

/** The members of one input's population, and how long its best has been the best. */
class Population {
  private members: Member[] = [];
  private unimproved = 0;
  private plateaus = 0;

  constructor(
    private readonly count: number,
    private readonly size: number,
    private readonly epsilon: number,
    private readonly random: Random,
  ) {}

  get fittest(): Member | undefined {
    return this.members[0];
  }

  get reached(): boolean {
    return this.fittest?.reached ?? false;
  }

  /** The next generation beside the best of this one; at first a random population. At most `limit`. */
  children(limit: number, leastRate: number, leastRange: number): Float32Array[] {
    const { members, size, epsilon, random } = this;
    const first = members.length === 0;
    const length = Math.min(limit, first ? this.count : this.count - 1);
    const anywhere = (range: number) => (2 * random.uniform() - 1) * range;
    if (first) {
      return Array.from({ length }, () => Float32Array.from({ length: size }, () => anywhere(epsilon)));
    }
    const rate = Math.max(leastRate, 0.5 * 0.9 ** this.plateaus);
    const range = epsilon * Math.max(leastRange, 0.4 * 0.9 ** this.plateaus);
    const highest = Math.max(...members.map(({ fitness }) => fitness));
    const weights = members.map(({ fitness }) => Math.exp((fitness - highest) / TEMPERATURE));
    return Array.from({ length }, () => {
      const [a, b] = [this.drawn(weights), this.drawn(weights)];
      const [mother, father] = [members[a]!.change, members[b]!.change];
      const share = weights[a]! / (weights[a]! + weights[b]!);
      const child = new Float32Array(size);
      for (let j = 0; j < size; j++) {
        const inherited = random.uniform() < share ? mother[j]! : father[j]!;
        const value = random.uniform() < rate ? inherited + anywhere(range) : inherited;
        child[j] = Math.min(epsilon, Math.max(-epsilon, value));
      }
      return child;
    });
  }

  /** Index of a member, drawn in proportion to `weights`. */
  private drawn(weights: number[]): number {
    let point = this.random.uniform() * weights.reduce((a, b) => a + b, 0);
    const index = weights.findIndex((weight) => (point -= weight) < 0);
    return index === -1 ? 0 : index;
  }

  /** The best of the last generation and its children become the population; a member that reached the goal comes first. */
  succeed(children: Member[]): void {
    const elite = this.fittest;
    const generation = elite ? [elite, ...children] : children;
    const best = generation.reduce((a, b) => (better(b, a) ? b : a));
    this.unimproved = best === elite ? this.unimproved + 1 : 0;
    if (this.unimproved === PLATEAU) {
      this.plateaus++;
      this.unimproved = 0;
    }
    this.members = [best, ...generation.filter((member) => member !== best)];
  }
}

const better = (a: Member, b: Member): boolean =>
  a.reached === b.reached ? a.fitness > b.fitness : a.reached;
