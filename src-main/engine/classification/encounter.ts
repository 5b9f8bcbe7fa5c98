/** One attack meets one arm's model. */
import type { Split } from '../../contract/dataset';
import type { AttackPlan, Metrics } from '../../contract/events';
import type { Model } from '../arm-model';
import { recordSteps } from '../attack-steps';
import { againstCertificates, certificateHolds, type Certified } from '../certificates';
import { adaptiveNotWeaker, withinBudget } from '../checks';
import type { ArmContext } from '../context';
import type { WhiteBoxTarget } from '../definitions';
import { canEvade, evade, evasionCost, meet, type Guard } from '../detection';
import {
  predict,
  predictionAt,
  RIGHT_AFTER,
  RIGHT_BEFORE,
  scoreAttack,
  type AttackResult,
  type Predictions,
} from '../evaluate';
import {
  assaultFrom,
  continueAssault,
  craftAnew,
  newAssault,
  prepareAttack,
  stateOf,
  type Assault,
  type ReadyAttack,
} from '../evasion';
import { Memory } from '../memory';
import { fittingInputs, sizeOf } from '../splits';
import { CountingTarget } from '../target-views';
import type { Job } from '../task';
import { attackWork, fittingWork } from '../trainer';

/** Pictures recorded of each attack of an arm. */
const EXAMPLES = 12;

/** Right before and after. */
const STANDING = RIGHT_BEFORE | RIGHT_AFTER;

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
export async function underAttack(encounter: Encounter): Promise<Float32Array> {
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
