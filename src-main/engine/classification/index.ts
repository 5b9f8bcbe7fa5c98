/** Image classification: one arm is trained (poisoned, defended), evaluated clean and under every attack, and checked. */
import type { ImageDataset, Split } from '../../contract/dataset';
import type { Metrics } from '../../contract/events';
import type { AnyParams } from '../../contract/params';
import { isNotPrivacy, isPrivacy } from '../../contract/privacy';
import { canMeet, type Model } from '../arm-model';
import { certificateWork, certify, type Certified } from '../certificates';
import { checksAfter, checksBefore, checksWork } from '../checks';
import type { ArmContext } from '../context';
import { CORRUPTED_COPIES, evaluateCorruptions } from '../corruptions';
import { predict, silence, type Predictions } from '../evaluate';
import { examinedOf } from '../filtering';
import { checkPoisonings, whatItReached } from '../poisoning';
import { checkPrivacy, infer, privacyWork } from '../privacy';
import { defenseById } from '../registry';
import { sizeOf, testInputs } from '../splits';
import type { TaskRunner } from '../task';
import { transfer, transferWork } from '../transfer';
import { underAttack } from './encounter';
import { obtain, privacySpent } from './training';
import { copyWork, evaluationWork, trainingWork } from './work';

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
    checkPoisonings(looked, dataset, contextOf);
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
