import type { Split } from '../../../contract/dataset';
import { integer } from '../../../contract/params';
import { Learner } from '../../learner';
import { dense, flatten } from '../../network';
import { concatenated, selected, sizeOf } from '../../splits';
import { logProbabilities } from '../answers';
import { defineMembershipAttack } from '../membership';
import { refuseLargeShadows, shadowCost, shadowParams, withShadows } from '../shadows';

/** Logarithms of probabilities below this are taken as this: what underflows says no more. */
const LOWEST = -30;

/** Shadow models whose members are known teach a network what answers to members look like. */
export default defineMembershipAttack({
  id: 'membership-shadow',
  title: 'Membership: shadow models',
  summary:
    'Trains shadow models, whose training images the attacker knows, and a network that tells from a model’s answer whether it was trained on the image. One rule for all images, learnt instead of set.',
  limits:
    'One network for all classes, shown the sorted logarithms of the probabilities and that of the own class; the paper has one a class.',
  reference: {
    authors: 'R. Shokri, M. Stronati, C. Song, V. Shmatikov',
    title: 'Membership inference attacks against machine learning models',
    year: 2017,
    where: 'IEEE S&P, arXiv:1610.05820',
  },
  knowledge: 'score',
  requires: ['scores', 'training'],
  params: {
    ...shadowParams,
    shadows: { ...shadowParams.shadows, default: 8 },
    epochs: integer({
      default: 20,
      min: 1,
      max: 1000,
      unit: 'epochs',
      help: 'Training of the network that tells members.',
      advanced: true,
    }),
  },
  cost: (params, basis) => shadowCost(params, basis) + basis.candidates,
  allows: refuseLargeShadows,
  async suspect(target, candidates, knowledge, params, context) {
    const lessons: Split[] = [];
    await withShadows(candidates, knowledge, params, context, async (model, pool, isIn, shadow) => {
      // As many that were not trained on as were: the network is to learn the difference, not the base rate.
      const order = context.random('lesson', shadow).shuffle(Uint32Array.from(isIn.keys()));
      const inside = order.filter((i) => isIn[i]);
      const shown = Uint32Array.from([
        ...inside,
        ...order.filter((i) => !isIn[i]).subarray(0, inside.length),
      ]);
      const asked = selected(pool, shown);
      const images = featuresOf(await logProbabilities(model, asked, context), asked.labels);
      lessons.push({ images, labels: Uint8Array.from(shown, (i) => isIn[i]!) });
    });
    const lesson = concatenated(...lessons);
    const width = target.classes + 1;
    const layers = [flatten(), dense(64), dense(2, 'linear')];
    const learner = new Learner([1, width, 1], 2, layers, context.random('teller'));
    try {
      for (let epoch = 0; epoch < params.epochs; epoch++) {
        await learner.epoch(lesson, 0.001, context.random('teller', epoch), context.breathe);
      }
      const logs = await logProbabilities(target, candidates, context);
      const asked = {
        images: featuresOf(logs, candidates.labels),
        labels: new Uint8Array(sizeOf(candidates)),
      };
      const told = await logProbabilities(learner.target, asked, context);
      return Float32Array.from(asked.labels, (_, i) => told[2 * i + 1]! - told[2 * i]!);
    } finally {
      learner.dispose();
    }
  },
});

/** Logarithm of the probability of the own class, and of all classes from the largest down, about in [0, 1]. */
function featuresOf(logs: Float32Array, labels: Uint8Array): Float32Array {
  const classes = logs.length / labels.length;
  const features = new Float32Array(labels.length * (classes + 1));
  labels.forEach((own, i) => {
    const row = logs.subarray(i * classes, (i + 1) * classes);
    const values = [row[own]!, ...row.slice().sort().reverse()];
    features.set(
      values.map((log) => 1 + Math.max(log, LOWEST) / -LOWEST),
      i * (classes + 1),
    );
  });
  return features;
}
