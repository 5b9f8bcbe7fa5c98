/** Recorded steps that an agent learns from: how they are altered, and how that is noticed. */
import type { Capability } from '../../contract/catalog';
import type { ParamsOf, ParamSpecs } from '../../contract/params';
import type { Random } from '../../contract/random';
import type { AttackBase, DefenseBase } from './common';

/** Recorded steps, each a row: what an offline learner has in place of an environment. Never changed in place. */
export interface TransitionLog {
  /** n × size. */
  observations: Float32Array;
  next: Float32Array;
  actions: Uint8Array;
  rewards: Float32Array;
  /** 1 where the task ended; a time limit leaves it 0. */
  terminated: Uint8Array;
  /** Values in one observation, and actions to choose from. */
  size: number;
  choices: number;
}

/** Alters recorded steps before a learner is given them. */
export interface LogAttack<P extends ParamSpecs = ParamSpecs> extends AttackBase<P> {
  surface: 'log';
  /** `changed` are rows of the result, which has as many as the log. Throws LabError for an action there is not. */
  poison(
    log: TransitionLog,
    params: ParamsOf<P>,
    context: { random: Random },
  ): { log: TransitionLog; changed: Uint32Array };
}

export const defineLogAttack = <const P extends ParamSpecs>(
  d: Omit<LogAttack<P>, 'kind' | 'surface'>,
): LogAttack<P> => ({ kind: 'attack', surface: 'log', ...d });

/** Looks through recorded steps for those that do not fit the others; the agent is trained without them. */
export interface RlFilteringDefense<P extends ParamSpecs = ParamSpecs> extends DefenseBase<P> {
  stage: 'rl-filtering';
  requires?: Capability[];
  /** The rows removed and, where the filter gives numbers, how suspicious each row is. */
  inspect(log: TransitionLog, params: ParamsOf<P>): { scores?: Float32Array; removed: Uint32Array };
}

export const defineRlFilteringDefense = <const P extends ParamSpecs>(
  d: Omit<RlFilteringDefense<P>, 'kind' | 'stage'>,
): RlFilteringDefense<P> => ({ kind: 'defense', stage: 'rl-filtering', ...d });
