/** Measurements behind the verdict's checks, made with an arm's model before and after its attacks. What each means: docs/verdict.md. */
import * as tf from '@tensorflow/tfjs';
import type { Split } from '../contract/dataset';
import type { ArmPlan, AttackPlan, Check, Metrics } from '../contract/events';
import type { Experiment } from '../contract/experiment';
import type { Applied, AnyParams } from '../contract/params';
import { beats, pairedEvidence, SIGNIFICANT } from '../contract/statistics';
import { canMeet, type Model } from './arm-model';
import { scaledAttack } from './attacks/scaled';
import type { ArmContext } from './context';
import type { Target, WhiteBoxTarget } from './definitions';
import { NORMS, predict, type Predictions } from './evaluate';
import { craft, readyAttack } from './evasion';
import { crossEntropy } from './losses';
import { attackOf } from './registry';
import { resolve } from './resolve';
import { sizeOf, slice, toBatch } from './splits';
import { whiteBox } from './target-views';
import { attackWork } from './trainer';

/** Inputs used for the checks that need passes of their own: gradients and epsilon 0, the longer attacks, equal logits. */
const CHECKED = 200;
const CHECKED_LONG = 100;
const CHECKED_LOGITS = 50;

/** Share of inputs that may have no gradient, and robust accuracy that may be left where every image can be reached. */
const ZERO_GRADIENTS = 0.05;
const HUGE_EPSILON = 0.05;

/** By how much logits may differ between batches, relative to their size from 1 on: kernels add up in another order. */
const SAME_LOGITS = 1e-3;

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
  tell(checking, await onLogits(checking));
}

/** Checks of the strength of the attacks, told as `check` events. */
export async function checksAfter(checking: Checking): Promise<void> {
  const probe = probeOf(checking.attacks, checking.context.arm);
  if (!probe) {
    const evidence = 'No iterated gradient attack with an epsilon in this experiment.';
    for (const id of ['huge-epsilon-breaks', 'more-steps-change-little']) {
      tell(checking, { id, status: 'not-run', evidence });
    }
    return;
  }
  const some = first(checking.test, CHECKED_LONG);
  tell(checking, await hugeEpsilon(checking, probe, some));
  const stood = await standing(checking, probe, some, 'steps');
  tell(checking, await moreSteps(checking, probe, some, stood));
  for (const companion of companionsOf(checking.attacks, probe)) {
    const { check, attack } = companion;
    const weak = await standing(checking, attack, some, check);
    const result = beats(weak, stood);
    tell(checking, {
      id: check,
      status: result.beats ? 'fail' : 'pass',
      evidence: `Made for the check, on ${some.labels.length} inputs at epsilon ${attack.params.epsilon}: ${pairedEvidence(attack.id, probe.id, result)}.`,
    });
  }
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
  const made = [probe, probe, longer(probe), ...companionsOf(attacks, probe).map(({ attack }) => attack)];
  const work = made.reduce((sum, attack) => sum + attackWork(attack), 0);
  return (work * Math.min(CHECKED_LONG, evaluation.samples)) / training.batchSize;
}

async function zeroGradients({ model: { target }, context }: Checking, some: Split): Promise<Check> {
  const id = 'zero-gradients';
  if (!target.capabilities.includes('gradients')) {
    return { id, status: 'not-run', evidence: 'The target only answers; it has no gradients to look at.' };
  }
  const zero = await zeroGradientShare(whiteBox(target), some);
  const evidence = `${(100 * zero).toFixed(1)} % of ${sizeOf(some)} inputs have a gradient of all zeros; gradient attacks do nothing there (limit ${100 * ZERO_GRADIENTS} %).`;
  if (zero <= ZERO_GRADIENTS) return { id, status: 'pass', evidence };
  context.emit({
    type: 'warning',
    arm: context.arm.index,
    code: 'gradient-masking',
    message: `${evidence} What gradient attacks report on this model is no sign of robustness; use a black-box attack beside them.`,
  });
  return { id, status: 'fail', evidence };
}

async function epsilonZero(checking: Checking, some: Split): Promise<Check> {
  const id = 'epsilon-zero-is-clean';
  const { attacks, model, clean, context } = checking;
  const { target } = model;
  const scalable = attacks.filter(
    (attack) =>
      typeof attack.params.epsilon === 'number' &&
      canMeet(context.arm, attack) &&
      !attackOf('evasion', attack.id).fit,
  );
  // Noise of no length proves less than a gradient step of none.
  const tried = scalable.find(({ knowledge }) => knowledge === 'white-box') ?? scalable[0];
  if (!tried) {
    return { id, status: 'not-run', evidence: 'No attack with an epsilon in this experiment.' };
  }
  const nothing = scaledAttack(tried, 0);
  const same = await craft(readyAttack(nothing), target, some, context.for('epsilon-zero'), true, () => {});
  // A target that draws at random is to draw the same for both.
  const drawAnew = () => model.restart?.(context.random('preprocessing', id), false);
  drawAnew();
  const after = await predict(target, { images: same, labels: some.labels });
  drawAnew();
  const before = model.restart ? await predict(target, some) : clean;
  const different = after.labels.filter((label, i) => label !== before.labels[i]).length;
  return {
    id,
    status: different === 0 ? 'pass' : 'fail',
    evidence: `${tried.id} with epsilon 0 changed ${different} of ${sizeOf(some)} predictions.`,
  };
}

