import * as tf from '@tensorflow/tfjs';
import { choice, integer } from '../../../contract/params';
import {
  defineEvasion,
  type Batch,
  type EvasionContext,
  type Goal,
  type Loss,
  type WhiteBoxTarget,
} from '../../definitions';
import { crossEntropy, differenceOfLogitsRatio, targetedDifferenceOfLogitsRatio } from '../../losses';
import { ascent, project, randomInBall, steepestL1, type BallNorm } from '../../norms';
import { ballParams, inBall } from '../ball';
import { onStanding, reaches } from '../finished';
import { rankedClass } from '../ranked-class';
import { Standing } from '../standing';

/** Weight of the new step against the former movement (alpha in the paper). */
const MOMENTUM = 0.75;
/** A step size lasts as long as this share of its steps raised the loss (rho in the paper). */
const RISING = 0.75;
/** L1: pixels of the first steps; of a checkpoint's changed pixels those that the next steps go to; step sizes. */
const L1 = { firstShare: 0.2, kept: 1 / 1.5, stagnant: 0.95, shorter: 1 / 1.5, shortest: 0.1, every: 0.04 };

/** Auto-PGD: gradient ascent whose step size follows its own progress. Images in [0, 1]. */
export default defineEvasion({
  id: 'apgd',
  title: 'Auto-PGD',
  summary:
    'PGD without a step size to choose: it starts with large steps and momentum, and whenever progress stops halves them and goes on from the best point so far. Can climb the difference of logits ratio, which does not fade where the model is sure of itself.',
  limits:
    'Fails where gradients are masked, as all gradient attacks do. In L1 a single radius, without the larger ones that the paper starts from.',
  formula:
    'zₜ₊₁ = Πε(xₜ + ηₜ · ∇L),  xₜ₊₁ = Πε(xₜ + ¾(zₜ₊₁ − xₜ) + ¼(xₜ − xₜ₋₁)),  η halved where progress stalls',
  reference: {
    authors: 'F. Croce, M. Hein',
    title:
      'Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks (L1: Mind the box, ICML 2021)',
    year: 2020,
    where: 'ICML, arXiv:2003.01690, arXiv:2103.01208',
  },
  knowledge: 'white-box',
  requires: ['gradients'],
  params: {
    ...ballParams(0.3),
    steps: integer({ default: 100, min: 1, max: 100000, help: 'Gradient steps of one start.' }),
    loss: choice({
      options: ['cross-entropy', 'dlr', 'targeted-dlr'],
      default: 'cross-entropy',
      help: 'What is climbed: cross-entropy, the difference of logits ratio, or that ratio towards one other class after another.',
    }),
    restarts: integer({
      default: 1,
      min: 1,
      max: 1000,
      help: 'Random starts; inputs that fell leave before the next.',
      advanced: true,
    }),
    targetClasses: integer({
      default: 9,
      min: 1,
      max: 1000,
      unit: 'classes',
      help: 'targeted-dlr: how many other classes are tried, most likely first.',
      advanced: true,
    }),
  },
  ...inBall,
  cost: ({ steps, restarts, loss, targetClasses }) =>
    steps * restarts * (loss === 'targeted-dlr' ? targetClasses : 1),
  async perturb(target, batch, goal, { epsilon, norm, steps, loss, restarts, targetClasses }, context) {
    // Where the attacker wants one class anyway there are no others to try.
    const classByClass = loss === 'targeted-dlr' && goal === 'untargeted';
    const ranks = classByClass ? Math.min(targetClasses, target.classes - 1) : 1;
    const attempt = (standing: Batch, round: number) => {
      const targets = classByClass
        ? rankedClass(target, standing, round % ranks)
        : (standing.labels.clone() as tf.Tensor1D);
      const lossOf = ({ labels, targets: wanted }: Pick<Climbing, 'labels' | 'targets'>): Loss => {
        if (loss === 'cross-entropy') return crossEntropy(labels, goal);
        return classByClass
          ? targetedDifferenceOfLogitsRatio(labels, wanted)
          : differenceOfLogitsRatio(labels, goal);
      };
      return climb(
        target,
        standing,
        targets,
        goal,
        lossOf,
        { norm, epsilon, steps },
        {
          ...context,
          random: (...purpose) => context.random(round, ...purpose),
        },
      );
    };
    let images = await attempt(batch, 0);
    for (let round = 1; round < restarts * ranks; round++)
      images = await onStanding(target, batch, images, goal, (standing) => attempt(standing, round));
    return images;
  },
});

