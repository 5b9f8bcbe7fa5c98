/**
 * Reinforcement learning: one arm is trained (paid by a poisoner, looking through a defence), evaluated clean and under
 * every attack, and checked. The true return is scored beneath every perturbation.
 */
import type { Metrics } from '../contract/events';
import { stream } from '../contract/random';
import { checkBackdoor, reportBackdoor } from './rl/backdoor';
import { meanReturn, trajectory } from './rl/episodes';
import { gridOf } from './rl/grid';
import type { PayRecord } from './rl/lesson';
import {
  createEnvironment,
  poisons,
  refuseAttack,
  trainingSteps,
  triggersOf,
  warnOfIdleBudgets,
  wrapped,
} from './rl/setting';
import { adoptedShare, boundsCheck } from './rl/pay';
import { reportEyes } from './rl/perception';
import { episodesOf, exactClean, returnsOf, type Stage } from './rl/stage';
import { reportDynamics, reportHands } from './rl/tampering';
import { type Evaluated, obtain, type Paid, payOf } from './rl/training';
import { ATTACKED_EVALUATION, evaluationWork, fittingWork, searchWork, trainingWork } from './rl/work';
import type { TaskRunner } from './task';

/** Made at the first call. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

export const reinforcement: TaskRunner = {
  armWork(experiment, arm, attacks) {
    const environment = createEnvironment(experiment);
    // Pay that does not fit is refused before anything is trained.
    payOf(experiment, arm, environment, (...purpose) => stream(arm.seed, ...purpose));
    const training = trainingWork(experiment, arm);
    const fitting = attacks.reduce(
      (sum, attack) => sum + fittingWork(attack) + searchWork(attack, experiment, environment),
      0,
    );
    const evaluations = 1 + ATTACKED_EVALUATION * attacks.length;
    return training + fitting + evaluations * evaluationWork(experiment, environment);
  },

  async runArm(job) {
    const { experiment, attacks, context, resume } = job;
    const arm = context.arm.index;
    const environment = createEnvironment(experiment);
    if (arm === 0 && !resume) {
      warnOfIdleBudgets(experiment, environment, context);
      attacks.forEach((attack) => refuseAttack(attack, experiment, environment));
      triggersOf(experiment).forEach((applied) =>
        checkBackdoor(applied, environment, trainingSteps(experiment)),
      );
      const grid = gridOf(environment);
      if (grid) context.emit(grid);
    }
    const resumed = resume?.position.stage === 'evaluation';
    const { agent, paid } = await obtain(job, environment);
    try {
      const work = evaluationWork(experiment, environment);
      const policy = wrapped(agent.policy, environment, context.arm);
      const clean = once(() => episodesOf({ environment, context }, policy, experiment.evaluation.episodes));
      const scene: Stage = { experiment, environment, policy, context, clean, certificates: new Map() };
      if (!resumed) {
        await reportClean(scene, agent, paid);
        await reportTriggers(scene, paid?.record ?? null);
        context.worked(work, 'evaluated');
        context.emit({ type: 'checkpoint', position: { arm, stage: 'evaluation', done: 0 }, state: {} });
      }
      for (const attack of attacks.slice(resumed ? resume.position.done : 0)) {
        const first = attacks.find(({ id }) => id === attack.id) === attack;
        await REPORTS[attack.surface as keyof typeof REPORTS](scene, attack, first);
        const searched = searchWork(attack, experiment, environment);
        context.worked(searched + ATTACKED_EVALUATION * work, `evaluated under ${attack.id}`);
        context.emit({
          type: 'checkpoint',
          position: { arm, stage: 'evaluation', done: attack.index + 1 },
          state: {},
        });
      }
    } finally {
      agent.dispose();
    }
  },
};

/** How an agent is evaluated under an attack of each surface. */
const REPORTS = { observation: reportEyes, action: reportHands, dynamics: reportDynamics };

async function reportClean(stage: Stage, agent: Evaluated, paid: Paid | null): Promise<void> {
  const { experiment, environment, policy, context } = stage;
  const arm = context.arm.index;
  const { episodes } = experiment.evaluation;
  const started = context.now();
  const played = await stage.clean();
  const target = paid?.poisoner?.target;
  const adopted = target ? adoptedShare(target, stage.policy, played) : null;
  const metrics: Metrics = {
    ...returnsOf(played),
    ...exactClean(stage),
    ...policy.findings?.metrics,
    ...(agent.final && { finalReturn: meanReturn(await episodesOf(stage, agent.final, episodes)) }),
    ...(paid &&
      context.arm.poisoning && {
        perceivedReturn: paid.record.paidReturn(),
        alteredRewards: paid.record.alteredSteps / paid.record.steps,
        ...paid.poisoner?.metrics(),
      }),
    ...(adopted !== null && { targetAdopted: adopted }),
    ...paid?.findings,
    seconds: context.now() - started,
  };
  context.emit({ type: 'evaluation', arm, attack: null, metrics });
  context.emit(trajectory(environment, played, { arm, attack: null, trainedSteps: null }));
  const { poisoning, defense } = context.arm;
  if (!paid?.poisoner) return;
  context.emit({ type: 'check', arm, check: paid.poisoner.check() });
  if (!target?.bounds || adopted === null) return;
  const { actions, gaps, safe, feasible } = target.bounds;
  context.emit({
    type: 'target-policy',
    arm,
    actions: Int8Array.from(actions),
    gaps: Float32Array.from(gaps),
    safe,
    feasible,
  });
  if (!defense) context.emit({ type: 'check', arm, check: boundsCheck(poisoning!, target.bounds, adopted) });
}

/** A backdoored arm meets its trigger; one that is not poisoned those of all others, as what they are measured by. */
async function reportTriggers(stage: Stage, payRecord: PayRecord | null): Promise<void> {
  const { arm } = stage.context;
  if (poisons(arm, 'policy')) {
    await reportBackdoor(stage, arm.poisoning!, payRecord && payRecord.triggeredSteps / payRecord.steps);
  } else if (!arm.poisoning) {
    for (const applied of triggersOf(stage.experiment)) await reportBackdoor(stage, applied, null);
  }
}
