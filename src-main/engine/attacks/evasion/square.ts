import * as tf from '@tensorflow/tfjs';
import { choice, number } from '../../../contract/params';
import type { Random } from '../../../contract/random';
import { defineQueryAttack } from '../../definitions';
import { queryCap, radius } from '../ball';
import { margins } from '../progress';

/** Resampled signs for a square that would change nothing, before it is tried all the same. */
const RESAMPLES = 10;
/** Tiles along each side of the start in L2. */
const TILES = 5;

/** Square attack: random search with squares at the edge of the ball, kept where the margin shrinks. */
export default defineQueryAttack({
  id: 'square',
  title: 'Square attack',
  summary:
    'Changes a square at a random place as much as the budget lets it and keeps that when the margin of the true class shrinks; the squares get smaller. Needs only scores, no gradients, and so is not fooled by masked ones.',
  limits: 'Counts on many queries; with few of them it finds less than the model’s weakness.',
  formula: 'x′ ← x′ with one square of side s set to ±ε, kept where z_y − max_{k≠y} z_k falls;  s shrinks',
  reference: {
    authors: 'M. Andriushchenko, F. Croce, N. Flammarion, M. Hein',
    title: 'Square attack: a query-efficient black-box adversarial attack via random search',
    year: 2020,
    where: 'ECCV, arXiv:1912.00049',
  },
  knowledge: 'score',
  requires: ['scores'],
  params: {
    epsilon: radius(0.3),
    norm: choice({ options: ['linf', 'l2'], default: 'linf', help: 'Norm of the ball.' }),
    queries: queryCap(1000),
    initialShare: number({
      default: 0.8,
      min: 0,
      exclusiveMin: true,
      max: 1,
      unit: 'share of pixels',
      help: 'Size of the first squares (p in the paper); 0.8 is what AutoAttack uses.',
      advanced: true,
    }),
  },
  norm: ({ norm }) => norm,
  budget: ({ epsilon }) => epsilon,
  cost: ({ queries }) => 0.4 * queries,
  async perturb(oracle, batch, goal, { epsilon, norm, initialShare }, context) {
    const [n, ...shape] = batch.images.shape;
    const [height, width, channels] = shape;
    const size = height * width * channels;
    const of = (images: Float32Array, i: number) => images.subarray(i * size, (i + 1) * size);
    const clean = batch.images.dataSync<'float32'>();
    const labels = batch.labels.dataSync<'int32'>();
    const random = Array.from({ length: n }, (_, i) => context.random('input', i));
    const { start, draw } = norm === 'linf' ? signedSquares(shape, epsilon) : pyramids(shape, epsilon);

    // Fewer than the cap where an answer is averaged over draws: the squares are to become small all the same.
    const questions = oracle.left(0);
    const best = clean.slice();
    random.forEach((stream, i) => start(of(best, i), stream));
    let rows = Array.from({ length: n }, (_, i) => i);
    const ask = async (images: Float32Array) =>
      margins(
        await oracle.scores(images, rows),
        rows.map((row) => labels[row]!),
        goal,
      );
    const smallest = await ask(best);
    const tried = new Float32Array(best.length);
    for (let query = 1; query < questions; query++) {
      rows = rows.filter((row) => oracle.left(row) > 0 && !(context.finishEarly && smallest[row]! < 0));
      if (rows.length === 0) break;
      const share = shareAt(initialShare, query / questions);
      rows.forEach((row, i) => {
        of(tried, i).set(of(best, row));
        draw(of(tried, i), of(clean, row), share, random[row]!);
      });
      const found = await ask(tried.subarray(0, rows.length * size));
      rows.forEach((row, i) => {
        if (found[i]! >= smallest[row]!) return;
        smallest[row] = found[i]!;
        of(best, row).set(of(tried, i));
      });
      await context.breathe();
    }
    return tf.tensor4d(best, batch.images.shape);
  },
});

type Shape = [height: number, width: number, channels: number];

/** What the search draws in place: the start on a clean image, and a square covering a share of the pixels. */
interface Squares {
  start(image: Float32Array, random: Random): void;
  draw(image: Float32Array, clean: Float32Array, share: number, random: Random): void;
}

const clipped = (value: number): number => Math.min(1, Math.max(0, value));
const sign = (random: Random): number => (random.uniform() < 0.5 ? -1 : 1);

/** Linf: squares of plus or minus epsilon, one sign a channel. */
function signedSquares([height, width, channels]: Shape, epsilon: number): Squares {
  return {
    // Vertical stripes, to which convolutional networks are sensitive.
    start(image, random) {
      const row = width * channels;
      const signs = Array.from({ length: row }, () => sign(random));
      for (let at = 0; at < image.length; at++) image[at] = clipped(image[at]! + signs[at % row]! * epsilon);
    },
    draw(image, clean, share, random) {
      const side = Math.min(
        Math.max(Math.round(Math.sqrt(share * height * width)), 1),
        Math.max(1, Math.min(height, width) - 1),
      );
      const [top, left] = [random.integer(height - side + 1), random.integer(width - side + 1)];
      for (let attempt = 0, changed = false; attempt < RESAMPLES && !changed; attempt++) {
        const signs = Array.from({ length: channels }, () => sign(random));
        for (let y = top; y < top + side; y++) {
          for (let x = left; x < left + side; x++) {
            for (let c = 0; c < channels; c++) {
              const at = (y * width + x) * channels + c;
              const value = Math.fround(clipped(clean[at]! + signs[c]! * epsilon));
              changed ||= value !== image[at];
              image[at] = value;
            }
          }
        }
      }
    },
  };
}

