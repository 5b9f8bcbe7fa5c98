/**
 * Reinforcement learning: one arm is trained (paid by a poisoner, looking through a defence), evaluated clean and under
 * every attack, and checked. The true return is scored beneath every perturbation.
 */
import type { Capability } from '../contract/catalog';
import type { Entry, Experiment } from '../contract/experiment';
import type { Environment } from '../contract/environment';
import type { Applied, Surface } from '../contract/params';
import type { ArmPlan, AttackPlan, Check, Metrics, RunEvent } from '../contract/events';
import { LabError } from '../contract/problem';
import { stream } from '../contract/random';
import type { ArmContext } from './context';
import type {
  ActionAttack,
  AgentDefinition,
  DynamicsAttack,
  FittedEyes,
  LogAttack,
  ObservationAttack,
  PayRepair,
  Policy,
  RlFilteringDefense,
  RlTrainingDefense,
  Sparring,
  TrainedAgent,
  WrappedPolicy,
} from './definitions';
import worstAction from './attacks/action/worst-action';
import optimalDisplacement from './attacks/observation/optimal-displacement';
import { takeOver } from './inheritance';
import { agentById, attackById, attackOf, defenseById, environmentById } from './registry';
import { combinations, resolve } from './resolve';
import { checkBackdoor, implantOf, reportBackdoor } from './rl/backdoor';
import { dynamicsOf } from './rl/dynamics';
import { meanReturn, trajectory, type Episode, type Played } from './rl/episodes';
import type { Ball } from './rl/ball';
import { ballOf, bindAttack, type BoundAttack, type Params } from './rl/eyes';
import { bindHands, checkHands } from './rl/hands';
import { createLesson, type AttackedPractice, type Conditions, type PayRecord } from './rl/lesson';
import { gridOf } from './rl/grid';
import { stepLimit } from './rl/limit';
import { adoptedShare, boundsCheck, createPoisoner, createRepair, type Poisoner } from './rl/pay';
import {
  certificateHolds,
  episodesOf,
  exactClean,
  harmOf,
  idleIsClean,
  returnsOf,
  type Certificate,
  type ExactHarm,
  type Stage,
} from './rl/stage';
import { reportDynamics, reportHands } from './rl/tampering';
import type { TaskRunner } from './task';

/** Parameters of an attack that does nothing. */
const IDLE = { epsilon: 0, cells: 0, probability: 0 };
/** Observations are float32: what rounding alone may add to a distance of order one. */
const ROUNDING = 1e-6;
/** Share of vanished gradients from which a gradient attack says little. */
const ZERO_GRADIENTS_TOLERATED = 0.05;
/** A defence's budget grows over a training in this many levels. */
const RAMP_LEVELS = 200;

type Job = Parameters<TaskRunner['runArm']>[0];
type Trained = Extract<RunEvent, { type: 'trained' }>;
/** An agent to be evaluated. */
type Evaluated = Pick<TrainedAgent, 'policy' | 'final' | 'dispose'>;

const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

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

// ── What the experiment names ──────────────────────────────────────────────────────────────────────────────────────

/** @throws LabError for parameters that make no environment, such as a map without a goal */
export function createEnvironment({ environment: entry, training }: Experiment): Environment {
  const definition = environmentById(entry!.id);
  try {
    return definition.create(resolve(entry!, definition, training).params as Params);
  } catch (error) {
    if (error instanceof RangeError)
      throw new LabError('environment', error.message, 'Correct the parameter in the experiment.');
    throw error;
  }
}

export function agentOf({ agent: entry, training }: Experiment): { agent: AgentDefinition; params: Params } {
  const agent = agentById(entry!.id);
  return { agent, params: resolve(entry!, agent, training).params as Params };
}

/** An epsilon given for a grid, or cells for a box, would silently do nothing. */
function warnOfIdleBudgets(
  experiment: Experiment,
  { observationSpace }: Environment,
  context: ArmContext,
): void {
  const [idle, used] = observationSpace.kind === 'discrete' ? ['epsilon', 'cells'] : ['cells', 'epsilon'];
  const nested = experiment.defenses.flatMap(({ attack }) => (attack ? [attack as Entry] : []));
  for (const entry of [...experiment.attacks, ...nested]) {
    if (entry[idle!] === undefined) continue;
    context.emit({
      type: 'warning',
      arm: null,
      code: 'idle-budget',
      message: `“${idle}” of “${entry.id}” has no meaning in ${experiment.environment!.id} and is ignored; its budget is “${used}”.`,
    });
  }
}

