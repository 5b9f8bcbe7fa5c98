/** Attacks on what an agent is paid while it learns, and what repairs it. */
import type { Environment } from '../../contract/environment';
import type { Metrics } from '../../contract/events';
import { derivedNumber, type ParamsOf, type ParamSpecs } from '../../contract/params';
import type { Random } from '../../contract/random';
import type { Policy } from './agents';
import type { AttackBase } from './common';

/** One training step as those see it who alter what it pays: truly, whatever the learner perceives. */
export interface PaidStep {
  /** Which of the environments that are stepped side by side. */
  row: number;
  observation: Float32Array;
  action: number;
  /** What it pays so far: first the environment's reward, then what a poisoner made of it. */
  reward: number;
  next: Float32Array;
  terminated: boolean;
  /** The time limit cut the episode. */
  truncated: boolean;
}

/** What those are told before a training who alter its pay. */
export interface PaySetting {
  environment: Environment;
  /** γ of the learner. */
  discount: number;
  random: Random;
  /** Of a defence, where the attack draws by a matrix: that matrix, which no real defender knows. */
  confusion?: number[][];
}

/** What a targeted poisoning wants of the learner. */
export interface TargetPolicy {
  /** The action wanted where this is to be seen; null where any will do. */
  wanted(observation: Float32Array): number | null;
  /** Finite environments: what it takes to get it; see `attacks/target-policy.ts`. */
  bounds?: TargetBounds;
}

export interface TargetBounds {
  /** Of each state the wanted action, −1 where any will do. */
  actions: Int32Array;
  /** Of each state: by how much its best action exceeds the wanted one in Q*; 0 where any will do. */
  gaps: Float64Array;
  /** No change of at most this a step can teach the whole target. */
  safe: number;
  /** Any larger change can, without even watching the learner. */
  feasible: number;
}

/** A reward attack at work in one training. */
export interface Payer {
  /** What the learner is paid instead. `learner`: as it is now. */
  pay(step: PaidStep, learner: Policy): number;
  target?: TargetPolicy;
  /** What is drawn by, where pay of one level is taken for another: row true, column paid. */
  confusion?: number[][];
  /** On grids, the cell whose pay a step's change is of: the one acted in, or the one entered. */
  marks?: 'entered';
}

/** The frame holds it to a change a step (`delta`), a number of altered steps and a sum of changes, and measures them. */
export interface RewardAttack<P extends ParamSpecs = ParamSpecs> extends AttackBase<P> {
  surface: 'reward';
  /** What the learner is paid instead of a reward. */
  corrupt?(reward: number, params: ParamsOf<P>, context: { random: Random }): number;
  /**
   * In place of `corrupt`, for attacks that look at the step, remember, plan ahead or watch the learner. Called before
   * anything is trained, and again for each training. Throws RangeError, naming the parameter, for what does not fit the
   * environment.
   */
  plan?(params: ParamsOf<P>, setting: PaySetting): Payer;
}

/** Parameters that every reward attack has; the frame reads them. */
const EVERY_REWARD = {
  delta: derivedNumber({
    derived: 'no limit',
    min: 0,
    max: 1e6,
    unit: 'reward',
    help: 'Δ: largest change of one reward.',
    advanced: true,
  }),
  budgetSteps: derivedNumber({
    derived: 'every step',
    integer: true,
    min: 0,
    max: 1e9,
    unit: 'steps',
    help: 'Training steps whose reward may be altered, at most: the first that the attack wants to alter.',
    advanced: true,
  }),
  budgetSum: derivedNumber({
    derived: 'no limit',
    min: 0,
    max: 1e12,
    unit: 'reward',
    help: 'Sum of |δ| over the training, at most.',
    advanced: true,
  }),
};

/** As the frame reads them; what was not given is null. */
export type PayBudget = { [K in keyof typeof EVERY_REWARD]: number | null };

export const defineRewardAttack = <const P extends ParamSpecs>(
  d: Omit<RewardAttack<P>, 'kind' | 'surface'>,
): RewardAttack<P> => ({
  kind: 'attack',
  surface: 'reward',
  ...d,
  params: { ...EVERY_REWARD, ...d.params },
});

/** A defence against poisoned pay, at work in one training. */
export interface PayRepair {
  /** The reward learnt from in place of the one paid. Learns from the step; steps come in the order they are taken. */
  learn(step: PaidStep): number;
  /** The same, by what was learnt so far, for examinations. */
  judge(step: PaidStep): number;
  /** What it found, to be told with the clean evaluation. */
  findings?(): Metrics;
}
