import { integer, number } from '../../../contract/params';
import type { Random } from '../../../contract/random';
import { defineModelFilter } from '../../definitions';
import { byClass, featuresOf, rowsAt } from '../../features';
import { withinLabels } from '../../label-spread';
import { principalComponents, type Principal } from '../../principal';
import { sizeOf } from '../../splits';
import { epochsOf, examinedEpochs, PASS } from '../filter-params';
import { answersWithout, reclassifyParam } from '../reclassified';

/** Variance, in shares of the largest, below which a direction is noise of the arithmetic. */
const NOISE = 1e-6;

/** Samples of a class that its silhouette is measured on: more say no more of it. */
const SILHOUETTE_SAMPLES = 400;

/** Starts of the clustering, the best of which counts. */
const STARTS = 5;

/** Activation clustering: two groups within one label that lie clearly apart are one too many. */
export default defineModelFilter({
  id: 'activation-clustering',
  title: 'Activation clustering',
  summary:
    'Splits the activations of each label into two clusters. The samples of a clean class do not fall apart; a poisoned one does, into digits that are what they are labelled and digits that bear the trigger. Where one of them is clearly smaller, it is suspect: each sample of the label goes to the nearer of the two, a network is trained without the smaller, and where it does not give most of these their label back, they are left out.',
  limits:
    'Principal components of equal spread in place of independent ones, of which they are a rotation that distances do not see; the border between the clusters is drawn in units of the spread within the other labels, where the paper leaves it where k-means drew it. More poison than about a third of a class is not found; a class with a rare way of being written may look poisoned.',
  reference: {
    authors: 'B. Chen, W. Carvalho, N. Baracaldo, H. Ludwig, B. Edwards, T. Lee, I. Molloy, B. Srivastava',
    title: 'Detecting backdoor attacks on deep neural networks by activation clustering',
    year: 2018,
    where: 'SafeAI at AAAI, arXiv:1811.03728',
  },
  params: {
    components: integer({
      default: 10,
      min: 1,
      max: 1000,
      unit: 'directions',
      help: 'Principal components that are clustered, each of spread 1.',
    }),
    largest: number({
      default: 0.35,
      min: 0,
      max: 0.5,
      unit: 'share',
      help: 'Share of the class up to which the smaller cluster counts as poison; a clean class splits nearly in halves.',
    }),
    silhouette: number({
      default: 0.1,
      min: -1,
      max: 1,
      help: 'Silhouette from which two clusters count as two: 1 far apart, 0 one beside the other.',
      advanced: true,
    }),
    reclassify: reclassifyParam(
      'The paper’s exclusionary reclassification: a network trained without the suspects is asked about them, and a cluster of which it gives more their label than any other is a way of writing and stays.',
    ),
    epochs: examinedEpochs,
  },
  derive: epochsOf,
  fits: ({ reclassify }) => (reclassify ? 1 : 0),
  cost: ({ batches }) => 5 * PASS * batches,
  async suspect({ train, classes }, model, { components, largest, silhouette, reclassify }, context) {
    const features = featuresOf(model, train);
    const n = sizeOf(train);
    const width = features.length / n;
    const scores = new Float32Array(n);
    const members = byClass(train, classes);
    const split: { label: number; smaller: boolean[] }[] = [];
    for (const [label, indices] of members.entries()) {
      context.progress((label + 1) / classes);
      if (indices.length < 3) continue;
      const points = ofEqualSpread(principalComponents(rowsAt(features, indices, width), width, components));
      const { smaller, apart } = twoClusters(points, context.random('clusters', label));
      indices.forEach((index, row) => (scores[index] = smaller[row] ? apart : 0));
      const share = smaller.filter(Boolean).length / indices.length;
      if (share > 0 && share <= largest && apart >= silhouette) split.push({ label, smaller });
      await context.breathe();
    }
    if (split.length === 0) return { removed: new Uint32Array(), scores };
    const labels = split.map(({ label }) => label);
    const { places } = withinLabels(features, members, n, components, 'others', labels);
    const suspected = split.map(({ label, smaller }) => {
      const own = members[label]!;
      const points = Array.from(own, (index) => Float64Array.from(places, (along) => along[index]!));
      const nearer = nearerTo(points, smaller);
      return { label, indices: own.filter((_, row) => nearer[row]) };
    });
    const all = Uint32Array.from(suspected.flatMap(({ indices }) => [...indices])).sort();
    if (!reclassify) return { removed: all, scores };
    const answers = await answersWithout(all, train, context);
    const poisoned = new Set(
      suspected.flatMap(({ label }) => {
        const counts = new Uint32Array(classes);
        all.forEach((index, row) => (counts[answers[row]!]! += train.labels[index] === label ? 1 : 0));
        return counts[label]! > Math.max(...counts.filter((_, other) => other !== label)) ? [] : [label];
      }),
    );
    return { removed: all.filter((index) => poisoned.has(train.labels[index]!)), scores };
  },
});