/** Steps after which the step size is looked at: 0.22 of the run, then ever closer, no closer than 0.06. */
function checkpoints(steps: number): Set<number> {
  const found = new Set<number>();
  for (let [before, share] = [0, 0.22]; share < 1;) {
    found.add(Math.ceil(share * steps));
    [before, share] = [share, share + Math.max(share - before - 0.03, 0.06)];
  }
  return found;
}

/** What is kept of each input that still stands. Columns are [n, 1, 1, 1]. */
type Climbing = {
  clean: tf.Tensor4D;
  labels: tf.Tensor1D;
  targets: tf.Tensor1D;
  images: tf.Tensor4D;
  previous: tf.Tensor4D;
  gradient: tf.Tensor4D;
  loss: tf.Tensor4D;
  best: tf.Tensor4D;
  bestLoss: tf.Tensor4D;
  bestGradient: tf.Tensor4D;
  stepSize: tf.Tensor4D;
  /** Since the last checkpoint: steps that raised the loss; then the best loss there, and whether it shortened the steps. */
  rises: tf.Tensor4D;
  checkedLoss: tf.Tensor4D;
  shortened: tf.Tensor4D;
  /** L1: pixels the next steps go to, and how many were changed at the last checkpoint. */
  pixels: tf.Tensor4D;
  changed: tf.Tensor4D;
};

/** One run. Each input's first iterate that reaches the goal is returned, else the one of highest loss. Takes over `targets`. */
async function climb(
  target: WhiteBoxTarget,
  batch: Batch,
  targets: tf.Tensor1D,
  goal: Goal,
  lossOf: (of: Pick<Climbing, 'labels' | 'targets'>) => Loss,
  { norm, epsilon, steps }: { norm: BallNorm; epsilon: number; steps: number },
  context: EvasionContext,
): Promise<tf.Tensor4D> {
  const [n, height, width, channels] = batch.images.shape;
  const size = height * width * channels;
  const column = (value: number) => tf.fill([n, 1, 1, 1], value) as tf.Tensor4D;
  const longest = norm === 'l1' ? epsilon : 2 * epsilon;
  const noise = randomInBall(n, size, norm, epsilon, context.random('start'));
  const { reached: atStart, ...started } = tf.tidy(() => {
    const { images: clean, labels } = batch;
    const images = project(tf.add(clean, tf.tensor4d(noise, clean.shape)), clean, norm, epsilon);
    const { logits, loss, gradient } = target.gradient(images, lossOf({ labels, targets }));
    return {
      reached: reaches(logits, labels, goal),
      clean: clean.clone(),
      labels: labels.clone() as tf.Tensor1D,
      images,
      previous: images.clone(),
      gradient,
      loss: loss.reshape([-1, 1, 1, 1]) as tf.Tensor4D,
      best: images.clone(),
      bestLoss: loss.reshape([-1, 1, 1, 1]) as tf.Tensor4D,
      bestGradient: gradient.clone(),
      stepSize: column(longest),
      rises: column(0),
      checkedLoss: loss.reshape([-1, 1, 1, 1]) as tf.Tensor4D,
      shortened: column(1),
      pixels: column(Math.max(1, L1.firstShare * size)),
      changed: column(size),
    };
  });
  const standing = new Standing<Climbing>({ ...started, targets }, n, size);
  const finish = (reached: tf.Tensor) => {
    if (context.finishEarly) standing.finish(reached, 'images');
    else reached.dispose();
  };
  finish(atStart);

  const checks = norm === 'l1' ? null : checkpoints(steps);
  const every = Math.max(1, Math.round(L1.every * steps));
  let checked = 0;
  for (let t = 1; t <= steps && standing.count > 0; t++) {
    const moved = tf.tidy(() => step(standing.tensors, norm, epsilon, t === 1));
    standing.put({ previous: standing.tensors.images.clone(), images: moved });
    const { reached, ...judged } = tf.tidy(() =>
      judge(target, standing.tensors, lossOf(standing.tensors), goal),
    );
    standing.put(judged);
    finish(reached);
    if (standing.count > 0 && (checks ? checks.has(t) : t % every === 0)) {
      standing.put(
        tf.tidy(() => (checks ? check(standing.tensors, t - checked) : checkL1(standing.tensors, epsilon))),
      );
      checked = t;
    }
    await context.breathe();
  }
  standing.finishAll('best');
  return tf.tensor4d(standing.result, batch.images.shape);
}

