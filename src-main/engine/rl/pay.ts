/** Poisoned pay: what a reward attack may do to a training, held to its budget and measured; and what a defence makes of it. */
import type { Environment } from '../../contract/environment';
import type { Check, Metrics } from '../../contract/events';
import type { Applied } from '../../contract/params';
import { LabError } from '../../contract/problem';
import type { Random } from '../../contract/random';
import type {
  PaidStep,
  PayBudget,
  Payer,
  PayRepair,
  PaySetting,
  Policy,
  RewardAttack,
  TargetPolicy,
} from '../definitions';
import { attackOf, defenseById } from '../registry';
import type { Played } from './episodes';
import { greedyChoices } from './eyes';

type Params = Parameters<NonNullable<RewardAttack['plan']>>[0];

/** What a learner is paid for one step. */
export type Pay = (step: PaidStep, learner: Policy) => number;

/** A reward is as it was when it differs by rounding alone. */
const ROUNDING = 1e-9;
/** Share of the target states above which a target counts as adopted. */
export const ADOPTED = 0.9;

/** What was done to the pay of each cell so far. */
export interface CellChanges {
  /** Share of the steps of which the pay was altered. */
  altered: Float32Array;
  /** Mean change of those. */
  change: Float32Array;
}

/** A reward attack at work in one training. */
export interface Poisoner {
  /** Of the training's steps: held to the budget, and counted. */
  practice: Pay;
  /** Of examinations: what the learner would be paid by now. */
  examination: Pay;
  target?: TargetPolicy;
  confusion?: number[][];
  metrics(): Metrics;
  check(): Check;
  /** Null where states cannot be listed. */
  cells(): CellChanges | null;
}

export interface Poisoning {
  poisoning: Applied;
  environment: Environment;
  /** γ and length of the learner's training. */
  discount: number;
  steps: number;
}

/** Places of a step's parts in an experiment are told by id: a list of values makes several entries of one. */
const placeOf = ({ id }: Applied, name: string): string => `poisoning.${id}.${name}`;

/** RangeErrors of an attack's or defence's plan begin with the parameter's name. */
function refusing<T>(place: (name: string) => string, plan: () => T): T {
  try {
    return plan();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const [, name, what] = /^(\w+): (.*)$/s.exec(error.message) ?? [null, 'id', error.message];
    throw new LabError(place(name!), what!, 'Correct the parameter in the experiment.');
  }
}

function payerOf({ poisoning, environment, discount }: Poisoning, random: Random): Payer {
  const attack = attackOf('reward', poisoning.id) as RewardAttack;
  const params = poisoning.params as Params;
  if (!attack.plan) return { pay: ({ reward }) => attack.corrupt!(reward, params, { random }) };
  return refusing(
    (name) => placeOf(poisoning, name),
    () => attack.plan!(params, { environment, discount, random }),
  );
}

