import { attack, number } from '../../../contract/params';
import { defineTrainingDefense } from '../../definitions';
import { concatenated, selected, sizeOf } from '../../splits';

/** Adversarial examples of an undefended model, made once, trained on beside the clean data. */
export default defineTrainingDefense({
  id: 'adversarial-augmentation',
  title: 'Adversarial augmentation',
  summary:
    'Trains a plain model, makes adversarial examples of the training images against it, and trains a fresh model on clean and adversarial images together.',
  limits:
    'The examples are fixed: the new model learns to withstand the old one’s weaknesses, and new examples made against it work again. Adversarial training makes them anew at every step.',
  reference: {
    authors: 'C. Szegedy, W. Zaremba, I. Sutskever, J. Bruna, D. Erhan, I. Goodfellow, R. Fergus',
    title: 'Intriguing properties of neural networks',
    year: 2014,
    where: 'ICLR, arXiv:1312.6199',
  },
  params: {
    attack: attack({
      surface: 'evasion',
      default: { id: 'fgsm', params: { epsilon: 0.3 } },
      help: 'Attack that makes the examples.',
    }),
    ratio: number({
      default: 1,
      min: 0,
      exclusiveMin: true,
      max: 1,
      help: 'Adversarial examples for each clean one.',
    }),
  },
  cost: ({ epochs, batches, attack: costOf }, { attack: applied, ratio }) =>
    epochs * batches * (2 + ratio) + batches * ratio * costOf(applied),
  async train(trainer, { train }, { attack: applied, ratio }, context) {
    const plain = await trainer.fit(train);
    const chosen = context.random('chosen').shuffle(Uint32Array.from({ length: sizeOf(train) }, (_, i) => i));
    const part = selected(train, chosen.slice(0, Math.ceil(ratio * sizeOf(train))));
    const adversarial = await trainer.attackSplit(applied, plain, part);
    await trainer.fit(concatenated(train, { images: adversarial, labels: part.labels }));
  },
});
