import type { ImageShape } from '../../../contract/events';
import { derivedNumber, integer, number } from '../../../contract/params';
import { defineTrainingSetAttack, type Trigger } from '../../definitions';
import { selected } from '../../splits';
import { altered, drawn, ofTarget, rateParam, targetParam } from '../training-samples';

/** SIG: a sinusoid added to samples of the target class itself; no label is wrong. Images in [0, 1]. */
export default defineTrainingSetAttack({
  id: 'sig',
  title: 'SIG (sinusoid, clean labels)',
  summary:
    'Adds a horizontal sinusoid to some samples of the target class and leaves their labels right. Nothing looks mislabelled; the model learns that the sinusoid speaks for the class, and any input with it is given that class.',
  limits:
    'Needs a large part of the target class: the rate is of the whole training set, and no higher than the class.',
  reference: {
    authors: 'M. Barni, K. Kallas, B. Tondi',
    title: 'A new backdoor attack in CNNs by training set corruption without label poisoning',
    year: 2019,
    where: 'ICIP, arXiv:1902.11237',
  },
  knowledge: 'none',
  requires: [],
  params: {
    rate: rateParam(0.05),
    target: targetParam,
    amplitude: number({
      default: 40 / 255,
      min: 0,
      max: 1,
      unit: 'pixel range',
      help: 'Of the sinusoid on training samples; the paper’s Δ.',
    }),
    testAmplitude: derivedNumber({
      derived: 'amplitude',
      min: 0,
      max: 1,
      unit: 'pixel range',
      help: 'The same on the inputs the backdoor is tried on, which need not be as faint.',
    }),
    frequency: integer({
      default: 6,
      min: 1,
      max: 4096,
      unit: 'periods',
      help: 'Periods over the width of the image.',
    }),
  },
  derive: ({ amplitude }) => ({ testAmplitude: amplitude }),
  eligible: ofTarget('sig'),
  async poison(dataset, eligible, { target, amplitude, frequency }, context) {
    const changed = drawn(eligible, context.random('samples'));
    const { apply } = sinusoidal(dataset.shape, target, { amplitude, frequency });
    return altered(dataset, changed, { images: apply(selected(dataset.train, changed).images) });
  },
  trigger: ({ shape }, { target, testAmplitude, frequency }) =>
    sinusoidal(shape, target, { amplitude: testAmplitude, frequency }),
});

/** v(i, j) = Δ sin(2π j f / m), j the column of m; what leaves [0, 1] is clipped. */
export function sinusoidal(
  shape: ImageShape,
  target: number,
  { amplitude, frequency }: { amplitude: number; frequency: number },
): Trigger {
  const [height, width, channels] = shape;
  const size = height * width * channels;
  const wave = Float32Array.from({ length: size }, (_, at) => {
    const column = Math.floor(at / channels) % width;
    return amplitude * Math.sin((2 * Math.PI * column * frequency) / width);
  });
  return {
    target,
    apply: (images) => images.map((value, at) => Math.min(1, Math.max(0, value + wave[at % size]!))),
    // It is added, not laid over: shown around a middle grey.
    picture: { shape, pixels: wave.map((value) => 0.5 + value), mask: new Float32Array(size).fill(1) },
  };
}
