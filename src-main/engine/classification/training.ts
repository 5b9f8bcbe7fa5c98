/** Where an arm's model comes from: imported, restored, or trained on what the arm learns. */
import type { ImageDataset } from '../../contract/dataset';
import type { ArmPlan, Metrics, RunEvent } from '../../contract/events';
import type { Experiment } from '../../contract/experiment';
import type { AnyParams } from '../../contract/params';
import { defended, importedModel, isTrainedHere, layersOf, restored, type Model } from '../arm-model';
import { filterAndTrain } from '../filtering';
import { takeOver } from '../inheritance';
import type { LayerSpec } from '../network';
import { poison } from '../poisoning';
import { activationsOf, looksAtTrainingSet, trainingSetOf } from '../provenance';
import { defenseById } from '../registry';
import { sizeOf } from '../splits';
import { NetworkTarget } from '../target-views';
import type { ArmResume, Job } from '../task';
import { ArmTrainer } from '../trainer';
import { basisOf, trainingGradients, trainingWork } from './work';

/** The arm's model: imported, restored from the record, or trained now. */
export async function obtain(job: Job, dataset: ImageDataset): Promise<Model> {
  const { inputs, context, resume } = job;
  if (!isTrainedHere(context.arm)) {
    const model = await importedModel(context.arm, inputs, job.host.signal);
    if (model.usesLogProbabilities && !resume) {
      context.emit({
        type: 'warning',
        arm: context.arm.index,
        code: 'log-probabilities',
        message:
          'The imported model has no final softmax that could be removed and was not declared to give logits: attacks work on the logarithm of its probabilities, where saturated values hide gradients.',
      });
    }
    return model;
  }
  const weights = resume
    ? resume.position.stage === 'evaluation' &&
      resume.history.find((event): event is Trained => event.type === 'trained')?.weights
    : takeOver(inputs.inheritance, context);
  if (weights) {
    if (!resume) context.worked(trainingWork(job.experiment, context.arm), 'taken over as trained');
    keep(job, weights);
    return restored(context.arm, dataset, weights);
  }
  return train(job, dataset, layersOf(context.arm, dataset), resume);
}

/** Weights stay in memory only where examples will be tried on the model in the end. */
function keep({ experiment, context, kept }: Job, weights: Record<string, Float32Array>): void {
  if (experiment.evaluation.transfer) kept.weights.set(context.arm.index, weights);
}

type Trained = Extract<RunEvent, { type: 'trained' }>;

async function train(
  job: Job,
  dataset: ImageDataset,
  layers: LayerSpec[],
  resume: ArmResume | null,
): Promise<Model> {
  const { experiment, context } = job;
  const { arm } = context;
  const started = context.now();
  const defense = arm.defense && defenseById(arm.defense.id);
  const basis = basisOf(experiment);
  if (arm.index === 0 && !resume && looksAtTrainingSet(experiment)) {
    const pictured = trainingSetOf(dataset);
    if (pictured) context.emit(pictured);
  }
  const { dataset: poisoned, changed } = await poison(experiment, dataset, context, basis, resume === null);
  const trainer = new ArmTrainer({
    dataset: poisoned,
    training: experiment.training,
    layers,
    context: context.for('training'),
    resume: resume && { done: resume.position.done, state: resume.state },
  });
  if (defense?.stage === 'training' || defense?.stage === 'certified') {
    await defense.train(trainer, poisoned, arm.defense!.params as AnyParams, context.for('defense'));
  } else if (defense?.stage === 'filtering') {
    const found = resume?.history.some(({ type }) => type === 'suspects') ?? false;
    const { batchSize } = experiment.training;
    const set = { dataset: poisoned, changed };
    await filterAndTrain({ defense, trainer, ...set, context, basis, batchSize, tell: !found });
  } else {
    await trainer.fit(poisoned.train);
  }
  const { network } = trainer;
  const weights = network.weights();
  keep(job, weights);
  context.emit({
    type: 'trained',
    arm: arm.index,
    weights,
    seconds: context.now() - started,
    gradients: trainingGradients(experiment, arm, poisoned),
  });
  const target = new NetworkTarget(network, dataset.classes.length);
  if (!arm.defense && looksAtTrainingSet(experiment))
    context.emit(activationsOf(arm, target, poisoned.train));
  return defended(arm, dataset, target, () => trainer.dispose());
}

/** ε of a differentially private training; nothing for others. Throws LabError where its budget does not suffice. */
export function privacySpent(
  { defense }: ArmPlan,
  { train }: ImageDataset,
  { training }: Experiment,
): Metrics {
  const definition = defense && defenseById(defense.id);
  if (definition?.stage !== 'training' || !definition.spent) return {};
  return { privacySpent: definition.spent(defense!.params as AnyParams, sizeOf(train), training.batchSize) };
}
