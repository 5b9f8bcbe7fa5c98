/** Defences that change how an agent learns, or stand before its eyes. */
import type { Capability } from '../../contract/catalog';
import type { Box, Environment } from '../../contract/environment';
import type { Metrics } from '../../contract/events';
import type { Applied, ParamsOf, ParamSpecs } from '../../contract/params';
import type { Random } from '../../contract/random';
import type { Context } from '../context';
import type { Ball } from '../rl/ball';
import type { Policy } from './agents';
import type { DefenseBase } from './common';
import type { PayRepair, PaySetting } from './rewards';

/** A penalty on scores that change within a ball around what the learner sees; see `agents/parts/smooth-policy.ts`. */
export interface Regularizer {
  kappa: number;
  ball: Ball;
  /** The worst place in the ball: found by gradient steps, or bounded by interval arithmetic. */
  inner: 'pgd' | 'interval';
  /** Of the gradient steps. */
  steps: number;
  /** Values of actions: how far the best is to lie above the others. Without meaning for policies. */
  confidence: number;
}

/** An adversary that learns alongside the agent. */
export interface Sparring {
  /** Learns against the agent as it is now; gives the mean return it left the agent while learning, null for none. */
  catchUp(policy: Policy): Promise<number | null>;
  perturb(observations: Float32Array, ball: Ball): Float32Array;
  dispose(): void;
}

/** Alters how an agent learns. */
export interface RlTrainingDefense<P extends ParamSpecs = ParamSpecs> extends DefenseBase<P> {
  stage: 'rl-training';
  requires?: Capability[];
  /** How much longer a training takes; where a parameter `attack` says it, the frame knows. */
  slowdown?(params: ParamsOf<P>): number;
  /** Attack under which the agent is to train, with its parameters at this point of the training (progress 0 to 1). */
  observationAttack?(params: ParamsOf<P>, progress: number): Applied | null;
  /** A penalty at this point of the training. */
  regularizer?(params: ParamsOf<P>, progress: number, space: Box): Regularizer | null;
  /** The world it trains in instead. */
  world?(params: ParamsOf<P>, environment: Environment, random: Random): Environment;
  /** How often the learner's hands are taken and its worst action done, by its own values. */
  disobedience?(params: ParamsOf<P>): number;
  /**
   * What the learner makes of what it is paid. Called before anything is trained, and again for each training. Throws
   * RangeError, naming the parameter, for what does not fit the environment.
   */
  repair?(params: ParamsOf<P>, setting: PaySetting): PayRepair;
  /** An adversary that is trained whenever another `every` steps were taken; `ball` is where it moves by then. */
  sparring?(
    params: ParamsOf<P>,
    environment: Environment,
    context: Context,
  ): { adversary: Sparring; every: number; ball(progress: number): Ball };
}

export const defineRlTrainingDefense = <const P extends ParamSpecs>(
  d: Omit<RlTrainingDefense<P>, 'kind' | 'stage'>,
): RlTrainingDefense<P> => ({ kind: 'defense', stage: 'rl-training', ...d });

/** Stands between the world and a trained agent's eyes, in evaluation only. Attacks go through it. */
export interface RlWrapperDefense<P extends ParamSpecs = ParamSpecs> extends DefenseBase<P> {
  stage: 'rl-wrapper';
  requires?: Capability[];
  wrap(policy: Policy, params: ParamsOf<P>, environment: Environment, random: Random): WrappedPolicy;
}

export interface WrappedPolicy extends Policy {
  /** What was found of the policy on the way; `suspects`: observed values, by place, that a trigger may use. */
  findings?: { metrics: Metrics; suspects: number[] };
}

export const defineRlWrapperDefense = <const P extends ParamSpecs>(
  d: Omit<RlWrapperDefense<P>, 'kind' | 'stage'>,
): RlWrapperDefense<P> => ({ kind: 'defense', stage: 'rl-wrapper', ...d });
