import { attack, derivedNumber, number } from '../../../contract/params';
import { scaledAttack } from '../../attacks/scaled';
import { defineTrainingDefense } from '../../definitions';

/** Adversarial training: every gradient step is taken on examples made against the weights of that moment. */
export default defineTrainingDefense({
  id: 'adversarial-training',
  title: 'Adversarial training',
  summary:
    'Each batch is replaced by adversarial examples made against the model as it is at that step. The defence that has lasted; it costs the attack’s steps at every batch, and some clean accuracy.',
  limits:
    'Without an epsilon ramp training at large epsilon often collapses to a constant. Robust in the norm it was trained in, hardly in others.',
  reference: {
    authors: 'A. Madry, A. Makelov, L. Schmidt, D. Tsipras, A. Vladu',
    title: 'Towards deep learning models resistant to adversarial attacks',
    year: 2018,
    where: 'ICLR, arXiv:1706.06083',
  },
  params: {
    attack: attack({
      surface: 'evasion',
      default: { id: 'pgd', params: { epsilon: 0.3, steps: 10, stepSize: 0.05 } },
      help: 'Attack in the loop.',
    }),
    ramp: number({
      default: 0.4,
      min: 0,
      max: 1,
      unit: 'share of training',
      help: 'Over this share of the training epsilon and step size grow from 0 to their value.',
    }),
    epochs: derivedNumber({
      derived: 'training.epochs',
      integer: true,
      min: 1,
      max: 10000,
      help: 'Epochs of this training, where it needs more than the plain one.',
    }),
  },
  derive: (_params, training) => ({ epochs: training.epochs }),
  cost: ({ batches, attack: costOf }, { attack: applied, epochs }) =>
    epochs * batches * (1 + costOf(applied)),
  async train(trainer, { train }, { attack: applied, ramp, epochs }) {
    await trainer.fit(train, {
      epochs,
      attack: applied,
      async perturb(model, batch, progress, context) {
        const scale = ramp > 0 ? Math.min(1, progress / ramp) : 1;
        trainer.point('epsilon', scale * Number(applied.params.epsilon));
        return trainer.attack(scaledAttack(applied, scale), model, batch, context);
      },
    });
  },
});
