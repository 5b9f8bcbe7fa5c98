import { number } from '../../../contract/params';
import { defineModelFilter } from '../../definitions';
import { byClass, featuresOf, rowsAt } from '../../features';
import { highest } from '../../scores';
import { principalComponents } from '../../principal';
import { sizeOf } from '../../splits';
import { epochsOf, examinedEpochs, expectedShare, PASS } from '../filter-params';

/** Spectral signatures: how far each sample lies along the direction in which its class's activations vary most. */
export default defineModelFilter({
  id: 'spectral-signatures',
  title: 'Spectral signatures',
  summary:
    'Among the samples of one label, a backdoor’s share one strong feature, the trigger: the direction in which the activations vary most points from the clean samples to them. Leaves out those that lie furthest along it.',
  limits:
    'The paper removes the same share from every label, which costs many clean samples where one label holds all the poison; here the highest scores of the whole set go. Removes its share whether anything is poisoned or not.',
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
    epochs: examinedEpochs,
  },
  derive: epochsOf,
  cost: ({ batches }) => 2 * PASS * batches,
  async suspect({ train, classes }, model, { expected, excess }, context) {
    const scores = spectralScores(featuresOf(model, train), byClass(train, classes), sizeOf(train));
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
