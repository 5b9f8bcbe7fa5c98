import { choice, number } from '../../../contract/params';
import { cholesky, solveLower } from '../../cholesky';
import { defineModelFilter } from '../../definitions';
import { byClass, featuresOf, rowsAt } from '../../features';
import { highest } from '../../scores';
import { covarianceOf, principalComponents } from '../../principal';
import { sizeOf } from '../../splits';
import { epochsOf, examinedEpochs, expectedShare, PASS } from '../filter-params';

/** Spread added in every direction, in shares of the mean one: units that are dead for the other labels have none. */
const RIDGE = 0.01;

/** Spectral signatures: how far each sample lies along the direction in which its class's activations vary most. */
export default defineModelFilter({
  id: 'spectral-signatures',
  title: 'Spectral signatures',
  summary:
    'Among the samples of one label, a backdoor’s share one strong feature, the trigger: the direction in which the activations vary most points from the clean samples to them. Leaves out those that lie furthest along it.',
  limits:
    'The paper removes the same share from every label, which costs many clean samples where one label holds all the poison; here the highest scores of the whole set go. In a small network the direction of largest variance is often a way of writing: unless spread is “plain”, variance is measured in units of what is usual within the other labels. Removes its share whether anything is poisoned or not.',
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
      help: 'How many times the expected share is left out.',
      advanced: true,
    }),
    spread: choice({
      options: ['others', 'plain'],
      default: 'others',
      help: 'Unit of the variance of a label’s activations: the mean covariance within the other labels, or, as in the paper, none.',
      advanced: true,
    }),
    epochs: examinedEpochs,
  },
  derive: epochsOf,
  cost: ({ batches }) => 2 * PASS * batches,
  async suspect({ train, classes }, model, { expected, excess, spread }, context) {
    const [features, labels] = [featuresOf(model, train), byClass(train, classes)];
    const measured = spread === 'plain' ? features : againstOthers(features, labels, sizeOf(train));
    const scores = spectralScores(measured, labels, sizeOf(train));
    await context.breathe();
    const count = Math.min(sizeOf(train) - 1, Math.round(expected * excess * sizeOf(train)));
    return { removed: highest(scores, count), scores };
  },
});

/** Squared length of each sample's centred features along the first principal component of its class. */
export function spectralScores(features: Float32Array, classes: Uint32Array[], n: number): Float32Array {
  const width = features.length / n;
  const scores = new Float32Array(n);
  for (const members of classes) {
    if (members.length === 0) continue;
    const { projected } = principalComponents(rowsAt(features, members, width), width, 1);
    members.forEach((index, row) => (scores[index] = (projected[row]![0] ?? 0) ** 2));
  }
  return scores;
}

/**
 * Features in units of the spread that is usual within the other labels: x becomes L⁻¹x, L Lᵀ being the mean of their covariances.
 * A robust estimate of a clean label's covariance, as SPECTRE's (Hayase et al. 2021), taken where the poison is not.
 */
export function againstOthers(features: Float32Array, classes: Uint32Array[], n: number): Float32Array {
  const width = features.length / n;
  const covariances = classes.map((members) =>
    members.length === 0 ? null : covarianceOf(rowsAt(features, members, width), width).covariance,
  );
  const measured = features.slice();
  for (const [label, members] of classes.entries()) {
    const others = covariances.flatMap((one, other) => (one && other !== label ? [one] : []));
    if (others.length === 0) continue;
    const usual = new Float64Array(width * width);
    for (const one of others)
      for (let at = 0; at < usual.length; at++) usual[at]! += one[at]! / others.length;
    let trace = 0;
    for (let k = 0; k < width; k++) trace += usual[k * width + k]!;
    for (let k = 0; k < width; k++) usual[k * width + k]! += trace > 0 ? (RIDGE * trace) / width : 1;
    const factor = cholesky(usual, width);
    for (const index of members) solveLower(factor, measured.subarray(index * width, (index + 1) * width));
  }
  return measured;
}
