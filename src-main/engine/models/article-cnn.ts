import { defineModel } from '../definitions';
import { convolutional, dense, flatten } from '../network';

/** The article's CNN: one convolution of 32 filters 3×3, a dense layer of 64, logits. 1.4 M parameters on MNIST. */
export default defineModel({
  id: 'article-cnn',
  title: 'Article CNN',
  summary:
    'Conv 32×3 relu, flatten, dense 64 relu, logits. Accurate on clean digits and defenceless: nearly all its weights sit in one dense layer.',
  reference: {
    authors: 'F. Chollet and others',
    title: 'Keras: simple MNIST convnet',
    year: 2015,
    where: 'keras.io/examples',
  },
  capabilities: ['gradients', 'scores', 'decisions', 'training'],
  requires: [],
  params: {},
  layers: (classes) => [convolutional(32, 3), flatten(), dense(64), dense(classes, 'linear')],
});
