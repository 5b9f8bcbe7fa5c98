/** Attacks on what a trained classifier sees. */
import type * as tf from '@tensorflow/tfjs';
import type { Norm } from '../../contract/catalog';
import type { Split } from '../../contract/dataset';
import type { Metrics } from '../../contract/events';
import type { Entry } from '../../contract/experiment';
import { choice, integer, type ParamsOf, type ParamSpecs } from '../../contract/params';
import type { Context } from '../context';
import type { AttackBase } from './common';
import type { Batch, Goal, Oracle, Target, WhiteBoxTarget } from './targets';

/** What an evasion attack is given beside target, batch and parameters. */
export interface EvasionContext extends Context {
  /**
   * In an evaluation an input that is already misclassified leaves the batch; where examples are made to be trained on
   * every input takes all steps, since training on the first success would be another, weaker method.
   */
  finishEarly: boolean;
  /**
   * Another attack as an ingredient, defaults filled in, held to its own budget and cap of queries. `finishEarly` is this
   * context's unless given: against another model than the one attacked, the first success is not yet enough.
   */
  attack(entry: Entry, target: Target, batch: Batch, goal: Goal, finishEarly?: boolean): Promise<tf.Tensor4D>;
}

/** What an attack is given while it learns. */
export interface FitContext extends EvasionContext {
  /** The class that each input of a batch with its true labels is to leave, or to reach. */
  aims(batch: Batch): Promise<Int32Array>;
  /** To be told now and then which share of the fitting is done, from 0 to 1. */
  progress(share: number): void;
}

/** An attack that learnt something from other inputs before it meets the ones it is scored on. */
export interface FittedAttack<T> {
  /** What the fitting showed, such as the fooling rate on the inputs it was fitted to. */
  metrics?: Metrics;
  /** What was learnt, where it is a picture: a perturbation, height · width · channels values. */
  picture?: Float32Array;
  perturb(target: T, batch: Batch, context: EvasionContext): Promise<tf.Tensor4D>;
  dispose(): void;
}

interface Evasion<P extends ParamSpecs, Access, Asked, Fitting> extends AttackBase<P> {
  surface: 'evasion';
  /** Whether it is handed the target with its gradients, or an oracle that only answers. */
  access: Access;
  norm(params: ParamsOf<P>): Norm | null;
  /** Radius of the ball the result is projected into; Infinity for attacks that seek the smallest perturbation. */
  budget(params: ParamsOf<P>): number;
  /** Forward and backward passes an input, for the cost estimate. */
  cost(params: ParamsOf<P>): number;
  /** Those of the whole fitting, in passes of one input as well; for attacks with `fit`. */
  fitCost?(params: ParamsOf<P>): number;
  /** Returns the perturbed images, a new tensor; the frame projects into budget and [0, 1] and scores. */
  perturb?(
    target: Asked,
    batch: Batch,
    goal: Goal,
    params: ParamsOf<P>,
    context: EvasionContext,
  ): Promise<tf.Tensor4D>;
  /**
   * In place of `perturb`, for attacks that learn from other inputs first: `data` are training inputs, disjoint from
   * those the attack is scored on.
   */
  fit?(
    target: Fitting,
    data: Split,
    goal: Goal,
    params: ParamsOf<P>,
    context: FitContext,
  ): Promise<FittedAttack<Asked>>;
}

export type GradientAttack<P extends ParamSpecs = ParamSpecs> = Evasion<
  P,
  'gradients',
  WhiteBoxTarget,
  WhiteBoxTarget
>;

/** A parameter `queries`, where it has one, caps what each input may be asked for. */
export type QueryAttack<P extends ParamSpecs = ParamSpecs> = Evasion<P, 'queries', Oracle, Target>;

export type EvasionAttack<P extends ParamSpecs = ParamSpecs> = GradientAttack<P> | QueryAttack<P>;

/** Parameters that every evasion attack has; the frame reads them, the attack's author does not. */
const EVERY_EVASION = {
  goal: choice({
    options: ['untargeted', 'targeted-next', 'targeted-random', 'targeted-least-likely'],
    default: 'untargeted',
    help: 'Any other class will do, or one that is set for each input: the next in number, a random one, or the least likely.',
    advanced: true,
  }),
  expectation: integer({
    default: 1,
    min: 1,
    max: 1000,
    unit: 'draws',
    help: 'Draws of a randomised target that each answer and gradient is averaged over. Only for randomised targets.',
    advanced: true,
  }),
};

/** An attack that is handed the target with its gradients. */
export const defineEvasion = <const P extends ParamSpecs>(
  d: Omit<GradientAttack<P>, 'kind' | 'surface' | 'access'>,
): GradientAttack<P> => ({
  kind: 'attack',
  surface: 'evasion',
  access: 'gradients',
  ...d,
  params: { ...d.params, ...EVERY_EVASION },
});

/** An attack that is handed an oracle, which only answers. */
export const defineQueryAttack = <const P extends ParamSpecs>(
  d: Omit<QueryAttack<P>, 'kind' | 'surface' | 'access'>,
): QueryAttack<P> => ({
  kind: 'attack',
  surface: 'evasion',
  access: 'queries',
  ...d,
  params: { ...d.params, ...EVERY_EVASION },
});
