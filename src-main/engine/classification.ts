/** Image classification: one arm is trained (poisoned, defended), evaluated clean and under every attack, and checked. */
import type { ImageDataset, Split } from '../contract/dataset';
import type { Experiment } from '../contract/experiment';
import type { ArmPlan, AttackPlan, Metrics, RunEvent } from '../contract/events';
import type { ParamsOf, ParamSpecs } from '../contract/params';
import { isNotPrivacy, isPrivacy } from '../contract/privacy';
import { canMeet, defended, importedModel, isTrainedHere, layersOf, restored, type Model } from './arm-model';
import { recordSteps } from './attack-steps';
import { adaptiveNotWeaker, checksAfter, checksBefore, checksWork, withinBudget } from './checks';
import {
  againstCertificates,
  certificateHolds,
  certificateWork,
  certify,
  type Certified,
} from './certificates';
import type { ArmContext } from './context';
import { CORRUPTED_COPIES, evaluateCorruptions } from './corruptions';
import type { CostBasis, WhiteBoxTarget } from './definitions';
import { canEvade, evade, evasionCost, meet, type Guard } from './detection';
import {
  predict,
  predictionAt,
  RIGHT_AFTER,
  RIGHT_BEFORE,
  scoreAttack,
  silence,
  type AttackResult,
  type Predictions,
} from './evaluate';
import {
  assaultFrom,
  continueAssault,
  craftAnew,
  newAssault,
  prepareAttack,
  stateOf,
  type Assault,
  type ReadyAttack,
} from './evasion';
import { examinedOf, filterAndTrain, filteringWork } from './filtering';
import { takeOver } from './inheritance';
import { Memory } from './memory';
import type { LayerSpec } from './network';
import { poison, poisoningWork, tryPoisonings, whatItReached } from './poisoning';
import { activationsOf, looksAtTrainingSet, trainingSetOf } from './provenance';
import { checkPrivacy, infer, privacyWork } from './privacy';
import { attackOf, defenseById } from './registry';
import { fittingInputs, sizeOf, testInputs } from './splits';
import { CountingTarget, NetworkTarget } from './target-views';
import type { ArmResume, TaskRunner } from './task';
import { ArmTrainer, attackWork, fittingWork } from './trainer';
import { PASS, transfer, transferWork } from './transfer';

/** Pictures recorded of each attack of an arm. */
const EXAMPLES = 12;

/** Right before and after. */
const STANDING = RIGHT_BEFORE | RIGHT_AFTER;

type Job = Parameters<TaskRunner['runArm']>[0];
type AnyParams = ParamsOf<ParamSpecs>;

