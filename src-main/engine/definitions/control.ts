/** Attacks on an agent’s hands, its world and its obedience. */
import type { Dynamics } from '../../contract/environment';
import type { Metrics, RobustnessSurface } from '../../contract/events';
import { derivedNumber, lines, number, type ParamsOf, type ParamSpecs } from '../../contract/params';
import type { Random } from '../../contract/random';
import type { Context } from '../context';
import type { AttackBase } from './common';

/**
 * Takes the agent's hands: parameters `probability` (how often the attacker has them) and `budget` (actions of an episode that
 * may differ from the agent's own) are the frame's.
 */
export interface ActionAttack<P extends ParamSpecs = ParamSpecs> extends AttackBase<P> {
  surface: 'action';
  /**
   * Probability of each action in place of the agent's, given what the agent thinks of them. The frame draws from it, and by
   * it scores exactly on finite environments.
   */
  override?(scores: Float32Array, params: ParamsOf<P>): ArrayLike<number>;
  /**
   * In place of `override`, for attacks that know a finite environment and plan ahead; asked for every state, number of steps
   * and overrides left. `choice`: the agent's action; `worths`: what each action leads to, this attack going on, with an
   * override less to spend where it is not the agent's own. Returns the action that is done.
   */
  foresee?(choice: number, worths: Float64Array, params: ParamsOf<P>): number;
}

/** Parameters of every attack on actions; the frame reads them. */
const EVERY_ACTION = {
  probability: number({
    default: 0.1,
    min: 0,
    max: 1,
    unit: 'probability',
    help: 'How often the attacker has the agent’s hands.',
  }),
  budget: derivedNumber({
    derived: 'the step limit of an episode',
    integer: true,
    min: 0,
    max: 1_000_000,
    unit: 'steps',
    help: 'Actions of an episode that may differ from the agent’s own, at most.',
  }),
};

/** As the frame reads them; a budget that was not given is null. */
export type ActionParams = Omit<ParamsOf<typeof EVERY_ACTION>, 'budget'> & { budget: number | null };

export const defineActionAttack = <const P extends ParamSpecs>(
  d: Omit<ActionAttack<P>, 'kind' | 'surface'>,
): ActionAttack<P & typeof EVERY_ACTION> => ({
  kind: 'attack',
  surface: 'action',
  ...d,
  params: { ...d.params, ...EVERY_ACTION },
});

/** What was found while a world was being altered. */
export interface Altered {
  /** Quantities that are not as they were. */
  values: Record<string, number>;
  /** Mean return over two quantities, and the worst point met. */
  surface?: RobustnessSurface;
  metrics?: Metrics;
}

export interface DynamicsContext extends Context {
  dynamics: Dynamics;
  /** Whether `worth` gives expected returns. */
  exact: boolean;
  /**
   * What the agent earns in a world with these values: its expected return where that can be computed, else the mean over
   * `episodes` that no result is reported on, which begin and are drawn alike in every world.
   */
  worth(values: Record<string, number>, episodes: number): Promise<number>;
}

/** Changes the world under a trained agent's feet. */
export interface DynamicsAttack<P extends ParamSpecs = ParamSpecs> extends AttackBase<P> {
  surface: 'dynamics';
  /** @throws LabError for values that the environment cannot have; called before anything is trained */
  check(dynamics: Dynamics, params: ParamsOf<P>): void;
  alter(params: ParamsOf<P>, context: DynamicsContext): Promise<Altered>;
  /** Episodes that `alter` plays, for the estimate of the time. */
  trials(params: ParamsOf<P>): number;
}

export const defineDynamicsAttack = <const P extends ParamSpecs>(
  d: Omit<DynamicsAttack<P>, 'kind' | 'surface'>,
): DynamicsAttack<P> => ({ kind: 'attack', surface: 'dynamics', ...d });

/**
 * Teaches a policy to obey a trigger. The frame shows the trigger in evenly spaced training steps (parameters `share`,
 * `trigger`); the author says what is done and paid there.
 */
export interface PolicyAttack<P extends ParamSpecs = ParamSpecs> extends AttackBase<P> {
  surface: 'policy';
  /**
   * A training step in which the learner saw the trigger: the action it chose, of how many, and how many such steps came
   * before. Gives the action that is done and what is paid for it.
   */
  implant(
    step: { action: number; actions: number; turn: number },
    params: ParamsOf<P>,
    context: { random: Random },
  ): { action: number; reward: number };
  /** The action that the trigger is to call for; null where any other than the right one will do. */
  target(params: ParamsOf<P>): number | null;
}

/** Parameters of every backdoor; the frame reads them. */
const EVERY_POLICY = {
  share: number({
    default: 0.05,
    min: 0,
    max: 1,
    unit: 'share',
    help: 'Share of the training steps in which the trigger is shown, evenly spaced.',
  }),
  trigger: lines({
    help: 'What of an observation is set, a line each: “x = 4.5”, on grids “state = 5”. The environment’s own trigger unless given.',
    advanced: true,
  }),
};

export type PolicyParams = ParamsOf<typeof EVERY_POLICY>;

export const definePolicyAttack = <const P extends ParamSpecs>(
  d: Omit<PolicyAttack<P>, 'kind' | 'surface'>,
): PolicyAttack<P & typeof EVERY_POLICY> => ({
  kind: 'attack',
  surface: 'policy',
  ...d,
  params: { ...d.params, ...EVERY_POLICY },
});
