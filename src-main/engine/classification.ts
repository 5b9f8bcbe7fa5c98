/** Image classification: one arm is trained (poisoned, defended), evaluated clean and under every attack, and checked. */
import type { ImageDataset, Split } from '../contract/dataset';
import type { Experiment } from '../contract/experiment';
import type { ArmPlan, AttackPlan, Check, Metrics, RunEvent } from '../contract/events';
import type { ParamsOf, ParamSpecs } from '../contract/params';
import { LabError } from '../contract/problem';
import { scaledAttack } from './attacks/scaled';
import { zeroGradientShare } from './checks';
import type { ArmContext } from './context';
import type { TrainingDefense, WhiteBoxTarget } from './definitions';
import { evaluateAttack, perturbSplit, predict, predictionAt, type Predictions } from './evaluate';
import { Network, type LayerSpec } from './network';
import { attackOf, defenseById, modelById } from './registry';
import { resolve } from './resolve';
import { sizeOf, slice } from './splits';
import { LayersTarget, NetworkTarget, type ImportOptions } from './targets';
import type { ArmResume, TaskRunner } from './task';
import { ArmTrainer, attackWork } from './trainer';

/** Pictures recorded of each attack of an arm. */
const EXAMPLES = 12;

type Job = Parameters<TaskRunner['runArm']>[0];
type AnyParams = ParamsOf<ParamSpecs>;

export const classification: TaskRunner = {
  armWork(experiment, arm, attacks) {
    return (
      trainingWork(experiment, arm) +
      attacks.reduce((sum, attack) => sum + evaluationWork(experiment, attack), 0)
    );
  },

  async runArm(job) {
    const { experiment, inputs, attacks, context, resume } = job;
    const dataset = inputs.dataset!;
    const test = slice(dataset.test, 0, Math.min(experiment.evaluation.samples, sizeOf(dataset.test)));
    const model = await obtain(job, dataset);
    try {
      const resumed = resume?.position.stage === 'evaluation';
      const clean = await predict(model.target, test);
      if (!resumed) {
        reportClean(test, clean, context);
        for (const check of await checksBefore(attacks, model.target, test, clean, context)) {
          context.emit({ type: 'check', arm: context.arm.index, check });
        }
        context.emit({
          type: 'checkpoint',
          position: { arm: context.arm.index, stage: 'evaluation', done: 0 },
          state: {},
        });
      }
      for (const attack of attacks.slice(resumed ? resume.position.done : 0)) {
        await underAttack(attack, model.target, test, clean, dataset, experiment, context);
      }
    } finally {
      model.dispose();
    }
  },
};

function trainingWork({ training, dataset, model }: Experiment, { defense }: ArmPlan): number {
  if (!modelById(model!.id).capabilities.includes('training')) return 0;
  // The size is not known before the data are read; what the experiment asks for is close enough for an estimate.
  const batches = Math.ceil(Number(dataset!.train ?? 8000) / training.batchSize);
  const basis = { epochs: training.epochs, batches, attack: attackWork };
  if (!defense) return training.epochs * batches;
  return (defenseById(defense.id) as TrainingDefense).cost(basis, defense.params as AnyParams);
}

const workPerInput = ({ training }: Experiment, attack: AttackPlan): number =>
  attackWork(attack) / training.batchSize;

const evaluationWork = (experiment: Experiment, attack: AttackPlan): number =>
  Math.min(experiment.evaluation.samples, Number(experiment.dataset!.test ?? Infinity)) *
  workPerInput(experiment, attack);

interface Model {
  target: WhiteBoxTarget;
  dispose(): void;
}

/** The arm's model: imported, restored from the record, or trained now. */
async function obtain(job: Job, dataset: ImageDataset): Promise<Model> {
  const { experiment, inputs, context, resume } = job;
  const definition = modelById(experiment.model!.id);
  const { params } = resolve(experiment.model!, definition, experiment.training);
  if (!definition.layers) {
    const target = await LayersTarget.create(inputs.importedModel!, params as unknown as ImportOptions);
    checkFits(target, dataset);
    if (target.usesLogProbabilities && !resume) {
      context.emit({
        type: 'warning',
        arm: context.arm.index,
        code: 'log-probabilities',
        message:
          'The imported model has no final softmax that could be removed and was not declared to give logits: attacks work on the logarithm of its probabilities, where saturated values hide gradients.',
      });
    }
    return { target, dispose: () => target.dispose() };
  }
  const layers = definition.layers(dataset.classes.length, params as AnyParams);
  const recorded = resume?.history.find((event): event is Trained => event.type === 'trained');
  if (recorded && resume!.position.stage === 'evaluation') {
    const network = new Network(dataset.shape, layers, context.random('unused'));
    network.restore(recorded.weights);
    return { target: new NetworkTarget(network, dataset.classes.length), dispose: () => network.dispose() };
  }
  return train(job, dataset, layers, resume);
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
  const poisoned = arm.poisoning ? await poison(dataset, context, resume === null) : dataset;
  const trainer = new ArmTrainer({
    dataset: poisoned,
    training: experiment.training,
    layers,
    context: context.for('training'),
    resume: resume && { done: resume.position.done, state: resume.state },
  });
  if (arm.defense) {
    const defense = defenseById(arm.defense.id) as TrainingDefense;
    await defense.train(trainer, poisoned, arm.defense.params as AnyParams, context.for('defense'));
  } else {
    await trainer.fit(poisoned.train);
  }
  const { network } = trainer;
  context.emit({
    type: 'trained',
    arm: arm.index,
    weights: network.weights(),
    seconds: context.now() - started,
  });
  return { target: new NetworkTarget(network, dataset.classes.length), dispose: () => trainer.dispose() };
}

