/** Measurements behind the verdict's checks, made with an arm's model before and after its attacks. */
import * as tf from '@tensorflow/tfjs';
import type { Split } from '../contract/dataset';
import type { ArmPlan, AttackPlan, Check, Metrics } from '../contract/events';
import type { Experiment } from '../contract/experiment';
import type { Applied, ParamsOf, ParamSpecs } from '../contract/params';
import { mcnemar } from '../contract/statistics';
import { canMeet, type Model } from './arm-model';
import { scaledAttack } from './attacks/scaled';
import type { ArmContext } from './context';
import type { WhiteBoxTarget } from './definitions';
import { NORMS, predict, type Predictions } from './evaluate';
import { craft, readyAttack } from './evasion';
import { crossEntropy } from './losses';
import { attackOf } from './registry';
import { sizeOf, slice, toBatch } from './splits';
import { whiteBox } from './targets';
import { attackWork } from './trainer';

/** Inputs used for the checks that need passes of their own: gradients and epsilon 0, and the longer attacks. */
const CHECKED = 200;
const CHECKED_LONG = 100;

/** Share of inputs that may have no gradient, and robust accuracy that may be left where every image can be reached. */
const ZERO_GRADIENTS = 0.05;
const HUGE_EPSILON = 0.05;

/** What the checks of one arm are made with. */
export interface Checking {
  attacks: AttackPlan[];
  model: Model;
  test: Split;
  clean: Predictions;
  context: ArmContext;
  experiment: Experiment;
}

const first = (test: Split, n: number): Split => slice(test, 0, Math.min(n, sizeOf(test)));

/** Checks of the model itself, told as `check` events. */
export async function checksBefore(checking: Checking): Promise<void> {
  const some = first(checking.test, CHECKED);
  tell(checking, await zeroGradients(checking, some));
  tell(checking, await epsilonZero(checking, some));
  tell(checking, onLogits(checking));
}

/** Checks of the strength of the attacks, told as `check` events. */
export async function checksAfter(checking: Checking): Promise<void> {
  const some = first(checking.test, CHECKED_LONG);
  tell(checking, await hugeEpsilon(checking, some));
  tell(checking, await moreSteps(checking, some));
}

const tell = ({ context }: Checking, check: Check): void =>
  context.emit({ type: 'check', arm: context.arm.index, check });

/** Work of `checksAfter`; what comes before costs next to nothing. */
export function checksWork(
  { evaluation, training }: Experiment,
  arm: ArmPlan,
  attacks: AttackPlan[],
): number {
  const probe = probeOf(attacks, arm);
  if (!probe) return 0;
  const works = [probe, longer(probe)].map(attackWork);
  return ((2 * works[0]! + works[1]!) * Math.min(CHECKED_LONG, evaluation.samples)) / training.batchSize;
}

async function zeroGradients({ model: { target }, context }: Checking, some: Split): Promise<Check> {
  const id = 'zero-gradients';
  if (!target.capabilities.includes('gradients')) {
    return { id, status: 'not-run', evidence: 'The target only answers; it has no gradients to look at.' };
  }
  const zero = await zeroGradientShare(whiteBox(target), some);
  const evidence = `${(100 * zero).toFixed(1)} % of ${sizeOf(some)} inputs have a gradient of all zeros; gradient attacks do nothing there (limit 5 %).`;
  if (zero <= ZERO_GRADIENTS) return { id, status: 'pass', evidence };
  context.emit({
    type: 'warning',
    arm: context.arm.index,
    code: id,
    message: `${evidence} What gradient attacks report on this model is no sign of robustness; use a black-box attack beside them.`,
  });
  return { id, status: 'fail', evidence };
}

async function epsilonZero(
  { attacks, model: { target }, clean, context }: Checking,
  some: Split,
): Promise<Check> {
  const id = 'epsilon-zero-is-clean';
  const scalable = attacks.find(
    (attack) =>
      typeof attack.params.epsilon === 'number' &&
      canMeet(context.arm, attack) &&
      !attackOf('evasion', attack.id).fit,
  );
  if (!scalable) {
    return { id, status: 'not-run', evidence: 'No attack with an epsilon in this experiment.' };
  }
  const nothing = scaledAttack(scalable, 0);
  const same = await craft(readyAttack(nothing), target, some, context.for('epsilon-zero'), true, () => {});
  const after = await predict(target, { images: same, labels: some.labels });
  const different = after.labels.filter((label, i) => label !== clean.labels[i]).length;
  return {
    id,
    status: different === 0 ? 'pass' : 'fail',
    evidence: `${scalable.id} with epsilon 0 changed ${different} of ${sizeOf(some)} predictions.`,
  };
}

function onLogits({ model }: Checking): Check {
  return {
    id: 'attacked-on-logits',
    status: model.usesLogProbabilities ? 'fail' : 'pass',
    evidence: model.usesLogProbabilities
      ? 'The imported model gives probabilities: attacks see their logarithm, where saturated values hide gradients.'
      : 'Attacks see logits of the model in inference mode.',
  };
}

