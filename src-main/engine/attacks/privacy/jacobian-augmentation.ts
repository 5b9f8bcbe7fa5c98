import { integer, number } from '../../../contract/params';
import { definePrivacyAttack } from '../../definitions';
import { concatenated, selected, sizeOf } from '../../splits';
import { augmented } from '../evasion/substitute';
import { extractionCost, extractionParams, ownImages, steal } from '../extraction';

/** Jacobian-based augmentation: from few images, new ones are made where the copy changes most. */
export default definePrivacyAttack({
  id: 'jacobian-augmentation',
  title: 'Extraction: Jacobian augmentation',
  summary:
    'Starts from a handful of own images and makes the others by stepping along the sign of the copy’s gradient, then asks for their labels. For a thief with almost no data; its questions look made, which is how PRADA notices it.',
  limits: 'Constant step; the images to be multiplied are drawn at random from all known ones.',
  reference: {
    authors: 'N. Papernot, P. McDaniel, I. Goodfellow, S. Jha, Z. B. Celik, A. Swami',
    title: 'Practical black-box attacks against machine learning',
    year: 2017,
    where: 'ASIA CCS, arXiv:1602.02697',
  },
  knowledge: 'decision',
  requires: ['decisions'],
  params: {
    ...extractionParams,
    seedImages: integer({
      default: 150,
      min: 1,
      max: 1e6,
      unit: 'images',
      help: 'Own images it starts from.',
    }),
    augmentation: number({
      default: 0.1,
      min: 0,
      max: 1,
      unit: 'pixel range',
      help: 'How far a new image lies from the one it was made of (λ).',
      advanced: true,
    }),
  },
  cost: extractionCost,
  async infer(target, knowledge, params, context) {
    const draw = ownImages(knowledge, target.inputShape, context.random('images'));
    return steal(target, knowledge, params, context, {
      learnsFrom: 'labels',
      async next(count, { images: known }, copy, round) {
        // Before there is a copy there is no gradient to step along.
        if (!copy) return draw(Math.min(params.seedImages, sizeOf(knowledge.own), count));
        let all = known;
        // Each turn at most doubles what is there.
        for (let turn = 0; sizeOf(all) < sizeOf(known) + count; turn++) {
          const order = context.random('origins', round, turn).shuffle(Uint32Array.from(all.labels.keys()));
          const origins = selected(all, order.subarray(0, sizeOf(known) + count - sizeOf(all)));
          const images = augmented(copy, origins, params.augmentation);
          all = concatenated(all, { images, labels: origins.labels });
        }
        return all.images.slice(known.images.length);
      },
    });
  },
});