/**
 * What an attack needs and agent and environment lack. The catalog cannot tell it of attacks inside defences,
 * and of environments whose parameters leave no table of transitions.
 */
export function lackingFor(id: string, experiment: Experiment, environment: Environment): Capability[] {
  const { agent } = agentOf(experiment);
  const offered: Capability[] = [
    ...agent.capabilities,
    ...(environment.transitions ? ['finite-states' as const] : []),
    ...(environment.observationSpace.kind === 'box' ? ['box-observations' as const] : []),
  ];
  return attackById(id).requires.filter((need) => !offered.includes(need));
}

/** @throws LabError when an attack needs what agent and environment lack */
function refuseUnfit(id: string, experiment: Experiment, environment: Environment, place: string): void {
  const { agent } = agentOf(experiment);
  const lacking = lackingFor(id, experiment, environment);
  if (lacking.length === 0) return;
  throw new LabError(
    place,
    `“${id}” needs ${lacking.join(' and ')}, which “${agent.id}” on “${experiment.environment!.id}” does not have`,
    'Use random-observation, or another agent or environment.',
  );
}

/** @throws LabError for an attack of the evaluation that agent or environment cannot meet */
function refuseAttack(
  { id, index, surface, params }: AttackPlan,
  experiment: Experiment,
  environment: Environment,
): void {
  const place = `attacks.${index}`;
  refuseUnfit(id, experiment, environment, `${place}.id`);
  if (surface === 'action') checkHands(params as Params, environment, place);
  if (surface === 'dynamics')
    (attackOf('dynamics', id) as DynamicsAttack).check(dynamicsOf(environment, id, place), params as Params);
}

/** The backdoors of the experiment, a value for each parameter. */
const triggersOf = ({ poisoning }: Experiment): Applied[] =>
  poisoning.flatMap((entry) => {
    const definition = attackById(entry.id);
    if (definition.surface !== 'policy') return [];
    return combinations(entry, definition.params).map((single) => resolve(single, definition));
  });

/** Null for an agent that is not trained in so many steps. */
function trainingSteps(experiment: Experiment): number | null {
  const { steps } = agentOf(experiment).params;
  return typeof steps === 'number' ? steps : null;
}

// ── Work, in milliseconds or so ────────────────────────────────────────────────────────────────────────────────────

/** An evaluation under attack against a clean one: the attack's own passes, and a look at the clean choice. */
const ATTACKED_EVALUATION = 3;

function evaluationWork({ evaluation, agent }: Experiment, environment: Environment): number {
  const network = agentById(agent!.id).capabilities.includes('gradients');
  // A batched step of a network costs about a millisecond, whatever the episodes up to some fifty; one of a table, a
  // microsecond an episode.
  return stepLimit(environment) * (network ? 1 + evaluation.episodes / 100 : evaluation.episodes / 1000);
}

/** How much longer a training takes behind a defence. */
function slowdown({ defense }: ArmPlan): number {
  const definition = defense && defenseById(defense.id);
  if (definition?.stage !== 'rl-training') return 1;
  if (!definition.observationAttack) return definition.slowdown?.(defense!.params as Params) ?? 1;
  const attack = attackOf('observation', (defense!.params.attack as Applied).id);
  if (attack.foresee) return 15;
  return attack.requires.includes('gradients') ? 2 : 1.2;
}

function trainingWork(experiment: Experiment, arm: ArmPlan): number {
  const { agent, params } = agentOf(experiment);
  return agent.origin === 'trained' ? agent.cost(params) * slowdown(arm) : 0;
}

const fittingWork = ({ id, params, surface }: AttackPlan): number =>
  surface === 'observation'
    ? ((attackOf('observation', id) as ObservationAttack).fitCost?.(params as Params) ?? 0)
    : 0;

/** Of the worlds an attack on the dynamics tries; where returns are computed, of none. */
function searchWork(
  { id, params, surface }: AttackPlan,
  experiment: Experiment,
  environment: Environment,
): number {
  if (surface !== 'dynamics' || environment.transitions) return 0;
  const trials = (attackOf('dynamics', id) as DynamicsAttack).trials(params as Params);
  return (trials * evaluationWork(experiment, environment)) / experiment.evaluation.episodes;
}