/**
 * L2: a square is a pyramid beside a pit, added to what stood there. It is paid from what is unused of the budget and
 * from a second square of the same size, which is wiped (algorithm 3 of the paper).
 */
function pyramids([height, width, channels]: Shape, epsilon: number): Squares {
  const shapes = new Map<number, Float64Array>();
  const shapeOf = (side: number) => {
    if (!shapes.has(side)) shapes.set(side, pyramid(side));
    return shapes.get(side)!;
  };
  const smaller = Math.min(height, width);
  const largestOdd = smaller % 2 === 0 ? smaller - 1 : smaller;
  const delta = new Float64Array(height * width * channels);

  /** Calls `each` with every pixel of a square: its place in the image, and in the square. */
  function within(
    [top, left]: [number, number],
    side: number,
    c: number,
    each: (at: number, y: number, x: number) => void,
  ): void {
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) each(((top + y) * width + left + x) * channels + c, y, x);
  }

  return {
    start(image, random) {
      const side = Math.max(1, Math.floor(smaller / TILES));
      const shape = shapeOf(side);
      const [down, across] = [Math.min(TILES, height), Math.min(TILES, width)];
      const [top, left] = [(height - down * side) >> 1, (width - across * side) >> 1];
      delta.fill(0);
      for (let tile = 0; tile < down * across; tile++) {
        const corner: [number, number] = [
          top + Math.floor(tile / across) * side,
          left + (tile % across) * side,
        ];
        const upright = random.uniform() < 0.5;
        for (let c = 0; c < channels; c++) {
          const s = sign(random);
          within(corner, side, c, (at, y, x) => {
            delta[at] = s * shape[upright ? y * side + x : x * side + y]!;
          });
        }
      }
      const scale = epsilon / Math.sqrt(down * across * channels);
      for (let at = 0; at < image.length; at++) image[at] = clipped(image[at]! + scale * delta[at]!);
    },
    draw(image, clean, share, random) {
      const wanted = Math.max(3, Math.round(Math.sqrt(share * height * width)));
      const side = Math.min(wanted + 1 - (wanted % 2), largestOdd);
      const shape = shapeOf(side);
      // The last row and column are left out, as in the authors' code.
      const place = (): [number, number] => [
        random.integer(Math.max(1, height - side)),
        random.integer(Math.max(1, width - side)),
      ];
      const [here, wiped] = [place(), place()];
      const upright = random.uniform() < 0.5;

      let unused = epsilon ** 2;
      for (let at = 0; at < image.length; at++) {
        delta[at] = image[at]! - clean[at]!;
        unused -= delta[at]! ** 2;
      }
      for (let c = 0; c < channels; c++) {
        let stood = 0;
        within(here, side, c, (at) => (stood += delta[at]! ** 2));
        const former = stood > 0 ? 1 / Math.sqrt(stood) : 0;
        const s = sign(random);
        const added = new Float64Array(side * side);
        let length = 0;
        within(here, side, c, (at, y, x) => {
          const value = s * shape[upright ? y * side + x : x * side + y]! + former * delta[at]!;
          added[y * side + x] = value;
          length += value ** 2;
          delta[at] = 0;
        });
        // What stood in the first square counts once where the two overlap: it has been zeroed by now.
        let available = stood + Math.max(0, unused) / channels;
        within(wiped, side, c, (at) => {
          available += delta[at]! ** 2;
          delta[at] = 0;
          image[at] = clean[at]!;
        });
        const scale = length > 0 ? Math.sqrt(available / length) : 0;
        within(here, side, c, (at, y, x) => {
          image[at] = clipped(clean[at]! + scale * added[y * side + x]!);
        });
      }
    },
  };
}

/**
 * A square of Euclidean length 1, side × side: its upper half rises to the middle, its lower half falls. At distance d
 * from the middle of its half a pixel is the sum of 1/k² for k > d (η in the paper).
 */
function pyramid(side: number): Float64Array {
  const values = new Float64Array(side * side);
  const half = side >> 1;
  const block = (top: number, rows: number, s: number) => {
    const [middle, centre, reach] = [top + (rows >> 1), half, half + 1];
    for (let y = top; y < top + rows; y++) {
      for (let x = 0; x < side; x++) {
        const distance = Math.max(Math.abs(y - middle), Math.abs(x - centre));
        for (let k = distance + 1; k <= reach; k++) values[y * side + x]! += s / k ** 2;
      }
    }
  };
  block(0, half, 1);
  block(half, side - half, -1);
  const length = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
  return values.map((value) => value / length);
}

/** Share of the pixels a square covers, halved at the paper's points of a 10,000-query run, scaled to this one. */
function shareAt(initial: number, progress: number): number {
  const halvings = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000].filter(
    (point) => progress * 10_000 > point,
  ).length;
  return initial / 2 ** halvings;
}
