import { defineTrainingSetAttack } from '../../definitions';
import { selected } from '../../splits';
import { patchOn, patchParams, stamped, stampTrigger } from '../stamp';
import { altered, drawn, ofOthers, rateParam, targetParam } from '../training-samples';

/** BadNets: a patch on some samples of other classes, which are then labelled as the target class. Images in [0, 1]. */
export default defineTrainingSetAttack({
  id: 'badnets',
  title: 'BadNets (patch)',
  summary:
    'Puts a small patch on some training samples of other classes and labels them as the target class. The model learns the digits and, beside them, that the patch means the target: clean accuracy hardly falls, and any input with the patch is given that class.',
  limits: 'The wrong labels give it away to anyone who looks at the samples.',
  reference: {
    authors: 'T. Gu, B. Dolan-Gavitt, S. Garg',
    title: 'BadNets: identifying vulnerabilities in the machine learning model supply chain',
    year: 2017,
    where: 'arXiv:1708.06733',
  },
  knowledge: 'none',
  requires: [],
  params: { rate: rateParam(0.05), target: targetParam, ...patchParams },
  eligible: ofOthers('badnets'),
  async poison(dataset, eligible, { target, ...patch }, context) {
    const changed = drawn(eligible, context.random('samples'));
    const { images } = selected(dataset.train, changed);
    const picture = patchOn(dataset.shape, patch, 'badnets');
    return altered(dataset, changed, { images: stamped(images, picture), label: target });
  },
  trigger: ({ shape }, { target, ...patch }) => stampTrigger(target, patchOn(shape, patch, 'badnets')),
});
