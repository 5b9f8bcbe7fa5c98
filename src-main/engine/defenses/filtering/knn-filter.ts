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

/** Nearest neighbours: leaves out samples whose label is not that of the samples around them. */
export default defineModelFilter({
  id: 'knn-filter',
  title: 'Filter by nearest neighbours',
  summary:
    'Looks at the nearest other samples, by pixels or by the activations of a model trained on everything, and leaves out samples whose label too few of them share. Finds scattered wrong labels; poison that lies together vouches for itself.',
  limits: 'The paper gives such samples the label of their neighbours; here they are left out.',
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
    agreement: number({
      default: 0.5,
      min: 0,
      max: 1,
      unit: 'share',
      help: 'Share of them that must have the sample’s own label.',
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
  async suspect({ train }, model, { neighbours, agreement, space }, context) {
    const n = sizeOf(train);
    const rows = space === 'pixels' ? train.images : featuresOf(model, train);
    const scores = new Float32Array(n);
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
        const own = train.labels[start + i];
        const others = nearest.subarray(i * neighbours, (i + 1) * neighbours);
        scores[start + i] = others.filter((other) => train.labels[other] !== own).length / neighbours;
      }
      context.progress((start + count) / n);
      await context.breathe();
    }
    tf.dispose([all, lengths]);
    const removed = Uint32Array.from(scores.keys()).filter((i) => 1 - scores[i]! < agreement);
    return { removed, scores };
  },
});
