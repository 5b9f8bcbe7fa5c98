import type { ImageShape, TriggerPicture } from '../../../contract/events';
import { number } from '../../../contract/params';
import type { Context } from '../../context';
import { defineTrainingSetAttack } from '../../definitions';
import { selected } from '../../splits';
import { stamped, stampTrigger } from '../stamp';
import {
  altered,
  checkClass,
  checkSeveral,
  countAt,
  drawn,
  rateParam,
  samplesWith,
  targetParam,
} from '../training-samples';

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
  async poison(dataset, { rate, target, opacity }, context) {
    const { train, shape, classes } = dataset;
    checkSeveral(classes);
    checkClass(target, classes, 'poisoning.blended.target');
    const others = samplesWith(train, (label) => label !== target);
    const changed = drawn(
      others,
      countAt(rate, train, others, 'of other classes', 'blended'),
      context.random('samples'),
    );
    const images = stamped(selected(train, changed).images, patternOf(shape, opacity, context));
    return altered(dataset, changed, { images, label: target });
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
