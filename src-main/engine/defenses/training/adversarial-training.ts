import { attack } from '../../../contract/params';
import { defineTrainingDefense } from '../../definitions';
import { grownAttack, ownEpochs, patienceParam, rampOver, stopping, stoppingCost } from '../robust-training';

/** Adversarial training: every gradient step is taken on examples made against the weights of that moment. */
export default defineTrainingDefense({
  id: 'adversarial-training',
  title: 'Adversarial training',
  summary:
    'Each batch is replaced by adversarial examples made against the model as it is at that step. The defence that has lasted; it costs the attack’s steps at every batch, and some clean accuracy.',
  limits:
    'Without an epsilon ramp training at large epsilon often collapses to a constant. Robust in the norm it was trained in, hardly in others.',
  formula: 'min_θ E[max_{‖δ‖ ≤ ε} L(f_θ(x + δ), y)]',
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
    ramp: rampOver(0.4),
    epochs: ownEpochs,
    patience: patienceParam,
  },
  derive: (_params, training) => ({ epochs: training.epochs }),
  cost: (basis, { attack: applied, epochs, patience }) =>
    epochs * basis.batches * (1 + basis.attack(applied)) + stoppingCost(basis, applied, epochs, patience),
  async train(trainer, { train }, { attack: applied, ramp, epochs, patience }) {
    await trainer.fit(train, {
      epochs,
      work: 1 + trainer.work(applied),
      earlyStopping: stopping(applied, patience, ramp),
      perturb: (model, batch, progress, context) =>
        trainer.attack(grownAttack(trainer, applied, ramp, progress), model, batch, context),
    });
  },
});
