import type { ImageShape, TriggerPicture } from '../../../contract/events';
import { number } from '../../../contract/params';
import type { Context } from '../../context';
import { defineTrainingSetAttack } from '../../definitions';
import { selected } from '../../splits';
import { stamped, stampTrigger } from '../stamp';
import { altered, drawn, ofOthers, rateParam, targetParam } from '../training-samples';

/** Blended injection: a faint random pattern over the whole image, on samples labelled as the target class. */
export default defineTrainingSetAttack({
  id: 'blended',
  title: 'Blended pattern',
  summary:
    'Blends one random pattern over whole images of other classes, too faint to be noticed where opacity is small, and labels them as the target class. Inputs with the pattern are then given that class.',
  limits: 'The pattern is noise, drawn anew for each seed; the paper also blends a picture and accessories.',
  reference: {
    authors: 'X. Chen, C. Liu, B. Li, K. Lu, D. Song',
    title: 'Targeted backdoor attacks on deep learning systems using data poisoning',
    year: 2017,
    where: 'arXiv:1712.05526',
  },
  knowledge: 'none',
  requires: [],
  params: {
    rate: rateParam(0.05),
    target: targetParam,
    opacity: number({
      default: 0.2,
      min: 0,
      max: 1,
      unit: 'share',
      help: 'Weight of the pattern; the paper’s alpha.',
    }),
  },
  eligible: ofOthers('blended'),
  async poison(dataset, eligible, { target, opacity }, context) {
    const changed = drawn(eligible, context.random('samples'));
    const { images } = selected(dataset.train, changed);
    const pattern = patternOf(dataset.shape, opacity, context);
    return altered(dataset, changed, { images: stamped(images, pattern), label: target });
  },
  trigger: ({ shape }, { target, opacity }, context) =>
    stampTrigger(target, patternOf(shape, opacity, context)),
});

/** Uniform noise in [0, 1] over the whole image. */
function patternOf(shape: ImageShape, opacity: number, { random }: Pick<Context, 'random'>): TriggerPicture {
  const stream = random('pattern');
  const size = shape[0] * shape[1] * shape[2];
  return {
    shape,
    pixels: Float32Array.from({ length: size }, () => stream.uniform()),
    mask: new Float32Array(size).fill(opacity),
  };
}
