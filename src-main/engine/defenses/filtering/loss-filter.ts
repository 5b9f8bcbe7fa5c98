import { choice, number } from '../../../contract/params';
import { defineModelFilter } from '../../definitions';
import { lossesOf } from '../../features';
import { highest } from '../../scores';
import { sizeOf } from '../../splits';
import { epochsOf, examinedEpochs, PASS } from '../filter-params';

/** Leaves out the samples a briefly trained model finds hardest (or easiest). */
export default defineModelFilter({
  id: 'loss-filter',
  title: 'Filter by loss',
  summary:
    'Trains a model on everything and leaves out the share of samples with the highest loss: those whose label the model does not believe. Finds wrong labels as long as the model has not learnt them by heart; a backdoor is learnt first, so its samples have the lowest loss.',
  limits:
    'Removes its share whether anything is poisoned or not. A long training fits wrong labels too: let the examined model be trained for few epochs.',
  reference: {
    authors: 'Y. Shen, S. Sanghavi',
    title: 'Learning with bad training data via iterative trimmed loss minimization',
    year: 2019,
    where: 'ICML, arXiv:1810.11874',
  },
  params: {
    share: number({
      default: 0.1,
      min: 0,
      max: 0.99,
      unit: 'share',
      help: 'Share of the samples that is left out.',
    }),
    which: choice({
      options: ['highest', 'lowest'],
      default: 'highest',
      help: 'Whose loss is suspicious: the highest finds wrong labels, the lowest a backdoor that is learnt at once.',
    }),
    epochs: examinedEpochs,
  },
  derive: epochsOf,
  cost: ({ batches }) => PASS * batches,
  async suspect({ train }, model, { share, which }) {
    const losses = lossesOf(model, train);
    const scores = which === 'highest' ? losses : losses.map((loss) => -loss);
    return { removed: highest(scores, Math.round(share * sizeOf(train))), scores };
  },
});