export const classification: TaskRunner = {
  armWork(experiment, arm, attacks) {
    return (
      trainingWork(experiment, arm) +
      attacks
        .filter((attack) => canMeet(arm, attack))
        .reduce(
          (sum, attack) =>
            sum +
            (isPrivacy(attack)
              ? privacyWork(experiment, arm, attack, trainingWork(experiment, arm))
              : evaluationWork(experiment, arm, attack)),
          0,
        ) +
      (experiment.evaluation.corruptions ? CORRUPTED_COPIES * copyWork(experiment) : 0) +
      checksWork(experiment, arm, attacks.filter(isNotPrivacy)) +
      certificateWork(experiment, arm)
    );
  },
  closingWork: transferWork,

  async check({ arms, attacks }, experiment, { dataset }, contextOf) {
    if (!dataset) return;
    // Arms of further seeds differ in nothing that is looked at here.
    const looked = arms.filter(({ seed }) => seed === experiment.seeds[0]);
    for (const arm of looked) {
      const definition = arm.defense && defenseById(arm.defense.id);
      const params = arm.defense?.params as AnyParams;
      if (definition?.stage === 'filtering') definition.check?.(examinedOf(dataset), params);
      if (definition?.stage === 'preprocessing' || definition?.stage === 'detection')
        definition.check?.(dataset.shape, params);
      privacySpent(arm, dataset, experiment);
      const asked = attacks.filter((attack) => isPrivacy(attack) && canMeet(arm, attack));
      checkPrivacy(experiment, arm, asked, dataset);
    }
    await tryPoisonings(looked, dataset, contextOf);
  },

  async runArm(job) {
    const { experiment, inputs, attacks, context, resume, kept } = job;
    const { index } = context.arm;
    const dataset = inputs.dataset!;
    const checked = attacks.filter(isNotPrivacy);
    const test = testInputs(dataset, experiment);
    const model = await obtain(job, dataset);
    try {
      const resumed = resume?.position.stage === 'evaluation';
      const told = resume?.history.find((event): event is Certified => event.type === 'certified');
      const drawAnew = (...purpose: (string | number)[]) =>
        model.restart?.(context.random('preprocessing', ...purpose), purpose[0] === 'attack');
      drawAnew('clean');
      const started = context.now();
      const clean = await predict(model.target, test);
      let certified = told ?? null;
      if (!resumed) {
        const told = { ...privacySpent(context.arm, dataset, experiment), ...model.answering?.report() };
        reportClean(model, test, clean, context.now() - started, dataset, context, told);
        drawAnew('triggered');
        const triggered = await whatItReached(model.target, dataset, test, context);
        if (triggered) context.emit(triggered);
        if (experiment.evaluation.corruptions) {
          drawAnew('corruptions');
          await evaluateCorruptions(model.target, test, dataset.shape, context, () =>
            context.worked(copyWork(experiment), 'natural corruptions'),
          );
        }
        certified = await certify(experiment, model.network, test, context);
        if (certified) context.emit(certified);
        await checksBefore({ attacks: checked, model, test, clean, context, experiment });
        context.emit({
          type: 'checkpoint',
          position: { arm: index, stage: 'evaluation', done: 0 },
          state: {},
        });
      }
      let begun = resumed ? resume.state : {};
      for (const attack of attacks.slice(resumed ? resume.position.done : 0)) {
        if (!canMeet(context.arm, attack)) continue;
        drawAnew('attack', attack.index);
        if (isPrivacy(attack)) {
          await infer({
            attack,
            model,
            test,
            clean,
            begun,
            job,
            training: trainingWork(experiment, context.arm),
          });
          begun = {};
          continue;
        }
        const adversarial = await underAttack({ attack, model, test, clean, begun, certified, job });
        begun = {};
        if (experiment.evaluation.transfer) kept.adversarial.set(`${index}/${attack.index}`, adversarial);
      }
      drawAnew('checks');
      await checksAfter({ attacks: checked, model, test, clean, context, experiment });
    } finally {
      model.dispose();
    }
  },
  close: transfer,
};

function trainingWork(experiment: Experiment, arm: ArmPlan): number {
  if (!isTrainedHere(arm)) return 0;
  const basis = basisOf(experiment);
  return trainingCost(experiment, arm, basis) + poisoningWork(arm, basis);
}

/** In plain gradient steps on a batch. */
function basisOf({ training, dataset }: Experiment): CostBasis {
  // The size is not known before the data are read; what the experiment asks for is close enough for an estimate.
  const train = Number(dataset!.train ?? 8000);
  return {
    epochs: training.epochs,
    batches: Math.ceil(train / training.batchSize),
    train,
    validation: Number(dataset!.validation ?? 0),
    attack: attackWork,
    examined: (applied, inputs) => (attackWork(applied) * inputs) / training.batchSize,
  };
}

/** What the arm's training costs, in the measure of the basis. */
function trainingCost(
  { training: { epochs } }: Experiment,
  { defense }: ArmPlan,
  basis: Omit<CostBasis, 'epochs'>,
): number {
  const definition = defense && defenseById(defense.id);
  if (definition?.stage === 'filtering') {
    return filteringWork(definition, defense!.params as AnyParams, { epochs, ...basis });
  }
  if (definition?.stage !== 'training' && definition?.stage !== 'certified') return epochs * basis.batches;
  return definition.cost({ epochs, ...basis }, defense!.params as AnyParams);
}

