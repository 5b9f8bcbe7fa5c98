import * as tf from '@tensorflow/tfjs';
import { integer, number } from '../../../contract/params';
import { defineTrainingDefense, type TrainingLoss } from '../../definitions';
import { softmaxCrossEntropy } from '../../kernels';

/** Trimmed loss: each step learns from the samples of its batch that the model finds easiest, and from no others. */
export default defineTrainingDefense({
  id: 'trimmed-loss',
  title: 'Trimmed loss',
  summary:
    'Leaves the samples of highest loss out of every step. Wrong labels are the hardest to believe, so that the model hardly learns from them; nothing is removed for good.',
  limits:
    'Samples that are merely rare are left out as well. A backdoor is easy to learn, and stays. The paper chooses among the whole set after each round of training; here it is within a batch, at every step.',
  reference: {
    authors: 'Y. Shen, S. Sanghavi',
    title: 'Learning with bad training data via iterative trimmed loss minimization',
    year: 2019,
    where: 'ICML, arXiv:1810.11874',
  },
  params: {
    share: number({
      default: 0.3,
      min: 0,
      max: 0.99,
      unit: 'share',
      help: 'Share of every batch that is left out.',
    }),
    warmUp: integer({
      default: 1,
      min: 0,
      max: 10000,
      unit: 'epochs',
      help: 'Epochs at the beginning that learn from everything: the classes an untrained network happens to find hard would be left out from then on.',
    }),
  },
  cost: ({ epochs, batches }) => epochs * batches,
  async train(trainer, { train }, { share, warmUp }) {
    const { epochs } = trainer.training;
    await trainer.fit(train, {
      loss: (logits, batch, progress) => trimmed(progress * epochs < warmUp ? 0 : share)(logits, batch),
    });
  },
});

/** Cross-entropy, its gradient zero for the share of the batch where it is largest. */
export const trimmed =
  (share: number): TrainingLoss =>
  (logits, { labels }) => {
    const { loss, gradient } = softmaxCrossEntropy(logits, labels);
    const n = logits.shape[0];
    const kept = Math.max(1, n - Math.round(share * n));
    const { indices } = tf.topk(tf.neg(loss), kept);
    const counts = tf.sum(tf.oneHot(indices.toInt(), n, 1, 0, 'float32'), 0);
    // The mean over what is kept, where the trainer divides by the whole batch.
    const weights = tf.mul(counts, n / kept);
    return {
      loss: tf.mul(loss, weights) as tf.Tensor1D,
      gradient: tf.mul(gradient, weights.reshape([n, 1])) as tf.Tensor2D,
    };
  };
