import { choice, number } from '../../../contract/params';
import { defineModelFilter } from '../../definitions';
import { byClass, featuresOf } from '../../features';
import { highest, medianOf } from '../../scores';
import { withinLabels } from '../../label-spread';
import { sizeOf } from '../../splits';
import { epochsOf, examinedEpochs, expectedShare, PASS } from '../filter-params';
import { answersWithout, reclassifyParam } from '../reclassified';

/** Spectral signatures: how far each sample lies along the direction in which its class's activations vary most. */
export default defineModelFilter({
  id: 'spectral-signatures',
  title: 'Spectral signatures',
  summary:
    'Among the samples of one label, a backdoor’s share one strong feature, the trigger: the direction in which the activations vary most points from the clean samples to them. Leaves out those that lie furthest along it, but for those whose label a network trained without them confirms.',
  limits:
    'The paper removes the same share from every label, which costs many clean samples where one label holds all the poison; here the highest scores of one label go, that of the highest mean score, by which toolboxes find the target label of SPECTRE (J. Hayase et al. 2021, arXiv:2104.11315); at most half of it, then those of the next. In a small network the direction of largest variance is often a way of writing: unless spread is “plain”, variance is measured in units of what is usual within the other labels. More poison than half of a label is taken for its clean part. The reclassification is activation clustering’s (B. Chen et al. 2018), a sample at a time. Suspects its share whether anything is poisoned or not: on clean data a way of writing goes.',
  reference: {
    authors: 'B. Tran, J. Li, A. Madry',
    title: 'Spectral signatures in backdoor attacks',
    year: 2018,
    where: 'NeurIPS, arXiv:1811.00636',
  },
  params: {
    expected: expectedShare,
    excess: number({
      default: 1.5,
      min: 0,
      max: 100,
      help: 'How many times the expected share is suspected.',
      advanced: true,
    }),
    spread: choice({
      options: ['others', 'plain'],
      default: 'others',
      help: 'Unit of the variance of a label’s activations: the mean covariance within the other labels, or, as in the paper, none.',
      advanced: true,
    }),
    from: choice({
      options: ['median', 'mean'],
      default: 'median',
      help: 'What distance along the direction is measured from: the label’s median, towards the heavier tail, or, as in the paper, its mean, to either side.',
      advanced: true,
    }),
    labels: choice({
      options: ['one', 'all'],
      default: 'one',
      help: 'Whose highest scores are left out: those of the label of the highest mean score, up to half of it, or those of the whole set.',
      advanced: true,
    }),
    reclassify: reclassifyParam(
      'A network trained without the suspects is asked about them; those it gives their label stay.',
    ),
    epochs: examinedEpochs,
  },
  derive: epochsOf,
  fits: ({ reclassify }) => (reclassify ? 1 : 0),
  cost: ({ batches }) => 2 * PASS * batches,
  async suspect({ train, classes }, model, { expected, excess, spread, from, labels, reclassify }, context) {
    const [features, members] = [featuresOf(model, train), byClass(train, classes)];
    const scores = spectralScores(features, members, sizeOf(train), { spread, from });
    await context.breathe();
    const count = Math.min(sizeOf(train) - 1, Math.round(expected * excess * sizeOf(train)));
    const suspects = labels === 'all' ? highest(scores, count) : labelByLabel(scores, members, count);
    if (!reclassify || suspects.length === 0) return { removed: suspects, scores };
    const answers = await answersWithout(suspects, train, context);
    return { removed: suspects.filter((index, row) => answers[row] !== train.labels[index]), scores };
  },
});

/** The `count` samples of highest score of the label of the largest mean distance, at most half of it; then those of the next. */
export function labelByLabel(scores: Float32Array, classes: Uint32Array[], count: number): Uint32Array {
  const distance = (members: Uint32Array) =>
    members.reduce((sum, index) => sum + Math.abs(scores[index]!), 0) / Math.max(1, members.length);
  const found: number[] = [];
  for (const members of [...classes].sort((a, b) => distance(b) - distance(a))) {
    const own = Float32Array.from(members, (index) => scores[index]!);
    const rows = highest(own, Math.min(count - found.length, members.length >> 1));
    found.push(...Array.from(rows, (row) => members[row]!));
  }
  return Uint32Array.from(found).sort();
}

/**
 * Squared distance of each sample's features from its class's mean along the first principal component. From the median it is negative
 * on the side of the lighter tail: the mean is drawn to the poison, so that clean samples lie on its other side and some poison on it.
 */
export function spectralScores(
  features: Float32Array,
  classes: Uint32Array[],
  n: number,
  { spread, from }: { spread: 'others' | 'plain'; from: 'median' | 'mean' },
): Float32Array {
  const [places] = withinLabels(features, classes, n, 1, spread).places as [Float32Array];
  if (from === 'mean') return places.map((place) => place ** 2);
  for (const members of classes) {
    const median = medianOf(Array.from(members, (index) => places[index]!));
    for (const index of members) places[index]! -= median;
  }
  return places.map((place) => Math.sign(place) * place ** 2);
}
