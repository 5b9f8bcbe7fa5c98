import * as tf from '@tensorflow/tfjs';
import { number } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import { defineCertifiedDefense } from '../../definitions';
import { accuracyOf } from '../../gradient-step';
import { boundGradients, boxes, provenRadii } from '../../interval';
import { softmaxCrossEntropy } from '../../kernels';
import { oneHot } from '../../losses';
import { grown, ownEpochs } from '../robust-training';

/** A bound step makes two forward and two backward passes, on centres and radii, beside the cross-entropy's. */
const STEP_WORK = 3;

/** Interval bound propagation: trains on the worst that the bounds allow, so that the bounds prove something. */
export default defineCertifiedDefense({
  id: 'interval-bound-training',
  title: 'Interval bound training',
  summary:
    'Carries a box of radius epsilon around every image through the network and trains on the worst logits within it. What the bounds then prove holds against every attack, known or not; clean accuracy pays for it.',
  limits:
    'Needs the ramps and many epochs: with few it proves little. Networks not trained this way have loose bounds, of which next to nothing can be proven.',
  formula:
    'min_θ κ · L(f(x), y) + (1 − κ) · L(ẑ, y), ẑ_y = lower bound of z_y, ẑ_k = upper bound of z_k over the ball',
  reference: {
    authors:
      'S. Gowal, K. Dvijotham, R. Stanforth, R. Bunel, C. Qin, J. Uesato, R. Arandjelović, T. Mann, P. Kohli',
    title: 'On the effectiveness of interval bound propagation for training verifiably robust models',
    year: 2018,
    where: 'arXiv:1810.12715',
  },
  params: {
    epsilon: number({
      default: 0.1,
      min: 0,
      max: 1,
      unit: 'pixel range',
      help: 'Radius of the box (Linf) at the end of the ramp. A little more than is to be proven proves more.',
    }),
    kappa: number({
      default: 0.5,
      min: 0,
      max: 1,
      help: 'Weight of the plain cross-entropy at the end of the ramp; the worst case has the rest.',
    }),
    warmUp: number({
      default: 0.1,
      min: 0,
      max: 1,
      unit: 'share of training',
      help: 'Over this share of the training epsilon is 0.',
      advanced: true,
    }),
    ramp: number({
      default: 0.5,
      min: 0,
      max: 1,
      unit: 'share of training',
      help: 'Over this share, after the warm-up, epsilon grows from 0 and kappa falls from 1.',
    }),
    epochs: ownEpochs,
  },
  check({ warmUp, ramp }) {
    if (warmUp + ramp <= 1) return;
    throw new LabError(
      'defenses.interval-bound-training.ramp',
      `found ${ramp} behind a warm-up of ${warmUp}: together longer than the training, so that epsilon would never be reached`,
      'Let both add up to 1 at most.',
    );
  },
  derive: (_params, training) => ({ epochs: training.epochs }),
  cost: ({ batches }, { epochs }) => epochs * batches * STEP_WORK,
  async train(trainer, { train }, { epsilon, kappa, warmUp, ramp, epochs }) {
    await trainer.fit(train, {
      epochs,
      work: STEP_WORK,
      descend(network, { images, labels }, progress) {
        const risen = progress < warmUp ? 0 : grown(ramp, progress - warmUp);
        const now = { epsilon: risen * epsilon, kappa: 1 - risen * (1 - kappa) };
        const activations = network.forward(images);
        const logits = activations.at(-1) as tf.Tensor2D;
        const plain = softmaxCrossEntropy(logits, labels);
        const passed = boxes(network, images, now.epsilon);
        const { centre, radius } = passed.at(-1)!.out;
        // The label's lowest logit against the others' highest.
        const side = tf.sub(1, tf.mul(2, oneHot(labels, logits.shape[1])));
        const worst = softmaxCrossEntropy(tf.add(centre, tf.mul(side, radius)) as tf.Tensor2D, labels);
        const n = images.shape[0];
        const ofLogits = tf.mul(plain.gradient, now.kappa / n) as tf.Tensor2D;
        const ofWorst = tf.mul(worst.gradient, (1 - now.kappa) / n);
        const bounded = boundGradients(network, passed, { centre: ofWorst, radius: tf.mul(side, ofWorst) });
        const [loss, worstCase] = [plain, worst].map((each) => tf.mean(each.loss).dataSync()[0]!) as [
          number,
          number,
        ];
        trainer.point('epsilon', now.epsilon);
        trainer.point('worstCaseLoss', worstCase);
        return {
          loss: now.kappa * loss + (1 - now.kappa) * worstCase,
          accuracy: accuracyOf(logits, labels),
          gradients: network
            .parameterGradients(activations, ofLogits)
            .map((own, i) => tf.add(own, bounded[i]!)),
        };
      },
    });
  },
  certificateCost: () => 26,
  async certify({ network }, split, _params, context) {
    return {
      method: 'interval-bounds',
      norm: 'linf',
      radius: await provenRadii(network, split, context),
      abstained: 0,
    };
  },
});
