import * as tf from '@tensorflow/tfjs';
import { choice, integer, number } from '../../../contract/params';
import { definePrivacyAttack, type PrivacyContext } from '../../definitions';
import { noise as normal } from '../../kernels';
import { crossEntropy } from '../../losses';
import { whiteBox } from '../../target-views';
import { judgeCost, judged, showForming, showParam, variationGradient } from '../inversion';

/** Betas of Adam, which follows the gradient. */
const [MOMENTUM, SPREAD] = [0.9, 0.999];

/**
 * Model inversion by gradients (MI-Face): the picture that the model is surest of, sought from a grey one,
 *
 *     argmin_x  −log p_c(T x) + λ · TV(x) + μ · ‖x‖²,
 *
 * T being a random shift and noise, drawn anew at every step, so that what is found must be seen wherever it stands.
 */
export default definePrivacyAttack({
  id: 'mi-face',
  title: 'Inversion: MI-Face',
  summary:
    'Paints what the model takes for each class, by climbing its confidence with gradients. Without a prior it finds noise that the model alone can read; with image priors (smooth, sparse ink, wherever it stands) a picture that others read more often. Shows the class as the model learnt it, seldom an image it was trained on.',
  limits:
    'The paper’s denoising is total variation here. Priors of images in general alone: nothing is learnt from images of the same kind.',
  reference: {
    authors: 'M. Fredrikson, S. Jha, T. Ristenpart',
    title: 'Model inversion attacks that exploit confidence information and basic countermeasures',
    year: 2015,
    where: 'CCS, doi:10.1145/2810103.2813677',
  },
  knowledge: 'white-box',
  requires: ['gradients'],
  params: {
    prior: choice({
      options: ['image', 'none'],
      default: 'image',
      help: 'What a picture is expected to look like; none is the plain method.',
    }),
    steps: integer({ default: 400, min: 1, max: 100_000, unit: 'steps', help: 'Steps of the descent.' }),
    stepSize: number({
      default: 0.02,
      min: 0,
      exclusiveMin: true,
      max: 1,
      unit: 'pixel range',
      help: 'Length of a step.',
    }),
    variation: number({
      default: 0.02,
      min: 0,
      max: 10,
      help: 'Weight of the total variation (λ).',
      advanced: true,
    }),
    ink: number({ default: 0.03, min: 0, max: 10, help: 'Weight of the squared norm (μ).', advanced: true }),
    shift: integer({
      default: 2,
      min: 0,
      max: 16,
      unit: 'pixels',
      help: 'How far the picture is moved about, at most.',
      advanced: true,
    }),
    copies: integer({
      default: 8,
      min: 1,
      max: 256,
      unit: 'copies',
      help: 'Shifted copies that each gradient is averaged over.',
      advanced: true,
    }),
    noise: number({
      default: 0.2,
      min: 0,
      max: 1,
      unit: 'pixel range',
      help: 'Standard deviation of the noise on each copy.',
      advanced: true,
    }),
    pictures: showParam,
  },
  cost: ({ prior, steps, copies }, { classes, test }) =>
    3 * steps * classes * (prior === 'image' ? copies : 1) + judgeCost(test),
  async infer(target, knowledge, params, context) {
    const model = whiteBox(target);
    const { classes, inputShape } = model;
    const shape = [classes, ...inputShape] as tf.Tensor4D['shape'];
    const labels = tf.range(0, classes, 1, 'int32') as tf.Tensor1D;
    const every = Math.ceil(params.steps / params.pictures);
    const size = inputShape.reduce((a, b) => a * b);
    let state = { images: tf.fill(shape, 0.5), first: tf.zeros(shape), second: tf.zeros(shape) } as State;
    try {
      for (let step = 1; step <= params.steps; step++) {
        const { confidences, ...next } = tf.tidy(() => {
          const { gradient, confidences: reached } = descent(
            model,
            state.images,
            labels,
            step,
            params,
            context,
          );
          return { ...adam(state, gradient, step, params.stepSize), confidences: reached };
        });
        tf.dispose({ ...state });
        state = next;
        if (step % every === 0 || step === 1) {
          const sure = confidences.dataSync<'float32'>();
          showForming(state.images.dataSync<'float32'>().slice(0, classes * size), sure, step, context);
          context.progress(step / (params.steps + 1));
        }
        confidences.dispose();
        await context.breathe();
      }
      return await judged(
        target,
        knowledge,
        state.images.dataSync<'float32'>().slice(),
        params.steps,
        context,
      );
    } finally {
      tf.dispose({ ...state, labels });
    }
  },
});

