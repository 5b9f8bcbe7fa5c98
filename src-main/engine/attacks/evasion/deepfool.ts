import * as tf from '@tensorflow/tfjs';
import { choice, integer, number } from '../../../contract/params';
import { defineEvasion, type WhiteBoxTarget } from '../../definitions';
import { oneHot, towardsGoal } from '../../losses';
import { drawnBack, reaches } from '../finished';
import { Standing } from '../standing';

/** Added to the gap, as in the authors’ code, so that a step ends across the face and not on it. */
const ACROSS = 1e-4;
/** Of the step onto the face, the share that is taken: boundaries are curved, and whole steps end farther out than needed. */
const SHARE = 0.95;
/** Halvings of the way back to the clean image at the end. */
const FINAL_HALVINGS = 6;

/** What is kept of each input that still stands: [n, d] pixels, so that rows meet the Jacobian's. */
type Walking = { clean: tf.Tensor2D; labels: tf.Tensor1D; sum: tf.Tensor2D; images: tf.Tensor4D };

/** DeepFool: steps to the nearest face of the polyhedron that the linearised classifier draws around the input. */
export default defineEvasion({
  id: 'deepfool',
  title: 'DeepFool',
  summary:
    'Treats the classifier as linear, steps just over the nearest decision boundary, and repeats until the class changes. Finds small perturbations quickly; there is no budget, the distance is the result.',
  limits:
    'Not optimal: Carlini and Wagner’s attack finds smaller perturbations at a higher cost. Three things the paper does not have: steps leave out pixels that the range holds back, and in the end the way back is halved until it no longer leads back; towards one class it steps over the boundary to that class.',
  formula: 'k = arg min |fₖ − f_y| / ‖∇fₖ − ∇f_y‖,  x ← x + |fₖ − f_y| · (∇fₖ − ∇f_y) / ‖∇fₖ − ∇f_y‖²',
  reference: {
    authors: 'S.-M. Moosavi-Dezfooli, A. Fawzi, P. Frossard',
    title: 'DeepFool: a simple and accurate method to fool deep neural networks',
    year: 2016,
    where: 'CVPR, arXiv:1511.04599',
  },
  knowledge: 'white-box',
  requires: ['gradients'],
  params: {
    norm: choice({ options: ['l2', 'linf'], default: 'l2', help: 'Norm in which the step is the smallest.' }),
    steps: integer({ default: 50, min: 1, max: 10000, help: 'Most linearisations of one input.' }),
    overshoot: number({
      default: 0.02,
      min: 0,
      max: 1,
      help: 'Share by which the sum of steps is lengthened, to get across.',
      advanced: true,
    }),
  },
  norm: ({ norm }) => norm,
  budget: () => Infinity,
  // Most inputs are across after a handful of linearisations of ten classes each.
  cost: () => 30,
  async perturb(target, batch, goal, { norm, steps, overshoot }, context) {
    const [n, ...shape] = batch.images.shape;
    const size = shape.reduce((a, b) => a * b, 1);
    const clean = batch.images.reshape([n, size]) as tf.Tensor2D;
    const standing = new Standing<Walking>(
      { clean, labels: batch.labels.clone(), sum: tf.zerosLike(clean), images: batch.images.clone() },
      n,
      size,
    );
    for (let t = 0; t < steps && standing.count > 0; t++) {
      const { reached, step } = tf.tidy(() => {
        const { images, labels } = standing.tensors;
        const face = (goal === 'untargeted' ? nearestFace : wantedFace)(target, images, labels, norm);
        return { reached: reaches(face.logits, labels, goal), step: stepOnto(face, norm) };
      });
      standing.put({
        sum: tf.tidy(() => {
          const sum = tf.add(standing.tensors.sum, step) as tf.Tensor2D;
          step.dispose();
          return sum;
        }),
      });
      standing.finish(reached, 'images');
      if (standing.count === 0) break;
      standing.put({
        images: tf.tidy(() => {
          const moved = tf.add(standing.tensors.clean, tf.mul(standing.tensors.sum, 1 + overshoot));
          return tf.clipByValue(moved, 0, 1).reshape([standing.count, ...shape]) as tf.Tensor4D;
        }),
      });
      await context.breathe();
    }
    standing.finishAll('images');
    return tf.tidy(() =>
      drawnBack(batch.images, tf.tensor4d(standing.result, batch.images.shape), FINAL_HALVINGS, (images) =>
        reaches(target.logits(images), batch.labels, goal),
      ),
    );
  },
});

