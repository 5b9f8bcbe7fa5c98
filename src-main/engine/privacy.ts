/** The frame around privacy attacks: what the attacker has beside the target, queries counted, findings and pictures told. */
import type { ImageDataset, Split } from '../contract/dataset';
import type { Experiment } from '../contract/experiment';
import type { ArmPlan, AttackPlan, Metrics } from '../contract/events';
import type { AnyParams } from '../contract/params';
import { logProbabilities } from './attacks/answers';
import { defended, isTrainedHere, layersOf, type Model } from './arm-model';
import type { ArmContext } from './context';
import type { Likeness, PrivacyBasis, PrivacyContext, PrivacyKnowledge, Shares } from './definitions';
import { predict, type Predictions } from './evaluate';
import { evasionContext } from './evasion';
import { Memory } from './memory';
import { attackOf, defenseById } from './registry';
import { concatenated, sizeOf, slice, testInputs } from './splits';
import { CountingTarget, NetworkTarget } from './target-views';
import type { Job } from './task';
import { ArmTrainer } from './trainer';
import { PASS } from './transfer';

/** A privacy attack meets an arm's model. */
export interface Inference {
  attack: AttackPlan;
  model: Model;
  test: Split;
  clean: Predictions;
  /** Answers that an interrupted attempt left. */
  begun: Record<string, Float32Array>;
  job: Job;
  /** Work of the arm's own training. */
  training: number;
}

/** Work of a privacy attack on an arm. */
export function privacyWork(
  experiment: Experiment,
  { model }: ArmPlan,
  { id, params }: AttackPlan,
  training: number,
): number {
  const { dataset, evaluation } = experiment;
  const trainedOn = Number(dataset!.train ?? 8000);
  const test = Math.min(evaluation.samples, Number(dataset!.test ?? Infinity));
  const basis: PrivacyBasis = {
    candidates: test + Math.min(evaluation.samples, trainedOn),
    ...{ test, trainedOn, classes: 10 },
    training: isTrainedHere({ model }) ? (training * experiment.training.batchSize) / (PASS * trainedOn) : 0,
  };
  return (PASS * attackOf('privacy', id).cost(params as AnyParams, basis)) / experiment.training.batchSize;
}

/** Runs the attack and tells what it found; where the target may fall silent, what it answered is kept. */
export async function infer(inference: Inference): Promise<void> {
  const { attack, model, begun, job } = inference;
  const { context } = job;
  if (!model.remote) return told(inference, null);
  const memory = new Memory(begun);
  model.remote.memory = memory;
  try {
    await told(inference, memory);
  } catch (error) {
    const state = memory.state();
    context.emit({ type: 'attack-interrupted', arm: context.arm.index, attack: attack.index, state });
    throw error;
  } finally {
    model.remote.memory = null;
  }
}

async function told(inference: Inference, memory: Memory | null): Promise<void> {
  const { attack, model, training, job } = inference;
  const { experiment, inputs, context } = job;
  const arm = context.arm.index;
  const begin = context.now();
  const work = privacyWork(experiment, context.arm, attack, training);
  let done = 0;
  const progress = (share: number) => {
    context.worked(work * (share - done), attack.id);
    done = share;
  };
  const counted = new CountingTarget(model.target);
  const definition = attackOf('privacy', attack.id);
  const { metrics, curves } = await definition.infer(
    counted,
    knowledgeOf(inference),
    attack.params as AnyParams,
    privacyContext(context.for('attack', attack.index), inputs.dataset!, attack.index, progress),
  );
  memory?.settle();
  if (done < 1) progress(1);
  for (const { series, x, y } of curves) {
    const curve = { series, x: Float32Array.from(x), y: Float32Array.from(y) };
    context.emit({ type: 'attack-curve', arm, attack: attack.index, ...curve });
  }
  const spent: Metrics = { queries: counted.queries, gradients: counted.gradients };
  context.emit({
    type: 'evaluation',
    arm,
    attack: attack.index,
    metrics: { ...metrics, ...model.answering?.report(), ...spent, seconds: context.now() - begin },
  });
  context.emit({
    type: 'checkpoint',
    position: { arm, stage: 'evaluation', done: attack.index + 1 },
    state: {},
  });
}

function privacyContext(
  streams: ArmContext,
  { shape }: ImageDataset,
  attack: number,
  progress: (share: number) => void,
): PrivacyContext {
  const arm = streams.arm.index;
  return {
    ...evasionContext(streams, true),
    progress,
    show: (picture) => streams.emit({ type: 'reconstruction', arm, attack, shape, ...picture }),
    warn: (code, message) => streams.emit({ type: 'warning', arm, code, message }),
  };
}

/** Throws LabError for what the data do not allow privacy attacks, on an arm that can meet them. */
export function checkPrivacy(
  experiment: Experiment,
  arm: ArmPlan,
  attacks: AttackPlan[],
  dataset: ImageDataset,
): void {
  if (attacks.length === 0) return;
  const shares = sharesOf(experiment, arm, dataset);
  for (const { id, params } of attacks) attackOf('privacy', id).check?.(shares, params as AnyParams);
}

function sharesOf(experiment: Experiment, arm: ArmPlan, dataset: ImageDataset): Shares {
  const { train, validation } = dataset;
  const test = testInputs(dataset, experiment);
  const rest = slice(dataset.test, sizeOf(test), sizeOf(dataset.test));
  return {
    members: slice(train, 0, Math.min(experiment.evaluation.samples, sizeOf(train))),
    nonMembers: test,
    // A model from outside was trained on other images than these, as far as anybody can tell.
    own: isTrainedHere(arm) ? concatenated(validation, rest) : concatenated(train, validation, rest),
    trainedOn: sizeOf(train),
  };
}

function knowledgeOf({ attack, model, test, clean, job }: Inference): PrivacyKnowledge {
  const { experiment, inputs, context } = job;
  const dataset = inputs.dataset!;
  const { train } = dataset;
  // The network’s own answers where a defence would count the question.
  const scored = model.answering ? model.network! : model.target;
  return {
    ...sharesOf(experiment, context.arm, dataset),
    classNames: dataset.classes,
    trainAlike: (images, ...purpose) =>
      trainAlike(job, images, muted(context.for('attack', attack.index, ...purpose))),
    ...{ test, answers: clean.labels, train },
    answersTo: async (images) => (await predict(scored, images)).labels,
    logsOf: (images) => logProbabilities(scored, images, context),
  };
}

/** Another model by the arm's recipe. Its curves are nobody's: what counts is what it answers. */
async function trainAlike({ experiment, inputs }: Job, train: Split, context: ArmContext): Promise<Likeness> {
  const { arm } = context;
  const dataset: ImageDataset = { ...inputs.dataset!, train };
  const trainer = new ArmTrainer({
    ...{ dataset, training: experiment.training, layers: layersOf(arm, dataset) },
    ...{ context: context.for('training'), resume: null, unseen: true },
  });
  const defense = arm.defense && defenseById(arm.defense.id);
  if (defense?.stage === 'training' || defense?.stage === 'certified') {
    await defense.train(trainer, dataset, arm.defense!.params as AnyParams, context.for('defense'));
  } else {
    await trainer.fit(train);
  }
  const network = new NetworkTarget(trainer.network, dataset.classes.length);
  return defended(arm, dataset, network, () => trainer.dispose());
}

/** The same streams, telling nothing and counting no work. */
const muted = (context: ArmContext): ArmContext => ({
  ...context,
  emit: () => {},
  worked: () => {},
  for: (...purpose) => muted(context.for(...purpose)),
});
