/**
 * The transfer matrix: adversarial examples made against each arm's model, tried on every other arm's (Papernot,
 * McDaniel, Goodfellow 2016, arXiv:1605.07277).
 */
import type { Split } from '../contract/dataset';
import type { ArmPlan, AttackPlan, Metrics, RunEvent } from '../contract/events';
import type { Experiment } from '../contract/experiment';
import { isNotPrivacy } from '../contract/privacy';
import { canMeet, importedModel, isTrainedHere, restored, type Model } from './arm-model';
import { canEvade, evade } from './detection';
import { predict, type Predictions } from './evaluate';
import { craftAnew } from './evasion';
import { fittingInputs, testInputs } from './splits';
import type { ClosingJob } from './task';

/** A forward pass costs about 0.3 of a training step. */
export const PASS = 0.3;

const tryWork = ({ evaluation, training }: Experiment): number =>
  (PASS * evaluation.samples) / training.batchSize;

/** Attacks whose examples can be made at an arm. */
const attacksOn = (arm: ArmPlan, attacks: AttackPlan[]) =>
  attacks.filter((attack) => isNotPrivacy(attack) && canMeet(arm, attack));

export function transferWork(experiment: Experiment, arms: ArmPlan[], attacks: AttackPlan[]): number {
  if (!experiment.evaluation.transfer) return 0;
  const made = arms.reduce((sum, arm) => sum + attacksOn(arm, attacks).length, 0);
  return made * (arms.length - 1) * tryWork(experiment);
}

/** Tries what every arm's attacks made on all other arms, and tells it as `transfer` events. */
export async function transfer(job: ClosingJob): Promise<void> {
  const { experiment, inputs, plan, host } = job;
  if (!experiment.evaluation.transfer) return;
  const dataset = inputs.dataset!;
  const test = testInputs(dataset, experiment);
  const models: { arm: ArmPlan; model: Model; clean: Predictions }[] = [];
  try {
    for (const arm of plan.arms) {
      const model = await modelOf(arm, job);
      model.restart?.(job.contextOf(arm).random('preprocessing', 'clean'), false);
      models.push({ arm, model, clean: await predict(model.target, test) });
    }
    for (const source of models) {
      for (const attack of attacksOn(source.arm, plan.attacks)) {
        const images = await adversarialOf(source, attack, test, job);
        const made = { images, labels: test.labels };
        source.model.restart?.(
          job.contextOf(source.arm).random('preprocessing', 'source', attack.index),
          false,
        );
        const onSource = await predict(source.model.target, made);
        for (const target of models) {
          if (target === source) continue;
          target.model.restart?.(
            job.contextOf(target.arm).random('preprocessing', 'transfer', source.arm.index, attack.index),
            false,
          );
          const after = await predict(target.model.target, made);
          host.emit({
            type: 'transfer',
            source: source.arm.index,
            target: target.arm.index,
            attack: attack.index,
            metrics: transferred(test, source.clean, onSource, target.clean, after),
          });
          job.contextOf(source.arm).worked(tryWork(experiment), `${attack.id} tried on the other models`);
          await host.breathe();
        }
      }
    }
  } finally {
    for (const { model } of models) model.dispose();
  }
}

type Trained = Extract<RunEvent, { type: 'trained' }>;

async function modelOf(arm: ArmPlan, { inputs, host, kept, history }: ClosingJob): Promise<Model> {
  if (!isTrainedHere(arm)) return importedModel(arm, inputs, host.signal);
  const recorded = history.find(
    (event): event is Trained => event.type === 'trained' && event.arm === arm.index,
  );
  return restored(arm, inputs.dataset!, (kept.weights.get(arm.index) ?? recorded?.weights)!);
}

/** The images an attack made at an arm: as kept, or made again where the run was taken up after they were. */
async function adversarialOf(
  { arm, model }: { arm: ArmPlan; model: Model },
  attack: AttackPlan,
  test: Split,
  { experiment, inputs, kept, contextOf }: ClosingJob,
): Promise<Float32Array> {
  const found = kept.adversarial.get(`${arm.index}/${attack.index}`);
  if (found) return found;
  const streams = contextOf(arm).for('attack', attack.index);
  model.restart?.(contextOf(arm).random('preprocessing', 'attack', attack.index), true);
  const data = fittingInputs(inputs.dataset!, experiment);
  const { guard, network } = model;
  return craftAnew(attack, model.target, data, test, streams, async (ready, assault) =>
    guard && canEvade(ready)
      ? evade(ready, network!, guard, test, assault, streams, () => {})
      : assault.images,
  );
}

function transferred(
  { labels }: Split,
  sourceBefore: Predictions,
  sourceAfter: Predictions,
  targetBefore: Predictions,
  targetAfter: Predictions,
): Metrics {
  const inputs = [...labels.keys()];
  const right = (predictions: Predictions) => (i: number) => predictions.labels[i] === labels[i];
  const both = inputs.filter(right(targetBefore)).filter(right(targetAfter));
  const turned = inputs
    .filter(right(sourceBefore))
    .filter(right(targetBefore))
    .filter((i) => !right(sourceAfter)(i));
  const turnedToo = turned.filter((i) => !right(targetAfter)(i));
  return {
    accuracy: inputs.filter(right(targetAfter)).length / inputs.length,
    robustAccuracy: both.length / inputs.length,
    transferRate: turned.length ? turnedToo.length / turned.length : null,
  };
}
