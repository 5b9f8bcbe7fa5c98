import * as tf from '@tensorflow/tfjs';
import { choice, integer, number } from '../../../contract/params';
import { defineEvasion } from '../../definitions';
import { reaches } from '../finished';
import { Standing } from '../standing';

/** What is kept of each input that still stands: [n, d] pixels, so that rows meet the Jacobian's. */
type Walking = { clean: tf.Tensor2D; labels: tf.Tensor1D; sum: tf.Tensor2D; images: tf.Tensor4D };

/** DeepFool: steps to the nearest face of the polyhedron that the linearised classifier draws around the input. */
export default defineEvasion({
  id: 'deepfool',
  title: 'DeepFool',
  summary:
    'Treats the classifier as linear, steps just over the nearest decision boundary, and repeats until the class changes. Finds small perturbations quickly; there is no budget, the distance is the result.',
  limits:
    'Untargeted only. Not optimal: Carlini and Wagner’s attack finds smaller perturbations at a higher cost.',
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
  cost: () => 40,
  async perturb(target, batch, goal, { norm, steps, overshoot }, context) {
    if (goal === 'targeted') throw new RangeError('DeepFool has no targeted form; use pgd or carlini-wagner');
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
        const { logits, jacobian } = target.jacobian(standing.tensors.images);
        return {
          reached: reaches(logits, standing.tensors.labels, goal),
          step: stepToNearestFace(logits, jacobian, standing.tensors.labels, norm),
        };
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
    return tf.tensor4d(standing.result, batch.images.shape);
  },
});

/**
 * For each input, over the classes k other than its label y: w = ∇f_k − ∇f_y, f = f_k − f_y, the class of least
 * |f| / ‖w‖ (dual norm), and the least step onto its face: |f| / ‖w‖₂² · w, or |f| / ‖w‖₁ · sign w.
 */
function stepToNearestFace(
  logits: tf.Tensor2D,
  jacobian: tf.Tensor3D,
  labels: tf.Tensor1D,
  norm: 'l2' | 'linf',
): tf.Tensor2D {
  const classes = logits.shape[1];
  const own = tf.oneHot(labels, classes, 1, 0, 'float32') as tf.Tensor2D;
  const ownGradient = tf.sum(tf.mul(jacobian, own.expandDims(2)), 1, true);
  const w = tf.sub(jacobian, ownGradient) as tf.Tensor3D;
  const f = tf.abs(tf.sub(logits, tf.sum(tf.mul(logits, own), 1, true)));
  const dual = norm === 'l2' ? tf.sqrt(tf.sum(tf.square(w), 2)) : tf.sum(tf.abs(w), 2);
  // A little is added, as in the authors' code, so that the step ends across the face and not on it.
  const distance = tf.div(tf.add(f, 1e-4), tf.maximum(dual, 1e-8));
  const nearest = tf.argMin(tf.add(distance, tf.mul(own, 1e30)), 1);
  const chosen = tf.oneHot(nearest as tf.Tensor1D, classes, 1, 0, 'float32');
  const direction = tf.sum(tf.mul(w, chosen.expandDims(2)), 1);
  const length = tf.sum(tf.mul(distance, chosen), 1, true);
  if (norm === 'linf') return tf.mul(length, tf.sign(direction)) as tf.Tensor2D;
  return tf.mul(
    tf.div(length, tf.maximum(tf.sum(tf.mul(dual, chosen), 1, true), 1e-8)),
    direction,
  ) as tf.Tensor2D;
}
