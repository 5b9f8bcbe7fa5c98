/** The frame around poisonings of the training set: the poison, its provenance, and what it reached on the trained model. */
import * as tf from '@tensorflow/tfjs';
import type { ImageDataset, Split } from '../contract/dataset';
import type { ArmPlan, RunEvent } from '../contract/events';
import type { Experiment } from '../contract/experiment';
import type { AnyParams } from '../contract/params';
import { layersOf } from './arm-model';
import type { ArmContext } from './context';
import type { CostBasis, PoisonContext, Target, TrainingSetAttack } from './definitions';
import { predict } from './evaluate';
import { perturb } from './evasion';
import { Learner } from './learner';
import { provenanceOf, triggeredOf } from './provenance';
import { attackOf } from './registry';
import { selected, sizeOf } from './splits';

/** Pictures of triggered inputs that are recorded. */
const SHOWN = 12;

/** Adam's usual step, for the network an attacker trains for himself. */
const SURROGATE_RATE = 0.001;

/** Batches of the learner are half the usual size; a step on one takes about 0.6 of the time. */
const SURROGATE_WORK = 1.2;

const poisoningOf = ({ poisoning }: ArmPlan): { attack: TrainingSetAttack; params: AnyParams } => ({
  attack: attackOf('training-set', poisoning!.id),
  params: poisoning!.params as AnyParams,
});

/** Work of poisoning an arm's training set; 0 where that is copying pixels. */
export function poisoningWork(arm: ArmPlan, basis: CostBasis): number {
  if (!arm.poisoning) return 0;
  const { attack, params } = poisoningOf(arm);
  const surrogate = attack.surrogate?.(params) ? SURROGATE_WORK * basis.epochs * basis.batches : 0;
  return surrogate + (attack.cost?.(basis, params) ?? 0);
}

/**
 * Looks at the poisonings of some arms, before anything is trained.
 * @throws LabError for parameters that the data do not allow
 */
export function checkPoisonings(
  arms: ArmPlan[],
  dataset: ImageDataset,
  contextOf: (arm: ArmPlan) => ArmContext,
): void {
  for (const arm of arms.filter(({ poisoning }) => poisoning)) {
    const { attack, params } = poisoningOf(arm);
    attack.eligible(dataset, params);
    attack.trigger?.(dataset, params, contextOf(arm).for('poisoning'));
  }
}

/** A poisoned training set. */
export interface Poisoned {
  dataset: ImageDataset;
  changed: Uint32Array;
}

/**
 * Poisons the training part. The streams depend on the arm's seed alone, so every defence meets the same poison. `tell`: whether
 * provenance and progress are not in the record yet.
 */
export async function poison(
  experiment: Experiment,
  dataset: ImageDataset,
  context: ArmContext,
  basis: CostBasis,
  tell: boolean,
): Promise<Poisoned> {
  const { arm } = context;
  if (!arm.poisoning) return { dataset, changed: new Uint32Array() };
  const { attack, params } = poisoningOf(arm);
  const streams = context.for('poisoning');
  const worked: ArmContext['worked'] = tell ? context.worked : () => {};
  const learners: Learner[] = [];
  const total = attack.cost?.(basis, params) ?? 0;
  let done = 0;
  const progress = (share: number) => {
    worked(total * (share - done), `${attack.id} makes its samples`);
    done = share;
  };
  const poisoning: PoisonContext = {
    random: streams.random,
    breathe: streams.breathe,
    async surrogate() {
      const random = streams.for('surrogate').random;
      const learner = new Learner(
        dataset.shape,
        dataset.classes.length,
        layersOf(arm, dataset),
        random('weights'),
      );
      learners.push(learner);
      const { epochs } = experiment.training;
      for (let epoch = 0; epoch < epochs; epoch++) {
        await learner.epoch(dataset.train, SURROGATE_RATE, random('shuffle', epoch), streams.breathe);
        worked(SURROGATE_WORK * basis.batches, `${attack.id} trains a network of its own`);
      }
      return learner.target;
    },
    async attack(applied, target, batch, part) {
      const random = streams.for('ingredient', part);
      return tf.tensor4d(await perturb(applied, target, batch, random), batch.images.shape);
    },
    progress,
  };
  try {
    const poisoned = await attack.poison(dataset, attack.eligible(dataset, params), params, poisoning);
    if (done < 1 && total > 0) progress(1);
    const trigger = attack.trigger?.(dataset, params, streams) ?? null;
    if (tell) {
      context.emit(provenanceOf(arm, dataset.train, poisoned.dataset.train, poisoned.changed, trigger));
    }
    return poisoned;
  } finally {
    for (const learner of learners) learner.dispose();
  }
}

/** What the arm's poisoning reached on the model trained on it; null where it is for no class and no input. */
export async function whatItReached(
  target: Target,
  dataset: ImageDataset,
  test: Split,
  context: ArmContext,
): Promise<RunEvent | null> {
  const { arm } = context;
  if (!arm.poisoning) return null;
  const { attack, params } = poisoningOf(arm);
  if (attack.victim) return victimOf(attack.victim(params), target, dataset, context);
  const trigger = attack.trigger?.(dataset, params, context.for('poisoning'));
  if (!trigger) return null;
  const inputs = Uint32Array.from(test.labels.keys()).filter((i) => test.labels[i] !== trigger.target);
  const others = selected(test, inputs);
  const n = sizeOf(others);
  const images = trigger.apply(others.images);
  const { labels: predicted } = await predict(target, { images, labels: others.labels });
  const share = (holds: (i: number) => boolean) =>
    n > 0 ? predicted.filter((_, i) => holds(i)).length / n : null;
  const metrics = {
    attackSuccessRate: share((i) => predicted[i] === trigger.target),
    accuracy: share((i) => predicted[i] === others.labels[i]),
  };
  return triggeredOf(arm, trigger.target, dataset.shape, metrics, {
    images: images.slice(0, SHOWN * (images.length / Math.max(1, n))),
    inputs: inputs.slice(0, SHOWN),
    labels: others.labels.slice(0, SHOWN),
    predicted: predicted.slice(0, SHOWN),
  });
}

async function victimOf(
  { input, target: wanted }: { input: number; target: number },
  target: Target,
  { shape, test }: ImageDataset,
  { arm }: ArmContext,
): Promise<RunEvent> {
  const inputs = Uint32Array.of(input);
  const victim = selected(test, inputs);
  const batch = tf.tensor4d(victim.images, [1, ...shape]);
  const logits = await target.scores(batch);
  const confidence = tf.tidy(() => tf.softmax(logits).dataSync()[wanted]!);
  tf.dispose([batch, logits]);
  const { labels: predicted } = await predict(target, victim);
  const metrics = { targetSuccess: predicted[0] === wanted ? 1 : 0, targetConfidence: confidence };
  const { images, labels } = victim;
  return triggeredOf(arm, wanted, shape, metrics, { images, inputs, labels, predicted });
}
