import { integer } from '../../contract/params';
import { defineModel } from '../definitions';
import { dense, flatten } from '../network';

/** Two fully connected hidden layers: a model without convolutions, to transfer to and from. */
export default defineModel({
  id: 'mlp',
  title: 'Multilayer perceptron',
  summary:
    'Two hidden layers of rectified units over all pixels. Knows nothing of where pixels lie, so what fools it differs from what fools a convolutional network; takes images of any size.',
  reference: {
    authors: 'D. E. Rumelhart, G. E. Hinton, R. J. Williams',
    title: 'Learning representations by back-propagating errors',
    year: 1986,
    where: 'Nature 323, doi:10.1038/323533a0',
  },
  capabilities: ['gradients', 'scores', 'decisions', 'training'],
  requires: [],
  params: {
    units: integer({ default: 256, min: 1, max: 8192, unit: 'units', help: 'Units of each hidden layer.' }),
  },
  layers: (classes, { units }) => [flatten(), dense(units), dense(units), dense(classes, 'linear')],
});