interface State {
  images: tf.Tensor4D;
  /** Adam’s running means of the gradient and of its square. */
  first: tf.Tensor4D;
  second: tf.Tensor4D;
}

interface Descent {
  prior: 'image' | 'none';
  variation: number;
  ink: number;
  shift: number;
  copies: number;
  noise: number;
}

/** Gradient of the loss, and the probability of each class, averaged over copies. To be called within tf.tidy. */
function descent(
  model: ReturnType<typeof whiteBox>,
  images: tf.Tensor4D,
  labels: tf.Tensor1D,
  step: number,
  { prior, variation, ink, shift, copies, noise }: Descent,
  context: PrivacyContext,
): { gradient: tf.Tensor4D; confidences: tf.Tensor1D } {
  if (prior === 'none') {
    const { loss, gradient } = model.gradient(images, crossEntropy(labels, 'untargeted'));
    return { gradient, confidences: tf.exp(tf.neg(loss)) };
  }
  const random = context.random('copies', step);
  const moves = Array.from({ length: copies }, () => {
    const move = () => random.integer(2 * shift + 1) - shift;
    return { down: move(), across: move() };
  });
  const shown = tf.concat(moves.map(({ down, across }) => moved(images, down, across)));
  const drawn = tf.tensor4d(normal('normal', shown.size, random), shown.shape);
  const disturbed: tf.Tensor4D = tf.add(shown, tf.mul(drawn, noise));
  const many: tf.Tensor1D = tf.tile(labels, [copies]);
  const { loss, gradient } = model.gradient(disturbed, crossEntropy(many, 'untargeted'));
  const parts = tf.split(gradient, copies) as tf.Tensor4D[];
  const back = parts.map((part, i) => moved(part, -moves[i]!.down, -moves[i]!.across));
  const sum = tf.addN([
    tf.div(tf.addN(back), copies),
    tf.mul(variationGradient(images), variation),
    tf.mul(images, 2 * ink),
  ]);
  const confidences = tf.mean(tf.exp(tf.neg(loss)).reshape([copies, -1]), 0);
  return { gradient: sum as tf.Tensor4D, confidences: confidences as tf.Tensor1D };
}

/** A step of Adam, held to [0, 1]. To be called within tf.tidy. */
function adam({ images, first, second }: State, gradient: tf.Tensor4D, step: number, size: number): State {
  const m = tf.add(tf.mul(first, MOMENTUM), tf.mul(gradient, 1 - MOMENTUM));
  const v = tf.add(tf.mul(second, SPREAD), tf.mul(tf.square(gradient), 1 - SPREAD));
  const [mean, square] = [tf.div(m, 1 - MOMENTUM ** step), tf.div(v, 1 - SPREAD ** step)];
  const moved = tf.sub(images, tf.mul(tf.div(mean, tf.add(tf.sqrt(square), 1e-8)), size));
  return {
    images: tf.clipByValue(moved, 0, 1) as tf.Tensor4D,
    first: m as tf.Tensor4D,
    second: v as tf.Tensor4D,
  };
}

/** Moved by whole pixels, black coming in. To be called within tf.tidy. */
function moved(images: tf.Tensor4D, down: number, across: number): tf.Tensor4D {
  const [, height, width] = images.shape;
  const kept = tf.slice(
    images,
    [0, Math.max(0, -down), Math.max(0, -across), 0],
    [-1, height - Math.abs(down), width - Math.abs(across), -1],
  );
  return tf.pad4d(kept, [
    [0, 0],
    [Math.max(0, down), Math.max(0, -down)],
    [Math.max(0, across), Math.max(0, -across)],
    [0, 0],
  ]);
}
