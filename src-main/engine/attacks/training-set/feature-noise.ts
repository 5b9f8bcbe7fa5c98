import { number } from '../../../contract/params';
import { defineTrainingSetAttack } from '../../definitions';
import { noise } from '../../kernels';
import { selected, sizeOf } from '../../splits';
import { altered, atRate, drawn, rateParam, samplesWith } from '../training-samples';

/** Gaussian noise on a share of the training images; labels stay. Images in [0, 1]. */
export default defineTrainingSetAttack({
  id: 'feature-noise',
  title: 'Feature noise',
  summary:
    'Adds Gaussian noise to a random share of the training images and leaves their labels right. The yardstick for poisonings that choose their changes: what as large a change does by itself.',
  limits: 'Small noise is augmentation, and may help the model.',
  reference: {
    authors: 'X. Zhu, X. Wu',
    title: 'Class noise vs. attribute noise: a quantitative study',
    year: 2004,
    where: 'Artificial Intelligence Review 22, doi:10.1007/s10462-004-0751-8',
  },
  knowledge: 'none',
  requires: [],
  params: {
    rate: rateParam(0.3),
    sigma: number({
      default: 0.5,
      min: 0,
      max: 10,
      unit: 'pixel range',
      help: 'Standard deviation of the noise.',
    }),
  },
  eligible: ({ train }, { rate }) =>
    atRate(
      rate,
      train,
      samplesWith(train, () => true),
      'in all',
      'feature-noise',
    ),
  async poison(dataset, eligible, { sigma }, context) {
    const { train } = dataset;
    const changed = drawn(eligible, context.random('samples'));
    const { images } = selected(train, changed);
    const added = noise(
      'normal',
      changed.length * (train.images.length / sizeOf(train)),
      context.random('noise'),
    );
    return altered(dataset, changed, {
      images: images.map((value, at) => Math.min(1, Math.max(0, value + sigma * added[at]!))),
    });
  },
});
