import { defineModel } from '../definitions';
import { dense, flatten } from '../network';

/** One linear layer: a weight for each pixel and class. */
export default defineModel({
  id: 'softmax-regression',
  title: 'Softmax regression',
  summary:
    'Multinomial logistic regression on pixels: no hidden layer. The weakest classifier of the lab, and the one whose answers give it away whole: its weights are the solution of linear equations.',
  reference: {
    authors: 'D. R. Cox',
    title: 'The regression analysis of binary sequences',
    year: 1958,
    where: 'Journal of the Royal Statistical Society B 20',
  },
  capabilities: ['gradients', 'scores', 'decisions', 'training'],
  requires: [],
  params: {},
  layers: (classes) => [flatten(), dense(classes, 'linear')],
});
