import * as tf from '@tensorflow/tfjs';
import { integer, number } from '../../../contract/params';
import { defineTrainingDefense } from '../../definitions';
import { accuracyOf } from '../../gradient-step';
import { softmaxCrossEntropy } from '../../kernels';
import { ownEpochs } from '../robust-training';

/** Weight decay and early stopping: a model that cannot, or need not, learn its images by heart. */
export default defineTrainingDefense({
  id: 'regularisation',
  title: 'Regularisation',
  summary:
    'Pulls every weight towards zero while it trains and, with patience, stops when the accuracy on validation images no longer grows. Narrows the gap that membership attacks live on; promises nothing about the images that are remembered all the same.',
  reference: {
    authors: 'A. Krogh, J. A. Hertz',
    title: 'A simple weight decay can improve generalization',
    year: 1991,
    where: 'NeurIPS 4',
  },
  params: {
    decay: number({
      default: 0.002,
      min: 0,
      max: 10,
      help: 'λ of the penalty λ/2 · ‖w‖² over all kernels; biases are free.',
    }),
    patience: integer({
      default: 0,
      min: 0,
      max: 10000,
      unit: 'epochs',
      help: 'Ends the training when the accuracy on the validation images has not grown for so many epochs, with the weights of the best one. 0 trains to the end. Needs dataset.validation.',
    }),
    epochs: ownEpochs,
  },
  derive: (_, training) => ({ epochs: training.epochs }),
  cost: ({ batches, validation, examined }, { epochs, patience }) =>
    epochs * (batches + (patience > 0 ? examined(UNMOVED, validation) : 0)),
  async train(trainer, { train }, { decay, patience, epochs }) {
    await trainer.fit(train, {
      epochs,
      earlyStopping: patience > 0 ? { attack: UNMOVED, patience, from: 0 } : null,
      descend(network, { images, labels }) {
        const activations = network.forward(images);
        const logits = activations.at(-1) as tf.Tensor2D;
        const { loss, gradient } = softmaxCrossEntropy(logits, labels);
        const plain = network.parameterGradients(activations, tf.div(gradient, labels.shape[0]));
        return {
          loss: tf.mean(loss).dataSync()[0]!,
          accuracy: accuracyOf(logits, labels),
          // Kernels and biases take turns.
          gradients: plain.map((each, i) =>
            i % 2 === 0 ? tf.add(each, tf.mul(network.parameters[i]!.value(), decay)) : each,
          ),
        };
      },
    });
  },
});

/** The images as they are: noise of no length. What early stopping judges a plain training by. */
const UNMOVED = {
  id: 'random-noise',
  params: { norm: 'linf', epsilon: 0, goal: 'untargeted', expectation: 1 },
};
