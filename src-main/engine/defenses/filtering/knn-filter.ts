import * as tf from '@tensorflow/tfjs';
import { choice, integer, number } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import { defineModelFilter } from '../../definitions';
import { featuresOf } from '../../features';
import { sizeOf } from '../../splits';
import { epochsOf, examinedEpochs, PASS } from '../filter-params';
import { readOut } from '../../read-out';

/** Samples whose neighbours are looked for together. */
const AT_ONCE = 500;

/** Nearest neighbours: leaves out samples whose label is not the one that most of the samples around them have. */
export default defineModelFilter({
  id: 'knn-filter',
  title: 'Filter by nearest neighbours',
  summary:
    'Lets the nearest other samples, by pixels or by the activations of a model trained on everything, vote on the label of each, and leaves out those that are outvoted. Finds scattered wrong labels; poison that lies together vouches for itself.',
  limits:
    'The paper gives such samples the label of their neighbours, here they are left out; and it asks for a majority of at least a half, where a plain vote (D. L. Wilson 1972, doi:10.1109/TSMC.1972.4309137) is the default.',
  reference: {
    authors: 'A. Paudice, L. Muñoz-González, E. C. Lupu',
    title: 'Label sanitization against label flipping poisoning attacks',
    year: 2018,
    where: 'ECML PKDD workshops, arXiv:1803.00992',
  },
  params: {
    neighbours: integer({
      default: 10,
      min: 1,
      max: 10000,
      unit: 'samples',
      help: 'Nearest samples that are asked.',
    }),
    majority: number({
      default: 0,
      min: 0,
      max: 1,
      unit: 'share',
      help: 'Share of them that must agree on another label. 0: more than have the sample’s own are enough; the paper’s rule begins at .5.',
    }),
    space: choice({
      options: ['pixels', 'activations'],
      default: 'pixels',
      help: 'Where nearness is measured: Euclidean, on the images or in the last hidden layer.',
    }),
    epochs: examinedEpochs,
  },
  derive: epochsOf,
  // A sample against a sample is some hundred multiplications, a step on a sample some hundred thousand.
  cost: ({ batches, train }) => PASS * batches * (1 + train / 1000),
  check({ train }, { neighbours }) {
    const n = sizeOf(train);
    if (neighbours < n) return;
    throw new LabError(
      'defenses.knn-filter.neighbours',
      `found ${neighbours}, but each of ${n} training samples has ${n - 1} others`,
      `Give at most ${n - 1}, or more samples.`,
    );
  },
  async suspect({ train, classes }, model, { neighbours, majority, space }, context) {
    const n = sizeOf(train);
    const rows = space === 'pixels' ? train.images : featuresOf(model, train);
    const scores = new Float32Array(n);
    const removed: number[] = [];
    const all = tf.tensor2d(rows, [n, rows.length / n]);
    const lengths = tf.tidy(() => tf.sum(tf.square(all), 1));
    for (let start = 0; start < n; start += AT_ONCE) {
      const count = Math.min(AT_ONCE, n - start);
      const nearest = readOut<'int32'>(() => {
        const some = all.slice([start, 0], [count, -1]);
        // Squared distance but for the sample's own length, which all its distances have; itself put out of the way.
        const itself = tf.oneHot(tf.range(start, start + count, 1, 'int32'), n, 1e30, 0, 'float32');
        const near = tf.sub(tf.sub(tf.mul(tf.matMul(some, all, false, true), 2), lengths), itself);
        return tf.topk(near, neighbours).indices;
      });
      for (let i = 0; i < count; i++) {
        const votes = new Uint32Array(classes);
        for (const other of nearest.subarray(i * neighbours, (i + 1) * neighbours))
          votes[train.labels[other]!]!++;
        const own = train.labels[start + i]!;
        const most = Math.max(...votes.filter((_, label) => label !== own));
        scores[start + i] = (most - votes[own]!) / neighbours;
        if (most > votes[own]! && most / neighbours >= majority) removed.push(start + i);
      }
      context.progress((start + count) / n);
      await context.breathe();
    }
    tf.dispose([all, lengths]);
    return { removed: Uint32Array.from(removed), scores };
  },
});