/** Which points lie nearer to the mean of those in the cluster than to that of the others. */
export function nearerTo(points: Float64Array[], inCluster: boolean[]): boolean[] {
  const [inside, outside] = [true, false].map((which) =>
    meanOf(points.filter((_, row) => inCluster[row] === which)),
  ) as [Float64Array, Float64Array];
  return points.map((point) => squared(point, inside) < squared(point, outside));
}

/**
 * Where the rows lie on the components, each of variance 1. Independent components (FastICA) are a rotation of these, and
 * k-means gives the same clusters in either.
 */
export function ofEqualSpread({ projected, variances }: Principal): Float64Array[] {
  const kept = [...variances.keys()].filter((k) => variances[k]! > NOISE * variances[0]!);
  return projected.map((row) => Float64Array.from(kept, (k) => row[k]! / Math.sqrt(variances[k]!)));
}

/** Two clusters (k-means++, Lloyd): which points are in the smaller, and the silhouette of the split. */
export function twoClusters(points: Float64Array[], random: Random): { smaller: boolean[]; apart: number } {
  let best = { inSecond: points.map(() => false), spread: Infinity };
  for (let start = 0; start < STARTS; start++) {
    const found = lloyd(points, random);
    if (found.spread < best.spread) best = found;
  }
  const second = best.inSecond.filter(Boolean).length;
  const flip = second > points.length / 2;
  const smaller = best.inSecond.map((value) => value !== flip);
  return { smaller, apart: silhouetteOf(points, smaller, random) };
}

/** Squared distance; a loop, since it is asked for by the million. */
function squared(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k]! - b[k]!) ** 2;
  return sum;
}

function meanOf(points: Float64Array[]): Float64Array {
  const mean = new Float64Array(points[0]!.length);
  for (const point of points) for (let k = 0; k < mean.length; k++) mean[k]! += point[k]!;
  return mean.map((sum) => sum / points.length);
}

function lloyd(points: Float64Array[], random: Random): { inSecond: boolean[]; spread: number } {
  const first = points[random.integer(points.length)]!;
  const weights = points.map((point) => squared(point, first));
  let left = random.uniform() * weights.reduce((a, b) => a + b, 0);
  const far = weights.findIndex((weight) => (left -= weight) < 0);
  let centres = [first, points[far < 0 ? points.length - 1 : far]!];
  let inSecond: boolean[] = [];
  for (let round = 0; round < 100; round++) {
    const next = points.map((point) => squared(point, centres[1]!) < squared(point, centres[0]!));
    if (round > 0 && next.every((value, i) => value === inSecond[i])) break;
    inSecond = next;
    centres = [false, true].map((which, c) => {
      const own = points.filter((_, i) => inSecond[i] === which);
      return own.length === 0 ? centres[c]! : meanOf(own);
    });
  }
  const spread = points.reduce((sum, point, i) => sum + squared(point, centres[inSecond[i] ? 1 : 0]!), 0);
  return { inSecond, spread };
}

/** Mean silhouette (Rousseeuw 1987) over some of the points; −1 where a cluster is empty or a single point. */
function silhouetteOf(points: Float64Array[], inSmaller: boolean[], random: Random): number {
  const some = random.shuffle([...points.keys()]).slice(0, SILHOUETTE_SAMPLES);
  const groups = [false, true].map((which) => some.filter((i) => inSmaller[i] === which));
  if (groups.some(({ length }) => length < 2)) return -1;
  const total = (i: number, group: number[]) => {
    let sum = 0;
    for (const j of group) sum += Math.sqrt(squared(points[i]!, points[j]!));
    return sum;
  };
  const values = some.map((i) => {
    const [own, other] = inSmaller[i] ? [groups[1]!, groups[0]!] : [groups[0]!, groups[1]!];
    // Of its own group all but itself.
    const [a, b] = [total(i, own) / (own.length - 1), total(i, other) / other.length];
    return (b - a) / Math.max(a, b, 1e-30);
  });
  return values.reduce((a, b) => a + b, 0) / values.length;
}
