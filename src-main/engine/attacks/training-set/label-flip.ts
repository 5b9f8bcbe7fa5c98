import { LabError } from '../../../contract/problem';
import { number } from '../../../contract/params';
import { defineTrainingSetAttack } from '../../definitions';

/** Random label flips: a share of the training labels is replaced by another class, drawn uniformly. */
export default defineTrainingSetAttack({
  id: 'label-flip',
  title: 'Label flip',
  summary:
    'Gives a random share of the training samples a wrong label, drawn uniformly from the other classes. The plainest poisoning, and the yardstick for cleverer ones.',
  reference: {
    authors: 'B. Biggio, B. Nelson, P. Laskov',
    title: 'Support vector machines under adversarial label noise',
    year: 2011,
    where: 'ACML, PMLR 20:97–112',
  },
  knowledge: 'none',
  requires: [],
  params: {
    rate: number({
      default: 0.3,
      min: 0,
      max: 1,
      unit: 'share',
      help: 'Share of the training samples whose label is changed.',
    }),
  },
  async poison(dataset, { rate }, context) {
    const classes = dataset.classes.length;
    if (classes < 2)
      throw new LabError(
        'dataset',
        `has ${classes} class; a label cannot be flipped`,
        'Use data of at least two classes.',
      );
    const random = context.random('flip');
    const n = dataset.train.labels.length;
    const changed = random
      .shuffle(Uint32Array.from({ length: n }, (_, i) => i))
      .slice(0, Math.round(rate * n))
      .sort();
    const labels = dataset.train.labels.slice();
    // Adding 1 … classes − 1 modulo the number of classes reaches every other class alike.
    for (const i of changed) labels[i] = (labels[i]! + 1 + random.integer(classes - 1)) % classes;
    return { dataset: { ...dataset, train: { ...dataset.train, labels } }, changed };
  },
});
