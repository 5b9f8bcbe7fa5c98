/** The agent of an arm: trained as the arm poisons and hardens it, unless it comes trained. */
import type { Environment } from '../../contract/environment';
import type { ArmPlan, Metrics, RunEvent } from '../../contract/events';
import type { Experiment } from '../../contract/experiment';
import type { AnyParams } from '../../contract/params';
import worstAction from '../attacks/action/worst-action';
import type { ArmContext } from '../context';
import type {
  ActionAttack,
  LogAttack,
  ObservationAttack,
  PayRepair,
  RlFilteringDefense,
  RlTrainingDefense,
  Sparring,
  TrainedAgent,
} from '../definitions';
import { takeOver } from '../inheritance';
import { attackOf, defenseById } from '../registry';
import type { Job } from '../task';
import { implantOf } from './backdoor';
import type { Ball } from './ball';
import { bindAttack, type BoundAttack } from './eyes';
import { bindHands } from './hands';
import { type AttackedPractice, type Conditions, createLesson, type PayRecord } from './lesson';
import { agentOf, poisons, refuseUnfit } from './setting';
import { createPoisoner, createRepair, type Poisoner } from './pay';
import { slowdown, trainingWork } from './work';

/** A defence's budget grows over a training in this many levels. */
const RAMP_LEVELS = 200;

type Trained = Extract<RunEvent, { type: 'trained' }>;

/** An agent to be evaluated. */
export type Evaluated = Pick<TrainedAgent, 'policy' | 'final' | 'dispose'>;

/** The arm's agent: imported, restored from the record, or trained now. */
export async function obtain(
  job: Job,
  environment: Environment,
): Promise<{ agent: Evaluated; paid: Paid | null }> {
  const { experiment, context, resume, inputs } = job;
  const { agent: definition, params } = agentOf(experiment);
  if (definition.origin === 'imported') {
    return { agent: await definition.load(environment, params, inputs.importedModel!), paid: null };
  }
  const weights = resume
    ? resume.position.stage === 'evaluation' &&
      resume.history.find((event): event is Trained => event.type === 'trained')?.weights
    : takeOver(inputs.inheritance, context);
  if (weights) {
    if (!resume) context.worked(trainingWork(experiment, context.arm), 'taken over as trained');
    return { agent: definition.restore(environment, params, weights), paid: null };
  }
  const { arm } = context;
  const started = context.now();
  const plain = context.for('training');
  const training: ArmContext = {
    ...plain,
    worked: (units, what) => plain.worked(units * slowdown(arm), what),
  };
  const hardening = hardeningOf(arm, experiment, environment, training);
  const { poisoner, repair } = payOf(experiment, arm, environment, training.random);
  const { lesson, payRecord } = createLesson({
    environment,
    context: training,
    log: logConditions(arm, training),
    ...(poisons(arm, 'policy') && {
      implant: implantOf(arm.poisoning!, environment, training.random('implant')),
    }),
    pay: poisoner,
    repair,
    ...hardening,
  });
  try {
    const agent = await definition.train(lesson, params, training);
    const seconds = context.now() - started;
    context.emit({ type: 'trained', arm: arm.index, weights: agent.weights, seconds });
    return { agent, paid: { record: payRecord, poisoner, findings: repair?.findings?.() } };
  } finally {
    hardening.dispose();
  }
}

/** What the arm's poisoning and defence do to a log; nothing where they are of another kind. */
function logConditions(arm: ArmPlan, context: ArmContext): NonNullable<Conditions['log']> {
  const { poisoning, defense } = arm;
  const filter = defense && defenseById(defense.id);
  return {
    ...(poisons(arm, 'log') && {
      poison: (log) =>
        (attackOf('log', poisoning!.id) as LogAttack).poison(log, poisoning!.params as AnyParams, {
          random: context.random('poisoning', 'log'),
        }),
    }),
    ...(filter?.stage === 'rl-filtering' && {
      inspect: (log) => (filter as RlFilteringDefense).inspect(log, defense!.params as AnyParams),
    }),
  };
}

/** What a training did to its pay. */
export interface Paid {
  record: PayRecord;
  poisoner?: Poisoner;
  /** Of a defence against poisoned pay. */
  findings?: Metrics;
}