/** x + α (P(x + η s) − x) + (1 − α) (x − x₋₁), projected; in L1 the paper's plain sparse step. */
function step(
  { images, previous, clean, gradient, stepSize, pixels }: Climbing,
  norm: BallNorm,
  epsilon: number,
  first: boolean,
): tf.Tensor4D {
  const onto = (point: tf.Tensor4D) => project(point, clean, norm, epsilon);
  if (norm === 'l1') {
    const [length, count] = [stepSize.reshape([-1, 1]), pixels.reshape([-1, 1])];
    return onto(tf.add(images, steepestL1(gradient, length as tf.Tensor2D, images, count as tf.Tensor2D)));
  }
  const towards = onto(tf.add(images, tf.mul(ascent(gradient, norm, 1), stepSize)));
  if (first) return towards;
  const momentum = tf.mul(tf.sub(images, previous), 1 - MOMENTUM);
  return onto(tf.add(tf.add(images, tf.mul(tf.sub(towards, images), MOMENTUM)), momentum));
}

/** The new iterate's logits, loss and gradient, and what is best now. */
function judge(
  target: WhiteBoxTarget,
  { images, labels, loss: before, best, bestLoss, bestGradient, rises }: Climbing,
  climbed: Loss,
  goal: Goal,
) {
  const { logits, loss: flat, gradient } = target.gradient(images, climbed);
  const loss = flat.reshape([-1, 1, 1, 1]) as tf.Tensor4D;
  const better = tf.greater(loss, bestLoss);
  return {
    reached: reaches(logits, labels, goal),
    gradient,
    loss,
    best: tf.where(better, images, best) as tf.Tensor4D,
    bestLoss: tf.maximum(loss, bestLoss) as tf.Tensor4D,
    bestGradient: tf.where(better, gradient, bestGradient) as tf.Tensor4D,
    rises: tf.add(rises, tf.cast(tf.greater(loss, before), 'float32')) as tf.Tensor4D,
  };
}

/**
 * A checkpoint in Linf and L2: steps are halved where too few of them raised the loss, or where neither the step size nor
 * the best loss has changed since the last one; there the run goes on from the best point.
 */
function check(state: Climbing, steps: number): Partial<Climbing> {
  const { rises, shortened, checkedLoss, bestLoss, stepSize } = state;
  const oscillates = tf.less(rises, RISING * steps);
  const stuck = tf.logicalAnd(tf.equal(shortened, 0), tf.lessEqual(bestLoss, checkedLoss));
  const shorten = tf.logicalOr(oscillates, stuck);
  return {
    ...fromBest(state, shorten),
    stepSize: tf.where(shorten, tf.div(stepSize, 2), stepSize) as tf.Tensor4D,
    shortened: tf.cast(shorten, 'float32') as tf.Tensor4D,
    checkedLoss: bestLoss.clone(),
    rises: tf.zerosLike(rises),
  };
}

/**
 * A checkpoint in L1: the next steps go to fewer pixels than the best point has changed. Where their number fell, steps
 * begin long again from the best point, else they shorten.
 */
function checkL1(state: Climbing, epsilon: number): Partial<Climbing> {
  const { best, clean, changed, stepSize } = state;
  const now = tf.sum(tf.cast(tf.notEqual(best, clean), 'float32'), [1, 2, 3], true) as tf.Tensor4D;
  const sparser = tf.less(now, tf.mul(changed, L1.stagnant));
  const shorter = tf.maximum(tf.mul(stepSize, L1.shorter), L1.shortest * epsilon);
  return {
    ...fromBest(state, sparser),
    pixels: tf.maximum(tf.mul(now, L1.kept), 1) as tf.Tensor4D,
    changed: now,
    stepSize: tf.where(sparser, epsilon, shorter) as tf.Tensor4D,
  };
}

const fromBest = (
  { images, best, gradient, bestGradient }: Climbing,
  mask: tf.Tensor,
): Pick<Climbing, 'images' | 'gradient'> => ({
  images: tf.where(mask, best, images) as tf.Tensor4D,
  gradient: tf.where(mask, bestGradient, gradient) as tf.Tensor4D,
});
