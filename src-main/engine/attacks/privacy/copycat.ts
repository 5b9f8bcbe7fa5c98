import { choice } from '../../../contract/params';
import { definePrivacyAttack } from '../../definitions';
import { noise } from '../../kernels';
import { extractionCost, extractionParams, ownImages, steal } from '../extraction';

/** Copycat: a copy learns from the labels that a target gives to whatever images are at hand. */
export default definePrivacyAttack({
  id: 'copycat',
  title: 'Extraction: copycat',
  summary:
    'Asks for the predicted class of random images and trains a copy on these labels. Nothing but labels is needed, so no masking of confidences hinders it.',
  limits:
    'The paper’s images are natural ones of other kinds; here they are the attacker’s own of the same kind, or noise, which shows how much that matters.',
  reference: {
    authors: 'J. R. Correia-Silva, R. F. Berriel, C. Badue, A. F. de Souza, T. Oliveira-Santos',
    title: 'Copycat CNN: stealing knowledge by persuading confession with random non-labeled data',
    year: 2018,
    where: 'IJCNN, arXiv:1806.05476',
  },
  knowledge: 'decision',
  requires: ['decisions'],
  params: {
    ...extractionParams,
    images: choice({
      options: ['own', 'noise'],
      default: 'own',
      help: 'What is asked about: the attacker’s own images, or uniform noise.',
    }),
  },
  cost: extractionCost,
  async infer(target, knowledge, params, context) {
    const size = target.inputShape.reduce((a, b) => a * b);
    const draw =
      params.images === 'own'
        ? ownImages(knowledge, target.inputShape, context.random('images'))
        : (count: number) => noise('uniform', count * size, context.random('noise', count)).slice();
    return steal(target, knowledge, params, context, {
      learnsFrom: 'labels',
      next: async (count) => draw(count),
    });
  },
});
