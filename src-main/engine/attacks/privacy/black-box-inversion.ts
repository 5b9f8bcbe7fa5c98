import * as tf from '@tensorflow/tfjs';
import { integer, number } from '../../../contract/params';
import { definePrivacyAttack, type PrivacyContext, type Target } from '../../definitions';
import { noise } from '../../kernels';
import { judgeCost, judged, showForming, showParam } from '../inversion';
import { readOut } from '../../read-out';

/** Betas of Adam, which follows the estimated gradient. */
const [MOMENTUM, SPREAD] = [0.9, 0.999];

/**
 * Model inversion from confidences alone: the gradient of log p_c in a coarse picture is estimated by evolution strategies,
 *
 *     ∇ ≈ 1/(2 m σ) · Σᵢ (ℓ(z + σ uᵢ) − ℓ(z − σ uᵢ)) uᵢ,   uᵢ ~ N(0, 1),
 *
 * z being a grid of few values that is drawn out to the picture’s size, so that few questions suffice and the picture is smooth.
 */
export default definePrivacyAttack({
  id: 'black-box-inversion',
  title: 'Inversion: confidences only',
  summary:
    'Paints what the model takes for each class with nothing but its answers: blurred pictures are varied at random and moved to where the confidence rises. Smooth because it must be, coarse because every detail costs questions.',
  limits: 'The pictures are as coarse as the grid. The prior is the grid and a pull towards black.',
  reference: {
    authors: 'D. Wierstra, T. Schaul, T. Glasmachers, Y. Sun, J. Peters, J. Schmidhuber',
    title: 'Natural evolution strategies',
    year: 2014,
    where: 'JMLR 15, arXiv:1106.4487',
  },
  knowledge: 'score',
  requires: ['scores'],
  params: {
    steps: integer({ default: 150, min: 1, max: 100_000, unit: 'steps', help: 'Steps of the ascent.' }),
    samples: integer({
      default: 40,
      min: 2,
      max: 10_000,
      unit: 'queries',
      help: 'Questions a class and step, in pairs.',
    }),
    grid: integer({
      default: 10,
      min: 2,
      max: 256,
      unit: 'values',
      help: 'Side of the coarse picture that is sought.',
    }),
    sigma: number({
      default: 0.2,
      min: 0,
      exclusiveMin: true,
      max: 10,
      unit: 'pixel range',
      help: 'How far the variations lie (σ).',
      advanced: true,
    }),
    stepSize: number({
      default: 0.05,
      min: 0,
      exclusiveMin: true,
      max: 1,
      unit: 'pixel range',
      help: 'Length of a step.',
      advanced: true,
    }),
    ink: number({
      default: 0.02,
      min: 0,
      max: 10,
      help: 'Weight of the squared norm of the coarse picture.',
      advanced: true,
    }),
    pictures: showParam,
  },
  cost: ({ steps, samples }, { classes, test }) => steps * samples * classes + judgeCost(test),
  async infer(target, knowledge, params, context) {
    const { classes, inputShape } = target;
    const { grid, sigma, steps, stepSize, ink } = params;
    const pairs = Math.ceil(params.samples / 2);
    const length = grid * grid * inputShape[2];
    const [z, first, second] = [0.3, 0, 0].map((value) => new Float32Array(classes * length).fill(value)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const every = Math.ceil(steps / params.pictures);
    const row = (at: number) => Math.floor(at / length);
    for (let step = 1; step <= steps; step++) {
      const slope = new Float32Array(z.length);
      let sure = new Float32Array(classes);
      for (let pair = 0; pair < pairs; pair++) {
        const u = noise('normal', z.length, context.random('variation', step, pair));
        const [plus, minus] = [1, -1].map((sign) => z.map((value, i) => value + sign * sigma * u[i]!));
        const asked = await confidences(target, [plus!, minus!], grid, context);
        for (let i = 0; i < z.length; i++) {
          slope[i]! += ((asked[0]![row(i)]! - asked[1]![row(i)]!) * u[i]!) / (2 * pairs * sigma);
        }
        sure = asked[0]!.map(Math.exp);
      }
      for (let i = 0; i < z.length; i++) {
        const gradient = slope[i]! - 2 * ink * z[i]!;
        first[i] = MOMENTUM * first[i]! + (1 - MOMENTUM) * gradient;
        second[i] = SPREAD * second[i]! + (1 - SPREAD) * gradient * gradient;
        const mean = first[i]! / (1 - MOMENTUM ** step);
        const spread = Math.sqrt(second[i]! / (1 - SPREAD ** step));
        z[i] = Math.min(1, Math.max(0, z[i]! + (stepSize * mean) / (spread + 1e-8)));
      }
      if (step % every === 0 || step === 1) {
        showForming(drawnOut(z, grid, target), sure, step, context);
        context.progress(step / (steps + 1));
      }
    }
    return judged(target, knowledge, drawnOut(z, grid, target), steps, context);
  },
});

/** Coarse pictures, one a class, at the size of the target’s images and within [0, 1]. */
function drawnOut(
  z: Float32Array,
  grid: number,
  { classes, inputShape: [height, width, channels] }: Target,
): Float32Array {
  return readOut(() => {
    const coarse = tf.tensor4d(z, [z.length / (grid * grid * channels), grid, grid, channels]);
    const images = tf.image.resizeBilinear(coarse, [height, width]);
    return tf.clipByValue(images.slice([0, 0, 0, 0], [classes, -1, -1, -1]), 0, 1);
  });
}

/** log p_c of the picture of each class c, for each of several sets of pictures. */
async function confidences(
  target: Target,
  sets: Float32Array[],
  grid: number,
  { breathe }: PrivacyContext,
): Promise<Float32Array[]> {
  const { classes, inputShape } = target;
  const images = tf.tidy(() =>
    tf.concat(sets.map((z) => tf.tensor4d(drawnOut(z, grid, target), [classes, ...inputShape]))),
  ) as tf.Tensor4D;
  const scores = await target.scores(images);
  const logs = readOut(() => tf.logSoftmax(scores));
  tf.dispose([images, scores]);
  await breathe();
  return sets.map((_, set) =>
    Float32Array.from({ length: classes }, (_, label) => logs[(set * classes + label) * classes + label]!),
  );
}
