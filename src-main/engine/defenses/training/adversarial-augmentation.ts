import { attacks, boolean, number } from '../../../contract/params';
import { defineTrainingDefense } from '../../definitions';
import { concatenated, selected, sizeOf } from '../../splits';

/** Adversarial examples of an undefended model, made once, trained on beside the clean data. */
export default defineTrainingDefense({
  id: 'adversarial-augmentation',
  title: 'Adversarial augmentation',
  summary:
    'Trains a plain model, makes adversarial examples of the training images against it, by one attack or several in equal parts, and trains a fresh model on clean and adversarial images together.',
  limits:
    'The examples are fixed: the new model learns to withstand the old one’s weaknesses, and new examples made against it work again. Adversarial training makes them anew at every step.',
  reference: {
    authors: 'C. Szegedy, W. Zaremba, I. Sutskever, J. Bruna, D. Erhan, I. Goodfellow, R. Fergus',
    title: 'Intriguing properties of neural networks',
    year: 2014,
    where: 'ICLR, arXiv:1312.6199',
  },
  params: {
    attacks: attacks({
      surface: 'evasion',
      default: [{ id: 'fgsm', params: { epsilon: 0.3 } }],
      help: 'Attacks that make the examples, each an equal part of them.',
    }),
    ratio: number({
      default: 1,
      min: 0,
      exclusiveMin: true,
      max: 20,
      help: 'Adversarial examples for each training image; above 1 images are attacked several times, by the attacks in turn.',
    }),
    clean: boolean({ default: true, help: 'Train on the clean images too, else on the examples alone.' }),
  },
  cost({ epochs, batches, attack: costOf }, { attacks: mix, ratio, clean }) {
    const crafting = mix.reduce((sum, applied) => sum + costOf(applied) / mix.length, 0);
    return epochs * batches * (1 + (clean ? 1 : 0) + ratio) + batches * ratio * crafting;
  },
  async train(trainer, { train }, { attacks: mix, ratio, clean }, context) {
    const plain = await trainer.fit(train);
    const n = sizeOf(train);
    const chosen = context.random('chosen').shuffle(Uint32Array.from({ length: n }, (_, i) => i));
    const examples = Array.from({ length: Math.ceil(ratio * n) }, (_, i) => ({
      image: chosen[i % n]!,
      // One further on with every pass over the images, so that none meets the same attack twice in a row.
      attack: (i + Math.floor(i / n)) % mix.length,
    }));
    const parts = clean ? [train] : [];
    for (const [index, applied] of mix.entries()) {
      const own = examples.filter(({ attack }) => attack === index).map(({ image }) => image);
      if (own.length === 0) continue;
      const part = selected(train, Uint32Array.from(own));
      parts.push({ images: await trainer.attackSplit(applied, plain, part), labels: part.labels });
    }
    await trainer.fit(concatenated(...parts));
  },
});
