import * as tf from '@tensorflow/tfjs';
import { integer } from '../../../contract/params';
import { definePrivacyAttack, type PrivacyContext } from '../../definitions';
import type { NetworkTarget } from '../../target-views';
import { logProbabilities } from '../answers';
import { extractionCost, extractionParams, ownImages, steal } from '../extraction';
import { readOut } from '../../read-out';

/** Uncertainty sampling: the thief asks about what its copy is least sure of. */
export default definePrivacyAttack({
  id: 'uncertainty-sampling',
  title: 'Extraction: uncertainty sampling',
  summary:
    'Looks through more own images than it can ask about and asks for those on which the copy’s two likeliest classes are closest. Every question is spent where the copy does not know yet; learns from labels.',
  reference: {
    authors: 'V. Chandrasekaran, K. Chaudhuri, I. Giacomelli, S. Jha, S. Yan',
    title: 'Exploring connections between active learning and model extraction',
    year: 2020,
    where: 'USENIX Security, arXiv:1811.02054',
  },
  knowledge: 'decision',
  requires: ['decisions'],
  params: {
    ...extractionParams,
    choice: integer({
      default: 4,
      min: 1,
      max: 1000,
      unit: 'images',
      help: 'Images looked at for each that is asked about.',
      advanced: true,
    }),
  },
  cost: (params, basis) => extractionCost(params, basis) + params.choice * params.queries,
  async infer(target, knowledge, params, context) {
    const draw = ownImages(knowledge, target.inputShape, context.random('images'));
    // Passed over once, an image may still be asked about in a later round.
    let passedOver = new Float32Array();
    const size = target.inputShape.reduce((a, b) => a * b);
    return steal(target, knowledge, params, context, {
      learnsFrom: 'labels',
      async next(count, _known, copy) {
        if (!copy) return draw(count);
        const fresh = draw(Math.max(0, params.choice * count - passedOver.length / size));
        const pool = new Float32Array(passedOver.length + fresh.length);
        pool.set(passedOver);
        pool.set(fresh, passedOver.length);
        const margins = await marginsOf(copy, pool, context);
        const order = [...margins.keys()].sort((a, b) => margins[a]! - margins[b]! || a - b);
        const take = (places: number[]) => {
          const images = new Float32Array(places.length * size);
          places.forEach((place, i) => images.set(pool.subarray(place * size, (place + 1) * size), i * size));
          return images;
        };
        passedOver = take(order.slice(count));
        return take(order.slice(0, count));
      },
    });
  },
});

/** Probability of the likeliest class minus that of the second [n]. */
async function marginsOf(
  copy: NetworkTarget,
  images: Float32Array,
  context: PrivacyContext,
): Promise<Float32Array> {
  const n = images.length / copy.inputShape.reduce((a, b) => a * b);
  const logs = await logProbabilities(copy, { images, labels: new Uint8Array(n) }, context);
  return readOut(() => {
    const { values } = tf.topk(tf.exp(tf.tensor2d(logs, [n, copy.classes])), 2);
    return tf.sub(values.slice([0, 0], [n, 1]), values.slice([0, 1], [n, 1]));
  });
}
