/** Attacks on what an agent sees. */
import type { Norm } from '../../contract/catalog';
import type { Environment } from '../../contract/environment';
import type { Metrics } from '../../contract/events';
import type { ParamsOf, ParamSpecs } from '../../contract/params';
import type { Random } from '../../contract/random';
import type { Context } from '../context';
import type { Ball, BudgetUnit } from '../rl/ball';
import type { Policy } from './agents';
import type { AttackBase } from './common';

/** A cell of a finite environment, and the cells the agent can be made to believe in: its own first, then the nearest. */
export interface Reach {
  state: number;
  cells: number[];
}

/** Where the agent believes to be, and how likely. */
export interface Belief {
  state: number;
  probability: number;
}

/** What an attack on a box is given beside observations, policy and parameters. */
export interface EyesContext<Memory = unknown> {
  random: Random;
  /** What the frame projects into. */
  ball: Ball;
  /** What was remembered of each row's episode so far; see `memory`. */
  memories: Memory[];
}

/** The agent under attack, and the world to try it in. */
export interface Victim {
  policy: Policy;
  environment: Environment;
}

export interface EyesFitContext extends Context {
  ball: Ball;
}

/** An attack on an agent's eyes that learnt something of the agent before it is scored. */
export interface FittedEyes<P extends ParamSpecs = ParamSpecs> {
  metrics?: Metrics;
  perturb: NonNullable<ObservationAttack<P>['perturb']>;
  dispose(): void;
}

/**
 * On a box the values are perturbed, on a finite environment the believed cell is displaced. An attack that can do one of
 * them alone requires `box-observations` or `finite-states`.
 */
export interface ObservationAttack<
  P extends ParamSpecs = ParamSpecs,
  Memory = unknown,
> extends AttackBase<P> {
  surface: 'observation';
  norm(params: ParamsOf<P>): Norm | null;
  /**
   * Radius the frame holds the attack to: `box` in units of the observation (or its deviations), Infinity for sensor
   * faults, which know none; `cells` in steps between cells.
   */
  budget(params: ParamsOf<P>): { box: number; unit?: BudgetUnit; cells: number };
  /**
   * What the agent perceives instead, n × size, a new array; the frame projects it into the budget. Environments step
   * in parallel, each a row.
   */
  perturb?(
    observations: Float32Array,
    policy: Policy,
    params: ParamsOf<P>,
    context: EyesContext<Memory>,
  ): Float32Array;
  /** What is remembered of an episode, made at its beginning; `perturb` changes it in place. */
  memory?(): Memory;
  /** In place of `perturb`, for attacks that try the agent first, in episodes that no result is reported on. */
  fit?(victim: Victim, params: ParamsOf<P>, context: EyesFitContext): Promise<FittedEyes<P>>;
  /** Work of one fitting; a unit is about a millisecond. */
  fitCost?(params: ParamsOf<P>): number;
  /**
   * The same on a finite environment: for each state the distribution of the believed one over `reach`, from which the
   * frame draws, and by which it scores exactly.
   */
  displace?(reach: Reach[], policy: Policy, params: ParamsOf<P>): Belief[][];
  /**
   * In place of `displace`, for attacks that know the environment and plan ahead. They are asked for every state and every
   * number of steps left, from the last step backwards. `choice`: the action the agent takes where it believes to be;
   * `worth`: what an action taken in the true state leads to, this attack going on.
   */
  foresee?(
    reach: Reach,
    choice: (cell: number) => number,
    worth: (action: number) => number,
    params: ParamsOf<P>,
  ): Belief[];
}

export const defineObservationAttack = <const P extends ParamSpecs, Memory = unknown>(
  d: Omit<ObservationAttack<P, Memory>, 'kind' | 'surface'>,
): ObservationAttack<P, Memory> => ({ kind: 'attack', surface: 'observation', ...d });