/** What stands between the environment's rewards and the learner. */
export function payOf(
  experiment: Experiment,
  arm: ArmPlan,
  environment: Environment,
  random: ArmContext['random'],
): { poisoner?: Poisoner; repair: PayRepair | null } {
  const { discount, steps } = agentOf(experiment).params as unknown as { discount: number; steps: number };
  const poisoner = poisons(arm, 'reward')
    ? createPoisoner(
        { poisoning: arm.poisoning!, environment, discount, steps },
        random('poisoning'),
        random('poisoning', 'examination'),
      )
    : undefined;
  const setting = { environment, discount, random: random('repair'), confusion: poisoner?.confusion };
  return { poisoner, repair: createRepair(arm.defense, setting) };
}

/** What the arm's defence does to the training; nothing for those that come after it. */
function hardeningOf(
  { defense: applied }: ArmPlan,
  experiment: Experiment,
  environment: Environment,
  context: ArmContext,
): Partial<Pick<Conditions, 'attacked' | 'regularizer' | 'environment' | 'disobedience'>> & {
  dispose(): void;
} {
  const definition = applied && defenseById(applied.id);
  if (definition?.stage !== 'rl-training') return { dispose() {} };
  const params = applied!.params as AnyParams;
  const { observationSpace: space } = environment;
  if (definition.sparring) {
    const { adversary, every, ball } = definition.sparring(params, environment, context.for('adversary'));
    return {
      attacked: sparringPractice(adversary, every, ball, context),
      dispose: () => adversary.dispose(),
    };
  }
  const disobedience = definition.disobedience?.(params);
  return {
    ...(definition.world && { environment: definition.world(params, environment, context.random('worlds')) }),
    ...(disobedience !== undefined && { disobedience: disobeying(disobedience, environment, context) }),
    ...(definition.observationAttack && {
      attacked: attackedPractice(definition, params, experiment, environment, context),
    }),
    ...(definition.regularizer &&
      space.kind === 'box' && {
        regularizer: (progress) => definition.regularizer!(params, progress, space),
      }),
    dispose() {},
  };
}

/** Hands that are taken with a probability, the learner's worst action being done. */
function disobeying(
  probability: number,
  environment: Environment,
  context: ArmContext,
): NonNullable<Conditions['disobedience']> {
  const bind = (purpose: string) =>
    bindHands(
      worstAction as ActionAttack,
      { probability, budget: null },
      environment,
      context.random('disobedience', purpose),
    );
  return { probability, practice: bind('practice'), examination: bind('examination') };
}

/** @throws LabError when the attack in the defence needs what agent or environment lack */
function attackedPractice(
  defense: RlTrainingDefense,
  params: AnyParams,
  experiment: Experiment,
  environment: Environment,
  context: ArmContext,
): AttackedPractice {
  const random = context.random('defense', 'perceive');
  const bind = (level: number, fixedPolicy: boolean, stream = random): BoundAttack | null => {
    const applied = defense.observationAttack!(params, level / RAMP_LEVELS);
    if (!applied) return null;
    const attack = attackOf('observation', applied.id) as ObservationAttack;
    refuseUnfit(applied.id, experiment, environment, `defenses.${defense.id}.attack`);
    return bindAttack(attack, applied.params as AnyParams, environment, stream, fixedPolicy);
  };
  let level = -1;
  let bound: BoundAttack | null = null;
  return {
    perceive(observations, policy, progress, seats) {
      const now = Math.floor(progress * RAMP_LEVELS);
      if (now !== level) {
        level = now;
        bound = bind(level, false);
      }
      return bound ? bound.perceive(observations, policy, seats) : observations;
    },
    // In an examination the policy stands still, but not from one to the next.
    full: bind(RAMP_LEVELS, false, context.random('defense', 'examination'))!,
  };
}

function sparringPractice(
  adversary: Sparring,
  every: number,
  ball: (progress: number) => Ball,
  context: ArmContext,
): AttackedPractice {
  const look = (observations: Float32Array, within: Ball): Float32Array =>
    within.project(observations, adversary.perturb(observations, within));
  const full = ball(1);
  let learnt = 0;
  return {
    perceive: (observations, _policy, progress) => look(observations, ball(progress)),
    full: {
      budget: full.epsilon,
      reach: full.reach,
      ball: full,
      perceive: (observations) => look(observations, full),
      distances: (observations, perceived) => full.distances(observations, perceived),
    },
    async catchUp(policy, trainedSteps) {
      if (trainedSteps - learnt < every) return;
      learnt = trainedSteps;
      const value = await adversary.catchUp(policy);
      if (value === null) return;
      const arm = context.arm.index;
      context.emit({ type: 'point', arm, series: 'adversaryReturn', x: trainedSteps, value });
    },
  };
}
