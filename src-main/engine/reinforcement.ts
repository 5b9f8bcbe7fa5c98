/**
 * Reinforcement learning: one arm is trained (paid by a poisoner, looking through a defence), evaluated clean and under
 * every attack, and checked. The true return is scored beneath every perturbation.
 */
import type { Capability } from '../contract/catalog';
import type { Entry, Experiment } from '../contract/experiment';
import type { Environment } from '../contract/environment';
import type { Applied } from '../contract/params';
import type { ArmPlan, AttackPlan, Check, Metrics, RunEvent } from '../contract/events';
import { LabError } from '../contract/problem';
import type { Random } from '../contract/random';
import type { ArmContext } from './context';
import type {
  AgentDefinition,
  ObservationAttack,
  Policy,
  RlTrainingDefense,
  TrainedAgent,
} from './definitions';
import optimalDisplacement from './attacks/observation/optimal-displacement';
import { agentById, attackOf, defenseById, environmentById } from './registry';
import { resolve } from './resolve';
import { meanReturn, play, trajectory, type Pay, type Played } from './rl/episodes';
import { exactReturn, optimalReturn } from './rl/exact';
import { bindAttack, greedyChoices, type BoundAttack, type Params } from './rl/eyes';
import { createLesson, type AttackedPractice, type PayRecord } from './rl/lesson';
import { stepLimit } from './rl/limit';
import type { TaskRunner } from './task';

/** Episodes of the comparison behind `epsilon-zero-is-clean`. */
const ZERO_BUDGET_EPISODES = 5;
/** Observations are float32: what rounding alone may add to a distance of order one. */
const ROUNDING = 1e-6;
/** Exact returns of one size are sums in another order: differences relative to them below this mean nothing. */
const EXACT_ROUNDING = 1e-9;
/** Share of vanished gradients from which a gradient attack says little. */
const ZERO_GRADIENTS_TOLERATED = 0.05;
/** A defence's budget grows over a training in this many levels. */
const RAMP_LEVELS = 200;

type Job = Parameters<TaskRunner['runArm']>[0];
type Trained = Extract<RunEvent, { type: 'trained' }>;

