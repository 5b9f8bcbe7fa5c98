import * as tf from '@tensorflow/tfjs';
import { integer, number } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import type { Split } from '../../../contract/dataset';
import { defineModelFilter, type FeatureTarget, type FilterContext } from '../../definitions';
import { thresholdFor } from '../../scores';
import { selected, sizeOf, toBatch } from '../../splits';
import { epochsOf, examinedEpochs, PASS } from '../filter-params';
import { readOut } from '../../read-out';

/** STRIP: a trigger holds its class whatever else is laid over the image, so the answers stay sure. */
export default defineModelFilter({
  id: 'strip',
  title: 'STRIP',
  summary:
    'Lays other images over each sample and looks how unsure the model becomes. Two digits at once confuse a model; a sample with a trigger is given its class all the same. Samples whose answers stay surer than those of nearly all clean validation images are left out.',
  limits:
    'Made for inputs at run time, here used on the training set. Patterns that the overlay washes out escape it. Needs validation images that are known to be clean.',
  reference: {
    authors: 'Y. Gao, C. Xu, D. Wang, S. Chen, D. C. Ranasinghe, S. Nepal',
    title: 'STRIP: a defence against trojan attacks on deep neural networks',
    year: 2019,
    where: 'ACSAC, arXiv:1902.06531',
  },
  params: {
    overlays: integer({
      default: 20,
      min: 1,
      max: 10000,
      unit: 'images',
      help: 'Images laid over each sample.',
    }),
    falsePositiveRate: number({
      default: 0.05,
      min: 0,
      max: 1,
      unit: 'share',
      help: 'Share of the clean validation images that would be taken for poisoned; sets the threshold.',
    }),
    epochs: examinedEpochs,
  },
  derive: epochsOf,
  cost: ({ batches }, { overlays }) => PASS * batches * overlays,
  check({ validation }) {
    if (sizeOf(validation) > 0) return;
    throw new LabError(
      'defenses.strip',
      'the experiment has no validation images, which the threshold is set on',
      'Set dataset.validation.',
    );
  },
  async suspect({ train, validation }, model, { overlays, falsePositiveRate }, context) {
    const over = selected(
      validation,
      context.random('overlays').shuffle(Uint32Array.from(validation.labels.keys())),
    );
    const asked = { model, over, overlays };
    const scores = await sureness(train, asked, context, context.progress);
    const clean = await sureness(validation, asked, context, () => {});
    const threshold = thresholdFor(clean, falsePositiveRate);
    return { removed: Uint32Array.from(scores.keys()).filter((i) => scores[i]! > threshold), scores };
  },
});

/** Images asked about together. */
const AT_ONCE = 50;

/** Minus the mean entropy, in nats, of the answers to each image under the overlays. */
async function sureness(
  split: Split,
  { model, over, overlays }: { model: FeatureTarget; over: Split; overlays: number },
  context: FilterContext,
  progress: (share: number) => void,
): Promise<Float32Array> {
  const n = sizeOf(split);
  const scores = new Float32Array(n);
  for (let start = 0; start < n; start += AT_ONCE) {
    const rows = Uint32Array.from({ length: Math.min(AT_ONCE, n - start) }, (_, i) => start + i);
    // Each sample has overlays of its own, taken in turn from the shuffled images.
    const laid = Uint32Array.from({ length: rows.length * overlays }, (_, k) => {
      return ((start + Math.floor(k / overlays)) * overlays + (k % overlays)) % sizeOf(over);
    });
    const [below, above] = [
      toBatch(selected(split, rows), model.inputShape),
      toBatch(selected(over, laid), model.inputShape),
    ];
    const entropy = readOut(() => {
      const [count, ...shape] = below.images.shape;
      const repeated = tf
        .tile(below.images.expandDims(1), [1, overlays, 1, 1, 1])
        .reshape([count * overlays, ...shape]);
      const both = tf.clipByValue(tf.add(repeated, above.images), 0, 1) as tf.Tensor4D;
      const logits = model.logits(both);
      const each = tf.neg(tf.sum(tf.mul(tf.softmax(logits), tf.logSoftmax(logits)), 1));
      return tf.mean(each.reshape([count, overlays]), 1);
    });
    rows.forEach((row, i) => (scores[row] = -entropy[i]!));
    tf.dispose([below.images, below.labels, above.images, above.labels]);
    progress((start + rows.length) / n);
    await context.breathe();
  }
  return scores;
}