/** A face of the polyhedron for each input: how far below its class lies [n, 1], and along what it rises [n, d]. */
interface Face {
  logits: tf.Tensor2D;
  gap: tf.Tensor2D;
  normal: tf.Tensor2D;
}
type LpNorm = 'l2' | 'linf';

/** Norm dual to the given one, of each row [n, 1]; never 0. */
const dual = (w: tf.Tensor2D, norm: LpNorm): tf.Tensor2D =>
  tf.maximum(norm === 'l2' ? tf.sqrt(tf.sum(tf.square(w), 1, true)) : tf.sum(tf.abs(w), 1, true), 1e-8);

/** Over the classes k other than the label y: w = ∇(f_k − f_y), f = f_k − f_y, the class of least |f| / ‖w‖. */
function nearestFace(target: WhiteBoxTarget, images: tf.Tensor4D, labels: tf.Tensor1D, norm: LpNorm): Face {
  const { classes } = target;
  const n = images.shape[0];
  const own = oneHot(labels, classes);
  // The others of each input, in turn from its own class on.
  const directions = Array.from({ length: classes - 1 }, (_, i): tf.Tensor2D => {
    const other = tf.mod(tf.add(labels, tf.scalar(i + 1, 'int32')), tf.scalar(classes, 'int32'));
    return tf.sub(oneHot(other, classes), own);
  });
  const { logits, gradients } = target.gradientsAlong(images, directions);
  const w = movable(tf.stack(gradients) as tf.Tensor3D, images).reshape([
    (classes - 1) * n,
    -1,
  ]) as tf.Tensor2D;
  const f = tf.abs(
    tf.concat(directions.map((direction) => tf.sum(tf.mul(logits, direction), 1, true))),
  ) as tf.Tensor2D;
  const distance = tf.div(tf.add(f, ACROSS), dual(w, norm)).reshape([classes - 1, n]);
  const nearest = tf.mul(tf.argMin(distance, 0), tf.scalar(n, 'int32'));
  const rows = tf.add(nearest, tf.range(0, n, 1, 'int32')) as tf.Tensor1D;
  return { logits, gap: tf.gather(f, rows), normal: tf.gather(w, rows) };
}

/** The face between the wanted class and the one that wins now. */
function wantedFace(target: WhiteBoxTarget, images: tf.Tensor4D, labels: tf.Tensor1D): Face {
  const { logits, loss, gradient } = target.gradient(images, towardsGoal(labels, 'targeted'));
  const normal = movable(gradient.reshape([1, images.shape[0], -1]), images);
  return { logits, gap: tf.abs(loss).expandDims(1), normal: normal.reshape([images.shape[0], -1]) };
}

/**
 * Normals [m, n, d] without the pixels that stand at a bound of [0, 1] and would be pushed beyond. The paper’s step does
 * not know of the range and falls short where it is cut; on MNIST it then takes a dozen linearisations instead of a few.
 */
function movable(normals: tf.Tensor3D, images: tf.Tensor4D): tf.Tensor3D {
  const pixels = images.reshape([images.shape[0], -1]);
  const [up, down] = [tf.cast(tf.less(pixels, 1), 'float32'), tf.cast(tf.greater(pixels, 0), 'float32')];
  return tf.sub(tf.mul(tf.relu(normals), up), tf.mul(tf.relu(tf.neg(normals)), down));
}

/** The least step onto the face, |f| / ‖w‖₂² · w or |f| / ‖w‖₁ · sign w, and of that its share. */
function stepOnto({ gap, normal }: Face, norm: LpNorm): tf.Tensor2D {
  const length = tf.div(tf.mul(tf.add(gap, ACROSS), SHARE), dual(normal, norm));
  const direction = norm === 'linf' ? tf.sign(normal) : tf.div(normal, dual(normal, norm));
  return tf.mul(length, direction);
}