export const reinforcement: TaskRunner = {
  armWork(experiment, arm, attacks) {
    const { agent, params } = agentOf(experiment);
    const environment = createEnvironment(experiment);
    const training = agent.cost(params) * slowdown(arm);
    return training + (1 + ATTACKED_EVALUATION * attacks.length) * evaluationWork(experiment, environment);
  },

  async runArm(job) {
    const { experiment, attacks, context, resume } = job;
    const arm = context.arm.index;
    const environment = createEnvironment(experiment);
    if (arm === 0 && !resume) {
      warnOfIdleBudgets(experiment, environment, context);
      attacks.forEach(({ id, index }) => refuseUnfit(id, experiment, environment, `attacks.${index}.id`));
    }
    const resumed = resume?.position.stage === 'evaluation';
    const { agent, payRecord } = await obtain(job, environment);
    try {
      const work = evaluationWork(experiment, environment);
      const scene: Stage = { experiment, environment, policy: agent.policy, context };
      if (!resumed) {
        await reportClean(scene, agent, payRecord);
        context.worked(work, 'evaluated');
        context.emit({ type: 'checkpoint', position: { arm, stage: 'evaluation', done: 0 }, state: {} });
      }
      for (const attack of attacks.slice(resumed ? resume.position.done : 0)) {
        const first = attacks.find(({ id }) => id === attack.id) === attack;
        await reportAttack(scene, attack, first);
        context.worked(ATTACKED_EVALUATION * work, `evaluated under ${attack.id}`);
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
 * What an observation attack needs and agent and environment lack. The catalog cannot tell it of attacks inside defences,
 * and of environments whose parameters leave no table of transitions.
 */
export function lackingFor(id: string, experiment: Experiment, environment: Environment): Capability[] {
  const { agent } = agentOf(experiment);
  const offered: Capability[] = [
    ...agent.capabilities,
    ...(environment.transitions ? ['finite-states' as const] : []),
  ];
  return attackOf('observation', id).requires.filter((need) => !offered.includes(need));
}

/** @throws LabError when an observation attack needs what agent and environment lack */
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

// ── Work, in milliseconds or so ────────────────────────────────────────────────────────────────────────────────────

/** An evaluation under attack against a clean one: the attack's own passes, and a look at the clean choice. */
const ATTACKED_EVALUATION = 3;

function evaluationWork({ evaluation, agent }: Experiment, environment: Environment): number {
  const network = agentById(agent!.id).capabilities.includes('gradients');
  // A batched step of a network costs about a millisecond, whatever the episodes up to some fifty; one of a table, a
  // microsecond an episode.
  return stepLimit(environment) * (network ? 1 + evaluation.episodes / 100 : evaluation.episodes / 1000);
}

/** How much longer a training takes under attack. */
function slowdown({ defense }: ArmPlan): number {
  if (!defense) return 1;
  const attack = attackOf('observation', (defense.params.attack as Applied).id);
  if (attack.foresee) return 15;
  return attack.requires.includes('gradients') ? 2 : 1.2;
}

// ── Training ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** The arm's agent: restored from the record, or trained now. */
async function obtain(
  job: Job,
  environment: Environment,
): Promise<{ agent: TrainedAgent; payRecord: PayRecord | null }> {
  const { experiment, context, resume } = job;
  const { agent: definition, params } = agentOf(experiment);
  const recorded = resume?.history.find((event): event is Trained => event.type === 'trained');
  if (recorded && resume!.position.stage === 'evaluation') {
    return { agent: definition.restore(environment, params, recorded.weights), payRecord: null };
  }
  const { arm } = context;
  const started = context.now();
  const plain = context.for('training');
  const training: ArmContext = {
    ...plain,
    worked: (units, what) => plain.worked(units * slowdown(arm), what),
  };
  const { lesson, payRecord } = createLesson({
    environment,
    context: training,
    pay: arm.poisoning
      ? {
          practice: poisonedPay(arm.poisoning, training.random('poisoning')),
          examination: poisonedPay(arm.poisoning, training.random('poisoning', 'examination')),
        }
      : undefined,
    attacked: arm.defense ? attackedPractice(arm.defense, experiment, environment, training) : undefined,
  });
  const agent = await definition.train(lesson, params, training);
  context.emit({ type: 'trained', arm: arm.index, weights: agent.weights, seconds: context.now() - started });
  return { agent, payRecord: arm.poisoning ? payRecord : null };
}

function poisonedPay({ id, params }: Applied, random: Random): Pay {
  const attack = attackOf('reward', id);
  return (transition) =>
    attack.corrupt(transition, params as Parameters<typeof attack.corrupt>[1], { random })[0]!;
}

/** @throws LabError when the attack in the defence needs what agent or environment lack */
function attackedPractice(
  { id, params }: Applied,
  experiment: Experiment,
  environment: Environment,
  context: ArmContext,
): AttackedPractice {
  const defense = defenseById(id) as RlTrainingDefense;
  const random = context.random('defense', 'perceive');
  const bind = (level: number, fixedPolicy: boolean, stream = random): BoundAttack | null => {
    const applied = defense.observationAttack(params as Params, level / RAMP_LEVELS);
    if (!applied) return null;
    const attack = attackOf('observation', applied.id) as ObservationAttack;
    refuseUnfit(applied.id, experiment, environment, `defenses.${id}.attack`);
    return bindAttack(attack, applied.params as Params, environment, stream, fixedPolicy);
  };
  let level = -1;
  let bound: BoundAttack | null = null;
  return {
    perceive(observation, policy, progress, left) {
      const now = Math.floor(progress * RAMP_LEVELS);
      if (now !== level) {
        level = now;
        bound = bind(level, false);
      }
      return bound ? bound.perceive(observation, policy, left) : observation;
    },
    // In an examination the policy stands still, but not from one to the next.
    full: bind(RAMP_LEVELS, false, context.random('defense', 'examination'))!,
  };
}

// ── Evaluation ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** What all evaluations of an arm share. */
interface Stage {
  experiment: Experiment;
  environment: Environment;
  policy: Policy;
  context: ArmContext;
}

/** The arm's evaluation episodes. Clean and attacked twins share their starts and their luck. */
const episodesOf = (
  { environment, context }: Stage,
  policy: Policy,
  episodes: number,
  attack?: BoundAttack,
): Promise<Played> =>
  play({
    environment,
    policy,
    episodes,
    dynamics: (episode) => context.random('evaluation', 'dynamics', episode),
    attack,
    breathe: () => context.breathe(),
  });

const returnsOf = (played: Played): Metrics => ({
  return: meanReturn(played),
  length: played.steps / played.episodes.length,
  episodes: played.episodes.length,
});

/** What dynamic programming says of the agent that is not attacked; nothing where transitions cannot be listed. */
function exactClean({ environment, policy }: Stage): Metrics {
  if (!environment.transitions) return {};
  const steps = stepLimit(environment);
  const choices = greedyChoices(policy, environment.transitions().length);
  return {
    exactReturn: exactReturn(environment, choices, steps),
    optimalReturn: optimalReturn(environment, steps),
  };
}

/** The same under an attack, beside the worst that any attack of its budget can do. */
interface ExactHarm {
  exactReturn: number;
  certifiedReturn: number;
  /** Absent where even the optimal attack does nothing. */
  shareOfOptimum?: number;
}

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
  const certifiedReturn = optimum.exactReturn!(policy);
  const attacked = bound.exactReturn(policy);
  const clean = exactClean(stage).exactReturn!;
  const most = clean - certifiedReturn;
  return {
    exactReturn: attacked,
    certifiedReturn,
    ...(most > EXACT_ROUNDING * Math.abs(clean) && { shareOfOptimum: (clean - attacked) / most }),
  };
}

async function reportClean(stage: Stage, agent: TrainedAgent, payRecord: PayRecord | null): Promise<void> {
  const { experiment, environment, policy, context } = stage;
  const arm = context.arm.index;
  const { episodes } = experiment.evaluation;
  const started = context.now();
  const played = await episodesOf(stage, policy, episodes);
  const metrics: Metrics = {
    ...returnsOf(played),
    ...exactClean(stage),
    ...(agent.final && { finalReturn: meanReturn(await episodesOf(stage, agent.final, episodes)) }),
    ...(payRecord && {
      perceivedReturn: payRecord.paidReturn(),
      alteredRewards: payRecord.alteredSteps / payRecord.steps,
    }),
    seconds: context.now() - started,
  };
  context.emit({ type: 'evaluation', arm, attack: null, metrics });
  context.emit(trajectory(environment, played, { arm, attack: null, trainedSteps: null }));
}

/** `first`: the first entry of this attack, whose zero budget is checked for all of them. */
async function reportAttack(stage: Stage, { id, params, index }: AttackPlan, first: boolean): Promise<void> {
  const { experiment, environment, policy, context } = stage;
  const arm = context.arm.index;
  const attack = attackOf('observation', id) as ObservationAttack;
  const bind = (values: Params) =>
    bindAttack(attack, values, environment, context.random('attack', id), true);
  const started = context.now();
  const gradients = countZeroGradients(policy);
  const bound = bind(params as Params);
  const played = await episodesOf(stage, gradients.policy, experiment.evaluation.episodes, bound);
  const harm = exactHarm(stage, bound);
  const discrete = environment.observationSpace.kind === 'discrete';
  const unit = discrete ? 'Cells' : 'Linf';
  const metrics: Metrics = {
    ...returnsOf(played),
    ...harm,
    attackedSteps: played.attackedSteps / played.steps,
    flippedActions: played.flippedActions / played.steps,
    [`mean${unit}`]: played.distanceSum / played.steps,
    [`max${unit}`]: played.distanceMax,
    seconds: context.now() - started,
  };
  context.emit({ type: 'evaluation', arm, attack: index, metrics });
  context.emit(trajectory(environment, played, { arm, attack: index, trainedSteps: null }));

  const label = `${id} (${discrete ? `cells ${bound.budget}` : `epsilon ${bound.budget}`})`;
  const checks: Check[] = [withinBudget(label, played, bound)];
  if (harm) checks.push(certificateHolds(label, harm));
  if (gradients.asked() > 0) checks.push(zeroGradients(label, gradients));
  if (first)
    checks.push(await zeroBudgetIsClean(stage, id, bind({ ...(params as Params), epsilon: 0, cells: 0 })));
  for (const check of checks) context.emit({ type: 'check', arm, check });
}

// ── Checks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const withinBudget = (label: string, { distanceMax, steps }: Played, { budget }: BoundAttack): Check => ({
  id: 'within-budget',
  status: distanceMax <= budget + ROUNDING ? 'pass' : 'fail',
  evidence: `${label}: the largest perturbation of ${steps} steps was ${distanceMax.toPrecision(4)}`,
});

async function zeroBudgetIsClean(stage: Stage, id: string, zero: BoundAttack): Promise<Check> {
  const episodes = Math.min(ZERO_BUDGET_EPISODES, stage.experiment.evaluation.episodes);
  const clean = await episodesOf(stage, stage.policy, episodes);
  const attacked = await episodesOf(stage, stage.policy, episodes, zero);
  const differing = clean.episodes.filter(
    ({ actions }, i) => actions.join() !== attacked.episodes[i]!.actions.join(),
  ).length;
  return {
    id: 'epsilon-zero-is-clean',
    status: differing === 0 ? 'pass' : 'fail',
    evidence: `${id}: with a budget of zero ${differing} of ${episodes} episodes took other actions than without attack`,
  };
}

const certificateHolds = (label: string, { exactReturn, certifiedReturn }: ExactHarm): Check => ({
  id: 'certificate-holds',
  status: exactReturn >= certifiedReturn - EXACT_ROUNDING * Math.abs(certifiedReturn) ? 'pass' : 'fail',
  evidence: `${label}: an expected return of ${exactReturn.toPrecision(4)}, certified never to fall below ${certifiedReturn.toPrecision(4)}`,
});

interface GradientCount {
  policy: Policy;
  asked(): number;
  zero(): number;
}

/** The policy, counting how many of the gradients asked of it vanish. */
function countZeroGradients(policy: Policy): GradientCount {
  let asked = 0;
  let zero = 0;
  const { crossEntropyGradient } = policy;
  return {
    policy: crossEntropyGradient
      ? {
          ...policy,
          crossEntropyGradient(observations, labels) {
            const gradient = crossEntropyGradient(observations, labels);
            const size = gradient.length / labels.length;
            for (let i = 0; i < labels.length; i++) {
              if (gradient.subarray(i * size, (i + 1) * size).every((value) => value === 0)) zero++;
            }
            asked += labels.length;
            return gradient;
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