/** The iterated gradient attack the strength checks are made with: the one of most steps at the largest epsilon. */
function probeOf(attacks: AttackPlan[], arm: ArmPlan): AttackPlan | undefined {
  const size = ({ params }: AttackPlan, name: string) => Number(params[name]);
  return attacks
    .filter(
      (attack) =>
        ['pgd', 'i-fgsm', 'mi-fgsm', 'apgd'].includes(attack.id) &&
        attack.params.goal === 'untargeted' &&
        size(attack, 'epsilon') > 0 &&
        canMeet(arm, attack),
    )
    .sort((a, b) => size(b, 'epsilon') - size(a, 'epsilon') || size(b, 'steps') - size(a, 'steps'))[0];
}

const NO_PROBE = 'No iterated gradient attack with an epsilon in this experiment.';

/** Twice the steps and, where the attack has them, twice the restarts. */
const longer = ({ id, params }: Applied): Applied => ({
  id,
  params: {
    ...params,
    steps: 2 * Number(params.steps),
    ...(typeof params.restarts === 'number' ? { restarts: 2 * params.restarts } : {}),
  },
});

/** Radius of the ball around any image that holds every other: nothing can be robust there. */
function everything(norm: AttackPlan['norm'], values: number): number {
  return { linf: 1, l2: Math.sqrt(values), l1: values, l0: values }[norm!];
}

async function hugeEpsilon(checking: Checking, some: Split): Promise<Check> {
  const id = 'huge-epsilon-breaks';
  const probe = probeOf(checking.attacks, checking.context.arm);
  if (!probe) return { id, status: 'not-run', evidence: NO_PROBE };
  const epsilon = everything(probe.norm, some.images.length / sizeOf(some));
  const scaled = scaledAttack(probe, epsilon / Number(probe.params.epsilon));
  const right = await standing(checking, scaled, some, 'huge');
  const left = right.filter(Boolean).length / right.length;
  return {
    id,
    status: left <= HUGE_EPSILON ? 'pass' : 'fail',
    evidence: `${probe.id} with epsilon ${epsilon.toPrecision(3)}, where every image can be reached, left ${(100 * left).toFixed(1)} % of ${right.length} inputs right (limit ${100 * HUGE_EPSILON} %).`,
  };
}

async function moreSteps(checking: Checking, some: Split): Promise<Check> {
  const id = 'more-steps-change-little';
  const probe = probeOf(checking.attacks, checking.context.arm);
  if (!probe) return { id, status: 'not-run', evidence: NO_PROBE };
  const before = await standing(checking, probe, some, 'steps');
  const after = await standing(checking, longer(probe), some, 'steps');
  const fell = before.filter((right, i) => right && !after[i]).length;
  const held = before.filter((right, i) => !right && after[i]).length;
  const p = mcnemar(fell, held);
  return {
    id,
    status: fell > held && p < 0.05 ? 'fail' : 'pass',
    evidence: `${probe.id} with twice the steps and restarts: ${fell} of ${before.length} inputs fell to it alone, ${held} to the original alone, exact McNemar p = ${p.toPrecision(2)}.`,
  };
}

/** Which inputs are right before and after an attack. */
async function standing(
  { model, clean, context, experiment }: Checking,
  attack: Applied,
  some: Split,
  purpose: string,
): Promise<boolean[]> {
  const work = attackWork(attack) / experiment.training.batchSize;
  const images = await craft(
    readyAttack(attack),
    model.target,
    some,
    context.for('check', purpose),
    true,
    (inputs) => context.worked(work * inputs, 'checking the strength of the attacks'),
  );
  const { labels } = await predict(model.target, { images, labels: some.labels });
  return Array.from(some.labels, (label, i) => clean.labels[i] === label && labels[i] === label);
}

/** What was delivered, measured in doubles on the stored float32 images, against the attack's own budget. */
export function withinBudget(attack: AttackPlan, metrics: Metrics): Check | null {
  const definition = attackOf('evasion', attack.id);
  const budget = definition.budget(attack.params as ParamsOf<ParamSpecs>);
  if (!Number.isFinite(budget)) return null;
  const largest = metrics[`max${NORMS[attack.norm!]}`]!;
  return {
    id: 'within-budget',
    status: largest <= budget ? 'pass' : 'fail',
    evidence: `${attack.id}: largest ${attack.norm} delivered ${largest}, budget ${budget}.`,
  };
}

/** Share of inputs at which the gradient of the cross-entropy in the input is zero in every pixel. */
async function zeroGradientShare(target: WhiteBoxTarget, split: Split): Promise<number> {
  const batch = toBatch(split, target.inputShape);
  const zero = tf.tidy(() => {
    const { gradient } = target.gradient(batch.images, crossEntropy(batch.labels, 'untargeted'));
    return tf.sum(tf.cast(tf.equal(tf.max(tf.abs(gradient), [1, 2, 3]), 0), 'float32')).dataSync()[0]!;
  });
  tf.dispose([batch.images, batch.labels]);
  return zero / sizeOf(split);
}
