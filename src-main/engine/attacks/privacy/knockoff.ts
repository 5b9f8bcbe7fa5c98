import { definePrivacyAttack } from '../../definitions';
import { extractionCost, extractionParams, ownImages, steal } from '../extraction';

/** Knockoff nets: a copy learns to answer with the target's probabilities. */
export default definePrivacyAttack({
  id: 'knockoff',
  title: 'Extraction: knockoff nets',
  summary:
    'Asks for the probabilities of random images and trains a copy to give the same ones. A probability says more than a label, so fewer questions do; a target that bends its probabilities misleads it.',
  limits:
    'The paper’s random strategy; its adaptive one chooses among many kinds of images, of which the lab has one.',
  reference: {
    authors: 'T. Orekondy, B. Schiele, M. Fritz',
    title: 'Knockoff nets: stealing functionality of black-box models',
    year: 2019,
    where: 'CVPR, arXiv:1812.02766',
  },
  knowledge: 'score',
  requires: ['scores'],
  params: extractionParams,
  cost: extractionCost,
  async infer(target, knowledge, params, context) {
    const draw = ownImages(knowledge, target.inputShape, context.random('images'));
    return steal(target, knowledge, params, context, {
      learnsFrom: 'probabilities',
      next: async (count) => draw(count),
    });
  },
});