/** Whether attacks see logits, and whether the model is in inference mode: then what stands beside an input in its batch is all one. */
async function onLogits({ model, test }: Checking): Promise<Check> {
  const id = 'attacked-on-logits';
  const { target } = model;
  if (model.usesLogProbabilities) {
    return {
      id,
      status: 'fail',
      evidence:
        'The imported model gives probabilities: attacks see their logarithm, where saturated values hide gradients.',
    };
  }
  if (!target.capabilities.includes('gradients')) {
    return {
      id,
      status: 'not-run',
      evidence:
        'The target answers from outside: whether with logits, and in inference mode, cannot be seen.',
    };
  }
  if (model.restart) {
    return {
      id,
      status: 'pass',
      evidence: 'Attacks see logits. The defence draws at random, so that equal answers cannot be asked for.',
    };
  }
  const some = first(test, CHECKED_LOGITS);
  const half = Math.ceil(sizeOf(some) / 2);
  const whole = await logitsOf(target, some);
  const parts = [slice(some, 0, half), slice(some, half, sizeOf(some))].filter((part) => sizeOf(part) > 0);
  const apart = (await Promise.all(parts.map((part) => logitsOf(target, part)))).flatMap((part) => [...part]);
  const largest = apart.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - whole[i]!) / Math.max(1, Math.abs(value))),
    0,
  );
  return {
    id,
    status: largest <= SAME_LOGITS ? 'pass' : 'fail',
    evidence: `Attacks see logits in inference mode: those of ${sizeOf(some)} inputs differ by ${largest.toPrecision(2)} at most between one batch and two (limit ${SAME_LOGITS}).`,
  };
}

async function logitsOf(target: Target, split: Split): Promise<Float32Array> {
  const batch = toBatch(split, target.inputShape);
  const logits = await target.scores(batch.images);
  const values = logits.dataSync<'float32'>().slice();
  tf.dispose([batch.images, batch.labels, logits]);
  return values;
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

/** Attacks that must not beat the probe and cost next to nothing: made for the check where the experiment has none. */
function companionsOf(attacks: AttackPlan[], probe: AttackPlan): { check: string; attack: Applied }[] {
  const { epsilon, norm } = probe.params;
  return [
    { check: 'fgsm-not-stronger-than-pgd', id: 'fgsm' },
    { check: 'random-noise-weakest', id: 'random-noise' },
  ].flatMap(({ check, id }) =>
    attacks.some((attack) => attack.id === id)
      ? []
      : [{ check, attack: resolve({ id, epsilon, norm }, attackOf('evasion', id)) }],
  );
}

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

async function hugeEpsilon(checking: Checking, probe: AttackPlan, some: Split): Promise<Check> {
  const epsilon = everything(probe.norm, some.images.length / sizeOf(some));
  const scaled = scaledAttack(probe, epsilon / Number(probe.params.epsilon));
  const right = await standing(checking, scaled, some, 'huge');
  const left = right.filter(Boolean).length / right.length;
  return {
    id: 'huge-epsilon-breaks',
    status: left <= HUGE_EPSILON ? 'pass' : 'fail',
    evidence: `${probe.id} with epsilon ${epsilon.toPrecision(3)}, where every image can be reached, left ${(100 * left).toFixed(1)} % of ${right.length} inputs right (limit ${100 * HUGE_EPSILON} %).`,
  };
}

async function moreSteps(
  checking: Checking,
  probe: AttackPlan,
  some: Split,
  stood: boolean[],
): Promise<Check> {
  const twice = longer(probe);
  const result = beats(await standing(checking, twice, some, 'steps'), stood);
  const restarts = twice.params.restarts === undefined ? '' : ` and ${twice.params.restarts} restarts`;
  return {
    id: 'more-steps-change-little',
    status: result.beats ? 'fail' : 'pass',
    evidence: `${probe.id} with ${twice.params.steps} steps${restarts}, twice as many, on ${some.labels.length} inputs: ${pairedEvidence('it', 'the original', result)} (limit ${SIGNIFICANT}).`,
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

/** Whether the attack is at least as strong when it knows of the defence in front of the model as when it does not. */
export function adaptiveNotWeaker(attack: AttackPlan, adaptive: boolean[], oblivious: boolean[]): Check {
  const result = beats(oblivious, adaptive);
  return {
    id: 'adaptive-not-weaker',
    status: result.beats ? 'fail' : 'pass',
    evidence: `${attack.id}: ${pairedEvidence('the oblivious attacker', 'the one who attacks through the defence', result)}.`,
  };
}

/** What was delivered, measured in doubles on the stored float32 images, against the attack's own budget. */
export function withinBudget(attack: AttackPlan, metrics: Metrics): Check | null {
  const definition = attackOf('evasion', attack.id);
  const budget = definition.budget(attack.params as AnyParams);
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
