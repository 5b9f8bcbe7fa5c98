import { defineModel } from '../definitions';
import { convolutional, dense, flatten } from '../network';

/** Two strided convolutions (16 and 32 filters, 4×4, stride 2), a dense layer of 100, logits. */
export default defineModel({
  id: 'small-cnn',
  title: 'Small CNN',
  summary:
    'Conv 16 and 32, 4×4, stride 2, relu, dense 100 relu, logits. Small enough to be trained against attacks on two cores; the usual network of certified-defence papers.',
  reference: {
    authors: 'E. Wong, J. Z. Kolter',
    title: 'Provable defenses against adversarial examples via the convex outer adversarial polytope',
    year: 2018,
    where: 'ICML, arXiv:1711.00851',
  },
  capabilities: ['gradients', 'scores', 'decisions', 'training'],
  requires: [],
  params: {},
  layers: (classes) => [
    convolutional(16, 4, 2),
    convolutional(32, 4, 2),
    flatten(),
    dense(100),
    dense(classes, 'linear'),
  ],
});