/** @throws LabError for parameters that do not fit the environment, and a budget larger than the run */
export function createPoisoner(about: Poisoning, random: Random, examinationRandom: Random): Poisoner {
  const { poisoning, environment, steps } = about;
  const budget = poisoning.params as unknown as PayBudget;
  if (budget.budgetSteps !== null && budget.budgetSteps > steps)
    throw new LabError(
      placeOf(poisoning, 'budgetSteps'),
      `found ${budget.budgetSteps}; the whole training has ${steps} steps`,
      'Give a smaller budget, or leave it out: every step may be altered then.',
    );
  const delta = budget.delta ?? Infinity;
  const mostSteps = budget.budgetSteps ?? Infinity;
  const mostSum = budget.budgetSum ?? Infinity;
  const practice = payerOf(about, random);
  const examination = payerOf(about, examinationRandom);
  const finite = environment.observationSpace.kind === 'discrete' ? environment.observationSpace.n : 0;
  const visits = new Float64Array(finite);
  const alterations = new Float64Array(finite);
  const changes = new Float64Array(finite);
  let altered = 0;
  let sum = 0;
  let largest = 0;
  let taken = 0;

  /** What is left of a change the attack wants, by now. */
  const allowed = (wanted: number): number => {
    if (Math.abs(wanted) <= ROUNDING || altered >= mostSteps) return 0;
    const most = Math.min(delta, mostSum - sum);
    return Math.max(-most, Math.min(most, wanted));
  };
  return {
    target: practice.target,
    confusion: practice.confusion,
    practice(step, learner) {
      const change = allowed(practice.pay(step, learner) - step.reward);
      taken++;
      const cell = practice.marks === 'entered' ? step.next[0]! : step.observation[0]!;
      if (finite) visits[cell]!++;
      if (change === 0) return step.reward;
      altered++;
      sum += Math.abs(change);
      largest = Math.max(largest, Math.abs(change));
      if (finite) {
        alterations[cell]!++;
        changes[cell]! += change;
      }
      return step.reward + change;
    },
    examination: (step, learner) => step.reward + allowed(examination.pay(step, learner) - step.reward),
    metrics: () => ({
      alteredRewards: taken ? altered / taken : 0,
      alteredSteps: altered,
      rewardChange: sum,
      largestRewardChange: largest,
      ...(practice.target?.bounds && {
        safeDelta: practice.target.bounds.safe,
        feasibleDelta: practice.target.bounds.feasible,
      }),
    }),
    check: () => ({
      id: 'within-budget',
      // Sums of doubles in another order than the budget was written in.
      status:
        altered <= mostSteps && largest <= delta + ROUNDING && sum <= mostSum + ROUNDING * taken
          ? 'pass'
          : 'fail',
      evidence: `${poisoning.id}: ${altered} rewards altered${Number.isFinite(mostSteps) ? ` of ${mostSteps} allowed` : ''}, |δ| at most ${largest.toPrecision(4)}${Number.isFinite(delta) ? ` of ${delta}` : ''}, ${sum.toPrecision(6)} in sum${Number.isFinite(mostSum) ? ` of ${mostSum}` : ''}`,
    }),
    cells: () =>
      finite
        ? {
            altered: Float32Array.from(alterations, (count, i) => (visits[i]! > 0 ? count / visits[i]! : 0)),
            change: Float32Array.from(changes, (total, i) =>
              alterations[i]! > 0 ? total / alterations[i]! : 0,
            ),
          }
        : null,
  };
}

/**
 * The arm's defence against poisoned pay; null where it has another one, or none.
 *
 * @throws LabError for parameters that do not fit the environment, such as a singular confusion matrix
 */
export function createRepair(defense: Applied | null, setting: PaySetting): PayRepair | null {
  const definition = defense && defenseById(defense.id);
  if (definition?.stage !== 'rl-training' || !definition.repair) return null;
  return refusing(
    (name) => `defenses.${defense!.id}.${name}`,
    () => definition.repair!(defense!.params as Params, setting),
  );
}

/**
 * Share of the target states in which the greedy policy does what is wanted, every one of them looked at; where states cannot
 * be listed, of the steps of the episodes played.
 */
export function adoptedShare(target: TargetPolicy, policy: Policy, { episodes }: Played): number | null {
  const wanted: boolean[] = [];
  if (target.bounds) {
    const { actions } = target.bounds;
    const choices = greedyChoices(policy, actions.length);
    actions.forEach((action, state) => {
      if (action >= 0) wanted.push(choices[state] === action);
    });
  } else {
    for (const { observations, actions } of episodes)
      observations.forEach((observation, i) => {
        const action = target.wanted(observation);
        if (action !== null) wanted.push(actions[i] === action);
      });
  }
  return wanted.length ? wanted.filter(Boolean).length / wanted.length : null;
}

/**
 * Whether what was learnt agrees with what can be taught. Only of the undefended: for them the bounds are.
 * Between the bounds, and with a budget of steps or in sum, either may come out.
 */
export function boundsCheck(
  { id, params }: Applied,
  { safe, feasible }: { safe: number; feasible: number },
  adopted: number,
): Check {
  const { delta, budgetSteps, budgetSum } = params as unknown as PayBudget;
  const limited = budgetSteps !== null || budgetSum !== null;
  const [says, holds] =
    delta! < safe
      ? ['below the safe bound: the whole target cannot be taught', adopted < 1]
      : delta! > feasible && !limited
        ? ['above the feasible bound: the target can be taught', adopted >= ADOPTED]
        : ['the bounds leave it open', true];
  return {
    id: 'reward-bounds',
    status: holds ? 'pass' : 'fail',
    evidence: `${id}: Δ ${delta!}, safe below ${safe.toPrecision(4)}, feasible above ${feasible.toPrecision(4)}; ${says}. ${(100 * adopted).toFixed(0)} % of the target states adopted`,
  };
}
