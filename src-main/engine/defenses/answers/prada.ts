import { boolean, integer, number } from '../../../contract/params';
import { defineAnswerDefense } from '../../definitions';
import { shapiroWilk } from '../../shapiro-wilk';

/** PRADA: a thief's questions lie at other distances from each other than natural images do. */
export default defineAnswerDefense({
  id: 'prada',
  title: 'PRADA',
  summary:
    'Watches how far each question lies from the nearest one before it of the same answer. Natural images give distances that are about normally distributed; made ones, which step away from known images, do not. Made for synthetic questions; a thief who asks about natural images is not what it looks for.',
  limits:
    'Sees one client. Distances are kept for every question, so that each costs as many as were before.',
  reference: {
    authors: 'M. Juuti, S. Szyller, S. Marchal, N. Asokan',
    title: 'PRADA: protecting against DNN model stealing attacks',
    year: 2019,
    where: 'IEEE EuroS&P, arXiv:1805.02628',
  },
  params: {
    delta: number({
      default: 0.95,
      min: 0,
      max: 1,
      help: 'Shapiro–Wilk statistic W of the distances below which an attack is called (δ).',
    }),
    block: boolean({
      default: false,
      help: 'From then on every class is answered as equally likely; else the alarm alone is raised.',
    }),
    smallest: integer({
      default: 100,
      min: 10,
      max: 5000,
      unit: 'queries',
      help: 'Distances needed before a verdict.',
      advanced: true,
    }),
  },
  begin({ delta, block, smallest }, classes) {
    const watch = new Watch(classes, delta, smallest);
    return {
      answer(images, logs) {
        const n = logs.length / classes;
        const size = images.length / n;
        return Float32Array.from({ length: logs.length }, (_, at) => {
          const i = Math.floor(at / classes);
          if (at % classes === 0) {
            const row = logs.subarray(at, at + classes);
            watch.see(images.slice(i * size, (i + 1) * size), row.indexOf(Math.max(...row)));
          }
          return block && watch.noticedAt !== null && watch.seen > watch.noticedAt
            ? -Math.log(classes)
            : logs[at]!;
        });
      },
      report: () => ({ detectedAfter: watch.noticedAt }),
    };
  },
});

/** A class's questions that are far enough from each other to stand for the rest, and the distances at which they came. */
interface Growing {
  images: Float32Array[];
  distances: number[];
}

/** Algorithm 3 of the paper, for one client. */
class Watch {
  seen = 0;
  noticedAt: number | null = null;
  private readonly classes: Growing[];
  private readonly distances: number[] = [];

  constructor(
    classes: number,
    private readonly delta: number,
    private readonly smallest: number,
  ) {
    this.classes = Array.from({ length: classes }, () => ({ images: [], distances: [] }));
  }

  see(image: Float32Array, label: number): void {
    this.seen++;
    // Once noticed nothing is left to find out.
    if (this.noticedAt !== null) return;
    const own = this.classes[label]!;
    if (own.images.length === 0) {
      own.images.push(image);
      return;
    }
    const nearest = Math.min(...own.images.map((other) => distance(image, other)));
    this.distances.push(nearest);
    const { mean, deviation } = spread(own.distances);
    if (own.distances.length === 0 || nearest > mean - deviation) {
      own.images.push(image);
      own.distances.push(nearest);
    }
    if (this.distances.length < this.smallest) return;
    const all = spread(this.distances);
    const usual = this.distances.filter((one) => Math.abs(one - all.mean) <= 3 * all.deviation);
    if (shapiroWilk(usual) < this.delta) this.noticedAt = this.seen;
  }
}

function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum);
}

function spread(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length)) };
}