/** Poisons the training part. The streams depend on the arm's seed alone, so every defence meets the same poison. */
async function poison(dataset: ImageDataset, context: ArmContext, tell: boolean): Promise<ImageDataset> {
  const { id, params } = context.arm.poisoning!;
  const attack = attackOf('training-set', id);
  const { dataset: poisoned, changed } = await attack.poison(
    dataset,
    params as Parameters<typeof attack.poison>[1],
    context.for('poisoning'),
  );
  if (tell) context.emit({ type: 'poisoned', arm: context.arm.index, changed, of: sizeOf(poisoned.train) });
  return poisoned;
}

function checkFits(target: WhiteBoxTarget, { shape, classes, name }: ImageDataset): void {
  if (target.inputShape.join() !== shape.join()) {
    throw new LabError(
      'model.path',
      `takes images of [${target.inputShape}], but ${name} has [${shape}]`,
      'Use data of the model’s input shape.',
    );
  }
  if (target.classes !== classes.length) {
    throw new LabError(
      'model.path',
      `has ${target.classes} outputs, but ${name} has ${classes.length} classes`,
      'Use the data the model was trained for.',
    );
  }
}

function reportClean(test: Split, clean: Predictions, context: ArmContext): void {
  const n = sizeOf(test);
  const outcome = Uint8Array.from(test.labels, (label, i) => (clean.labels[i] === label ? 3 : 0));
  const right = outcome.filter((value) => value === 3).length;
  context.emit({
    type: 'evaluation',
    arm: context.arm.index,
    attack: null,
    metrics: { accuracy: right / n },
    outcome,
  });
}

async function underAttack(
  attack: AttackPlan,
  target: WhiteBoxTarget,
  test: Split,
  clean: Predictions,
  dataset: ImageDataset,
  experiment: Experiment,
  context: ArmContext,
): Promise<void> {
  const { index } = context.arm;
  const started = context.now();
  const work = workPerInput(experiment, attack);
  const result = await evaluateAttack(
    attack,
    target,
    test,
    clean,
    context.for('attack', attack.index),
    (inputs) => context.worked(work * inputs, `${attack.id} on ${sizeOf(test)} test images`),
  );
  const metrics: Metrics = { ...result.metrics, seconds: context.now() - started };
  const size = test.images.length / sizeOf(test);
  for (let i = 0; i < Math.min(EXAMPLES, sizeOf(test)); i++) {
    context.emit({
      type: 'example',
      arm: index,
      attack: attack.index,
      input: i,
      label: test.labels[i]!,
      shape: dataset.shape,
      clean: test.images.slice(i * size, (i + 1) * size),
      adversarial: result.adversarial.slice(i * size, (i + 1) * size),
      before: predictionAt(clean, i),
      after: predictionAt(result.after, i),
    });
  }
  context.emit({ type: 'evaluation', arm: index, attack: attack.index, metrics, outcome: result.outcome });
  const check = withinBudget(attack, metrics);
  if (check) context.emit({ type: 'check', arm: index, check });
  context.emit({
    type: 'checkpoint',
    position: { arm: index, stage: 'evaluation', done: attack.index + 1 },
    state: {},
  });
}

/** What was delivered, measured in doubles on the stored float32 images, against the attack's own budget. */
function withinBudget(attack: AttackPlan, metrics: Metrics): Check | null {
  const definition = attackOf('evasion', attack.id);
  const budget = definition.budget(attack.params as AnyParams);
  if (!Number.isFinite(budget)) return null;
  const largest = attack.norm === 'l2' ? metrics.maxL2! : metrics.maxLinf!;
  return {
    id: 'within-budget',
    status: largest <= budget ? 'pass' : 'fail',
    evidence: `${attack.id}: largest ${attack.norm} delivered ${largest}, budget ${budget}.`,
  };
}

/** Inputs used for the checks that need passes of their own. */
const CHECKED = 200;

async function checksBefore(
  attacks: AttackPlan[],
  target: WhiteBoxTarget,
  test: Split,
  clean: Predictions,
  context: ArmContext,
): Promise<Check[]> {
  const some = slice(test, 0, Math.min(CHECKED, sizeOf(test)));
  const n = sizeOf(some);
  const zero = await zeroGradientShare(target, some);
  const checks: Check[] = [
    {
      id: 'zero-gradients',
      status: zero > 0.05 ? 'fail' : 'pass',
      evidence: `${(100 * zero).toFixed(1)} % of ${n} inputs have a gradient of all zeros; gradient attacks do nothing there (limit 5 %).`,
    },
  ];
  const scalable = attacks.find(({ params }) => typeof params.epsilon === 'number');
  if (!scalable) {
    checks.push({
      id: 'epsilon-zero-is-clean',
      status: 'not-run',
      evidence: 'No attack with an epsilon in this experiment.',
    });
    return checks;
  }
  const nothing = scaledAttack(scalable, 0);
  const same = await perturbSplit(nothing, target, some, context.for('epsilon-zero'), true, () => {});
  const after = await predict(target, { images: same, labels: some.labels });
  const different = after.labels.filter((label, i) => label !== clean.labels[i]).length;
  checks.push({
    id: 'epsilon-zero-is-clean',
    status: different === 0 ? 'pass' : 'fail',
    evidence: `${scalable.id} with epsilon 0 changed ${different} of ${n} predictions.`,
  });
  return checks;
}