/** Gradient calls of a training: in the weights one an image and epoch, in the images as its attacks cost. */
function trainingGradients(
  experiment: Experiment,
  arm: ArmPlan,
  { train, validation }: ImageDataset,
): number {
  const n = sizeOf(train);
  const attack: CostBasis['attack'] = ({ id, params }) => attackOf('evasion', id).cost(params as AnyParams);
  // As if all images made one batch: the cost is then that of an image.
  const each = trainingCost(experiment, arm, {
    ...{ batches: 1, train: n, validation: sizeOf(validation), attack },
    examined: (applied, inputs) => (attack(applied) * inputs) / n,
  });
  return Math.round(n * each);
}

/** Work of one forward pass over the test inputs. */
const copyWork = ({ evaluation, training }: Experiment): number =>
  (PASS * evaluation.samples) / training.batchSize;

const evaluationWork = (experiment: Experiment, arm: ArmPlan, attack: AttackPlan): number =>
  fittingWork(attack, experiment.training) +
  Math.min(experiment.evaluation.samples, Number(experiment.dataset!.test ?? Infinity)) *
    ((attackWork(attack) + evasionCost(arm, attack)) / experiment.training.batchSize);

/** The arm's model: imported, restored from the record, or trained now. */
async function obtain(job: Job, dataset: ImageDataset): Promise<Model> {
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
function privacySpent({ defense }: ArmPlan, { train }: ImageDataset, { training }: Experiment): Metrics {
  const definition = defense && defenseById(defense.id);
  if (definition?.stage !== 'training' || !definition.spent) return {};
  return { privacySpent: definition.spent(defense!.params as AnyParams, sizeOf(train), training.batchSize) };
}

function reportClean(
  { target }: Model,
  test: Split,
  clean: Predictions,
  seconds: number,
  { classes }: ImageDataset,
  context: ArmContext,
  more: Metrics,
): void {
  const n = sizeOf(test);
  const outcome = Uint8Array.from(test.labels, (label, i) => (clean.labels[i] === label ? 3 : 0));
  const right = outcome.filter((value) => value === 3).length;
  context.emit({
    type: 'evaluation',
    arm: context.arm.index,
    attack: null,
    metrics: { accuracy: right / n, seconds, ...silence(target, clean), ...more },
    outcome,
    predicted: clean.labels,
    labels: test.labels.slice(),
  });
  if (right / n < 1.5 / classes.length) {
    context.emit({
      type: 'warning',
      arm: context.arm.index,
      code: 'accuracy-at-chance',
      message: `Clean accuracy is ${((100 * right) / n).toFixed(1)} %, about what guessing among ${classes.length} classes gives: what attacks do to this model says nothing. Check the range of values it expects (inputLow, inputHigh), its labels, or its training.`,
    });
  }
}

/** One attack meets one arm's model. */
interface Encounter {
  attack: AttackPlan;
  model: Model;
  test: Split;
  clean: Predictions;
  /** What an interrupted attempt left: batches that are done, and answers. */
  begun: Record<string, Float32Array>;
  /** What is proven of the model. */
  certified: Certified | null;
  job: Job;
}

/**
 * Runs an attack and gives the perturbed test images. Where the target may fall silent, what it answered is remembered, and
 * recorded when the attack breaks off.
 */
async function underAttack(encounter: Encounter): Promise<Float32Array> {
  const { attack, model, test, begun, job } = encounter;
  const assault = 'images' in begun ? assaultFrom(begun) : newAssault(test);
  if (!model.remote) return attacked(encounter, assault, null);
  const memory = new Memory(begun);
  model.remote.memory = memory;
  try {
    return await attacked(encounter, assault, memory);
  } catch (error) {
    const state = { ...stateOf(assault), ...memory.state() };
    const { context } = job;
    context.emit({ type: 'attack-interrupted', arm: context.arm.index, attack: attack.index, state });
    throw error;
  } finally {
    model.remote.memory = null;
  }
}

/** Fits the attack where it learns first, runs it, records what it found, and gives the perturbed test images. */
async function attacked(
  encounter: Encounter,
  assault: Assault,
  memory: Memory | null,
): Promise<Float32Array> {
  const { attack, model, test, clean, certified, job } = encounter;
  const { experiment, context } = job;
  const { index } = context.arm;
  const streams = context.for('attack', attack.index);
  const ready = await fitted(encounter, streams);
  memory?.settle();
  try {
    const work = attackWork(attack) / experiment.training.batchSize;
    const report = (inputs: number) => {
      memory?.forget();
      context.worked(work * inputs, `${attack.id} on ${sizeOf(test)} test images`);
    };
    const counted = new CountingTarget(model.target);
    const begin = context.now();
    await continueAssault(assault, ready, counted, test, streams, true, report);
    const detection = model.guard ? await evading(encounter, model.guard, ready, counted, assault) : {};
    const seconds = context.now() - begin;
    const result = await scoreAttack(ready, assault, counted, model.target, test, clean);
    const unaware = model.bare ? await oblivious(encounter, model.bare, streams) : null;
    const metrics: Metrics = {
      ...result.metrics,
      seconds,
      ...(unaware ? { obliviousRobustAccuracy: unaware.filter(Boolean).length / unaware.length } : {}),
      ...detection,
      ...(certified ? againstCertificates(certified, attack, ready.budget, test, result) : {}),
    };
    tellExamples(encounter, result, assault.aims);
    const steps = await recordSteps(ready, model.target, test, result.outcome, streams.for('steps'));
    if (steps) context.emit({ type: 'attack-steps', arm: index, attack: attack.index, ...steps });
    if (result.byQueries) {
      const { series, x, y } = result.byQueries;
      const curve = { series, x: Float32Array.from(x), y: Float32Array.from(y) };
      context.emit({ type: 'attack-curve', arm: index, attack: attack.index, ...curve });
    }
    const { outcome, after } = result;
    context.emit({
      ...{ type: 'evaluation', arm: index, attack: attack.index, metrics },
      ...{ outcome, predicted: after.labels },
    });
    const stood = Array.from(outcome, (bits) => (bits & STANDING) === STANDING);
    const checks = [
      withinBudget(attack, metrics),
      unaware && adaptiveNotWeaker(attack, stood, unaware),
      certified && certificateHolds(attack, certified, metrics),
    ];
    for (const check of checks) if (check) context.emit({ type: 'check', arm: index, check });
    const position = { arm: index, stage: 'evaluation', done: attack.index + 1 } as const;
    context.emit({ type: 'checkpoint', position, state: {} });
    return result.adversarial;
  } finally {
    ready.fitted?.dispose();
  }
}

/**
 * Measures the detector against the attack, which does not know of it, then goes on from what the attack found so as to evade
 * the detector too. Leaves those images in the assault; gives the metrics that only detectors have.
 */
async function evading(
  { attack, model, test, clean, job }: Encounter,
  guard: Guard,
  ready: ReadyAttack,
  counted: CountingTarget,
  assault: Assault,
): Promise<Metrics> {
  const { context, experiment } = job;
  const { index } = context.arm;
  const network = model.network!;
  const measured = async (series: 'obliviousRoc' | 'adaptiveRoc') => {
    const met = await meet(guard, network, test, assault, attack.params.goal);
    if (met.roc) {
      const { x, y } = met.roc;
      context.emit({ type: 'attack-curve', arm: index, attack: attack.index, series, x, y });
    } else {
      const message = `${attack.id}, ${series === 'adaptiveRoc' ? 'adaptive' : 'oblivious'}: ${met.refused}`;
      context.emit({ type: 'warning', arm: index, code: 'roc-of-one-class', message });
    }
    const right = test.labels.filter((label, i) => clean.labels[i] === label && met.withstood[i]);
    return { robust: right.length / sizeOf(test), roc: met.roc };
  };
  const oblivious = await measured('obliviousRoc');
  const metrics: Metrics = {
    obliviousRobustAccuracy: oblivious.robust,
    obliviousAuc: oblivious.roc?.auc ?? null,
    obliviousTprAt5PercentFpr: oblivious.roc?.tprAt5PercentFpr ?? null,
  };
  if (!canEvade(ready)) return metrics;
  const work = evasionCost(context.arm, attack) / experiment.training.batchSize;
  assault.images = await evade(ready, counted, guard, test, assault, context, (inputs) =>
    context.worked(work * inputs, `${attack.id} evading the detector`),
  );
  const { roc } = await measured('adaptiveRoc');
  return { ...metrics, auc: roc?.auc ?? null, tprAt5PercentFpr: roc?.tprAt5PercentFpr ?? null };
}

/** The attack ready to be run, fitted to the model where it has to be; what the fitting showed is recorded. */
async function fitted(
  { attack, model, job: { experiment, inputs, context } }: Encounter,
  streams: ArmContext,
): Promise<ReadyAttack> {
  const dataset = inputs.dataset!;
  const started = context.now();
  const counted = new CountingTarget(model.target);
  const work = fittingWork(attack, experiment.training);
  let done = 0;
  const progress = (share: number) => {
    context.worked(work * (share - done), `${attack.id} learns from other inputs`);
    done = share;
  };
  const data = fittingInputs(dataset, experiment);
  const ready = await prepareAttack(attack, counted, data, streams.for('fit'), progress);
  if (ready.fitted) {
    // It may have had less to do than was reckoned.
    if (done < 1) progress(1);
    const { metrics, picture } = ready.fitted;
    context.emit({
      type: 'fitted',
      arm: context.arm.index,
      attack: attack.index,
      metrics: { ...metrics, fitQueries: counted.queries, fitGradients: counted.gradients },
      ...(picture ? { picture: { shape: dataset.shape, pixels: picture } } : {}),
      seconds: context.now() - started,
    });
  }
  return ready;
}

/** Which inputs stand against an attacker who does not know of the transformation in front of the model. */
async function oblivious(
  encounter: Encounter,
  bare: WhiteBoxTarget,
  streams: ArmContext,
): Promise<boolean[]> {
  const { attack, model, test, clean, job } = encounter;
  const data = fittingInputs(job.inputs.dataset!, job.experiment);
  const images = await craftAnew(attack, bare, data, test, streams);
  const { labels } = await predict(model.target, { images, labels: test.labels });
  await job.context.breathe();
  return Array.from(test.labels, (label, i) => clean.labels[i] === label && labels[i] === label);
}

function tellExamples(
  { attack, test, clean, job: { inputs, context } }: Encounter,
  { adversarial, after }: AttackResult,
  aims: Int32Array,
): void {
  const size = test.images.length / sizeOf(test);
  for (let i = 0; i < Math.min(EXAMPLES, sizeOf(test)); i++) {
    context.emit({
      type: 'example',
      arm: context.arm.index,
      attack: attack.index,
      input: i,
      label: test.labels[i]!,
      ...(attack.params.goal === 'untargeted' ? {} : { aim: aims[i]! }),
      shape: inputs.dataset!.shape,
      clean: test.images.slice(i * size, (i + 1) * size),
      adversarial: adversarial.slice(i * size, (i + 1) * size),
      before: predictionAt(clean, i),
      after: predictionAt(after, i),
    });
  }
}
