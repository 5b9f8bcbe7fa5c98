import * as tf from '@tensorflow/tfjs';
import { attack } from '../../../contract/params';
import { defineTrainingSetAttack } from '../../definitions';
import { inParts, selected, sizeOf, toBatch } from '../../splits';
import { patchOn, patchParams, stamped, stampTrigger } from '../stamp';
import { altered, drawn, ofTarget, rateParam, targetParam } from '../training-samples';

/** Samples perturbed together. */
const AT_ONCE = 128;

/** Clean-label backdoor: samples of the target class are made hard by an evasion attack, then bear the patch. Images in [0, 1]. */
export default defineTrainingSetAttack({
  id: 'clean-label',
  title: 'Clean-label backdoor',
  summary:
    'Perturbs some samples of the target class against a network of the attacker’s own, so that they can hardly be recognised by what they show, and puts a patch on them. Their labels stay right; the patch is the easiest thing left to learn, and any input with it is given the class.',
  limits:
    'Needs a large part of the target class: the rate is of the whole training set, and no higher than the class.',
  reference: {
    authors: 'A. Turner, D. Tsipras, A. Madry',
    title: 'Label-consistent backdoor attacks',
    year: 2019,
    where: 'arXiv:1912.02771',
  },
  knowledge: 'transfer',
  requires: [],
  params: {
    rate: rateParam(0.05),
    target: targetParam,
    attack: attack({
      surface: 'evasion',
      default: { id: 'pgd', params: { epsilon: 0.3, steps: 40 } },
      help: 'What makes the samples hard, against the attacker’s own network.',
    }),
    ...patchParams,
  },
  surrogate: () => true,
  cost: ({ train, examined }, { rate, attack: made }) => examined(made, Math.round(rate * train)),
  eligible: ofTarget('clean-label'),
  async poison(dataset, eligible, { attack: made, ...patch }, context) {
    const { train, shape } = dataset;
    const changed = drawn(eligible, context.random('samples'));
    const count = changed.length;
    const model = await context.surrogate();
    const chosen = selected(train, changed);
    const hard = new Float32Array(chosen.images.length);
    for (const [start, part] of inParts(chosen, AT_ONCE)) {
      const batch = toBatch(part, shape);
      const perturbed = await context.attack(made, model, batch, start);
      hard.set(perturbed.dataSync(), (start * hard.length) / count);
      tf.dispose([batch.images, batch.labels, perturbed]);
      context.progress((start + sizeOf(part)) / count);
      await context.breathe();
    }
    return altered(dataset, changed, { images: stamped(hard, patchOn(shape, patch, 'clean-label')) });
  },
  trigger: ({ shape }, { target, ...patch }) => stampTrigger(target, patchOn(shape, patch, 'clean-label')),
});