// ── Training ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** The arm's agent: imported, restored from the record, or trained now. */
async function obtain(job: Job, environment: Environment): Promise<{ agent: Evaluated; paid: Paid | null }> {
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

const poisons = ({ poisoning }: ArmPlan, surface: Surface): boolean =>
  poisoning !== null && attackById(poisoning.id).surface === surface;

/** What the arm's poisoning and defence do to a log; nothing where they are of another kind. */
function logConditions(arm: ArmPlan, context: ArmContext): NonNullable<Conditions['log']> {
  const { poisoning, defense } = arm;
  const filter = defense && defenseById(defense.id);
  return {
    ...(poisons(arm, 'log') && {
      poison: (log) =>
        (attackOf('log', poisoning!.id) as LogAttack).poison(log, poisoning!.params as Params, {
          random: context.random('poisoning', 'log'),
        }),
    }),
    ...(filter?.stage === 'rl-filtering' && {
      inspect: (log) => (filter as RlFilteringDefense).inspect(log, defense!.params as Params),
    }),
  };
}

/** What a training did to its pay. */
interface Paid {
  record: PayRecord;
  poisoner?: Poisoner;
  /** Of a defence against poisoned pay. */
  findings?: Metrics;
}

/** What stands between the environment's rewards and the learner. */
function payOf(
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
  const params = applied!.params as Params;
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
  params: Params,
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
    return bindAttack(attack, applied.params as Params, environment, stream, fixedPolicy);
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

/** The policy as it is met in evaluations: behind what stands between the world and its eyes, where the arm has that. */
export function wrapped(policy: Policy, environment: Environment, { defense, seed }: ArmPlan): WrappedPolicy {
  const definition = defense && defenseById(defense.id);
  if (definition?.stage !== 'rl-wrapper') return policy;
  return definition.wrap(policy, defense!.params as Params, environment, stream(seed, 'wrapper'));
}

// ── Evaluation ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Exact return of a grid agent under an attack on its eyes. */
function exactHarm(stage: Stage, bound: BoundAttack): ExactHarm | null {
  if (!bound.exactReturn) return null;
  const { environment, policy, context } = stage;
  const optimum = bindAttack(
    optimalDisplacement as ObservationAttack,
    { cells: bound.budget },
    environment,
    context.random('optimum'),
    true,
  );
  const certified = optimum.exactReturn!(policy);
  return harmOf(exactClean(stage).exactReturn!, bound.exactReturn(policy), certified);
}

/** Of one episode: 1 where nothing within the ball changes the action. */
const certifiedSteps = ({ certify }: Policy, { observations }: Episode, ball: Ball): Uint8Array =>
  certify!(Float32Array.from(observations.flatMap((values) => [...values])), ball);

/** Null where the policy cannot be bounded, or the attack has no budget. */
async function certificateIn(ball: Ball | undefined, stage: Stage): Promise<Certificate | null> {
  const { policy, environment, certificates } = stage;
  if (!policy.certify || !ball || !Number.isFinite(ball.epsilon)) return null;
  const key = JSON.stringify([ball.epsilon, ball.norm, ball.unit]);
  const known = certificates.get(key);
  if (known) return known;
  const { episodes, steps } = await stage.clean();
  const rows = episodes.map((episode) => certifiedSteps(policy, episode, ball));
  const lengths = rows.map((certified) => {
    const first = certified.indexOf(0);
    return first < 0 ? certified.length : first;
  });
  const least = Math.min(0, environment.lowestReward ?? -Infinity);
  const certificate = {
    steps: rows.reduce((sum, certified) => sum + certified.reduce((a, b) => a + b, 0), 0) / steps,
    lengths,
    returns: lengths.map((length, i) => {
      const { rewards } = episodes[i]!;
      const earned = rewards.slice(0, length).reduce((a, b) => a + b, 0);
      const open = stepLimit(environment) - length;
      return length === rewards.length ? earned : earned + (least && open * least);
    }),
  };
  certificates.set(key, certificate);
  return certificate;
}

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

/** `first`: the first entry of this attack, whose zero budget is checked for all of them. */
async function reportEyes(stage: Stage, { id, params, index }: AttackPlan, first: boolean): Promise<void> {
  const { experiment, environment, policy, context } = stage;
  const arm = context.arm.index;
  const attack = attackOf('observation', id) as ObservationAttack;
  const fitted = await fit(stage, attack, params as Params, index);
  try {
    const bind = (values: Params) =>
      bindAttack(attack, values, environment, context.random('attack', id), true, fitted);
    const started = context.now();
    const gradients = countZeroGradients(policy);
    const bound = bind(params as Params);
    const played = await episodesOf(stage, gradients.policy, experiment.evaluation.episodes, {
      attack: bound,
    });
    const harm = exactHarm(stage, bound);
    const certificate = await certificateIn(bound.ball, stage);
    const unit = bound.ball ? { linf: 'Linf', l2: 'L2' }[bound.ball.norm] : 'Cells';
    const metrics: Metrics = {
      ...returnsOf(played),
      ...harm,
      ...(certificate && {
        certifiedSteps: certificate.steps,
        certifiedLength: mean(certificate.lengths),
        ...(environment.lowestReward !== undefined && { certifiedReturn: mean(certificate.returns) }),
      }),
      attackedSteps: played.attackedSteps / played.steps,
      flippedActions: played.flippedActions / played.steps,
      [`mean${unit}`]: played.distanceSum / played.steps,
      [`max${unit}`]: played.distanceMax,
      seconds: context.now() - started,
    };
    context.emit({ type: 'evaluation', arm, attack: index, metrics });
    context.emit(
      trajectory(
        environment,
        played,
        { arm, attack: index, trainedSteps: null },
        certificate ? certifiedSteps(policy, played.episodes[0]!, bound.ball!) : undefined,
      ),
    );

    const label = `${id} (${bound.ball ? 'epsilon' : 'cells'} ${bound.budget})`;
    const checks: Check[] = [withinBudget(label, played, bound)];
    if (harm) checks.push(certificateHolds(label, harm));
    if (certificate) checks.push(boundsHold(label, certificate, played));
    if (gradients.asked() > 0) checks.push(zeroGradients(label, gradients));
    if (first) {
      const idle = { attack: bind({ ...(params as Params), ...IDLE }) };
      checks.push(await idleIsClean(stage, id, (episodes) => episodesOf(stage, policy, episodes, idle)));
    }
    for (const check of checks) context.emit({ type: 'check', arm, check });
  } finally {
    fitted?.dispose();
  }
}

/** Lets an attack try the agent that has to before it is scored. */
async function fit(
  { environment, policy, context }: Stage,
  attack: ObservationAttack,
  params: Params,
  index: number,
): Promise<FittedEyes | undefined> {
  const { observationSpace: space } = environment;
  if (!attack.fit || space.kind !== 'box') return undefined;
  const started = context.now();
  const { random, breathe } = context.for('attack', attack.id, 'fit');
  const ball = ballOf(attack, params, space);
  const fitted = await attack.fit({ policy, environment }, params, { random, breathe, ball });
  context.emit({
    type: 'fitted',
    arm: context.arm.index,
    attack: index,
    metrics: fitted.metrics ?? {},
    seconds: context.now() - started,
  });
  context.worked(attack.fitCost?.(params) ?? 0, `fitted ${attack.id}`);
  return fitted;
}

// ── Checks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const withinBudget = (label: string, { distanceMax, steps }: Played, { budget }: BoundAttack): Check => ({
  id: 'within-budget',
  status: distanceMax <= budget + ROUNDING ? 'pass' : 'fail',
  evidence: `${label}: the largest perturbation of ${steps} steps was ${distanceMax.toPrecision(4)}`,
});

const boundsHold = (label: string, { returns, steps }: Certificate, { episodes }: Played): Check => {
  const broken = episodes.filter(({ return: earned }, i) => earned < returns[i]!).length;
  return {
    id: 'certificate-holds',
    status: broken === 0 ? 'pass' : 'fail',
    evidence: `${label}: ${broken} of ${episodes.length} episodes fell below the return certified for them; ${(100 * steps).toFixed(1)} % of the clean steps are certified`,
  };
};

interface GradientCount {
  policy: Policy;
  asked(): number;
  zero(): number;
}

/** The policy, counting how many of the gradients asked of it vanish. */
function countZeroGradients(policy: Policy): GradientCount {
  let asked = 0;
  let zero = 0;
  const { gradient } = policy;
  return {
    policy: gradient
      ? {
          ...policy,
          gradient(observations, loss) {
            const found = gradient(observations, loss);
            const rows = found.loss.length;
            const size = found.gradient.length / rows;
            for (let i = 0; i < rows; i++) {
              if (found.gradient.subarray(i * size, (i + 1) * size).every((value) => value === 0)) zero++;
            }
            asked += rows;
            return found;
          },
        }
      : policy,
    asked: () => asked,
    zero: () => zero,
  };
}

const zeroGradients = (label: string, { asked, zero }: GradientCount): Check => ({
  id: 'zero-gradients',
  status: zero() <= ZERO_GRADIENTS_TOLERATED * asked() ? 'pass' : 'fail',
  evidence: `${label}: ${zero()} of ${asked()} gradients were zero`,
});
