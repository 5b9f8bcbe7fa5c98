/** Environments: pure functions on an explicit, serialisable state, so that a session can be scrubbed, forked and replayed. */
import type { Definition } from './catalog';
import type { ParamsOf, ParamSpecs } from './params';
import type { Random } from './random';
import type { Ink, Scene } from './scene';

export interface Box {
  kind: 'box';
  /** Short name of each value, with its unit: 'x (m)'. */
  names: string[];
  low: number[];
  high: number[];
  /** How far each value strays as agents of all skills play: what a budget “in deviations” is measured in. */
  deviations?: number[];
}
/** `finite`: a state index, given to networks as one-hot, to tables as the index. */
export interface Discrete {
  kind: 'discrete';
  n: number;
}

export interface Step<S> {
  state: S;
  reward: number;
  /** The task itself ended. A time limit is no termination: the frame truncates at maxEpisodeSteps. */
  terminated: boolean;
}

/** One possible outcome of an action, as in Gymnasium's `P`. */
export type Transition = [probability: number, next: number, reward: number, terminated: boolean];

/** A quantity of the dynamics that can be altered. */
export interface Quantity {
  /** As a parameter: poleLength. */
  name: string;
  title: string;
  unit: string;
  /** What the environment has by itself. */
  nominal: number;
  /** The range a sweep covers in full. */
  low: number;
  high: number;
  /** How values between are spaced. */
  scale: 'linear' | 'logarithmic';
}

/** What of an environment's dynamics can be altered, and the environment with other values of it. */
export interface Dynamics<S = unknown> {
  quantities: Quantity[];
  /** Quantities that are not named keep their value. Throws RangeError naming the quantity and what was expected of it. */
  altered(values: Readonly<Record<string, number>>): Environment<S>;
}

export interface Environment<S = unknown> {
  observationSpace: Box | Discrete;
  actionSpace: { n: number; names: string[] };
  /** No step ever pays less; absent where that is not known. */
  lowestReward?: number;
  /** Null: no limit registered in Gymnasium (evaluations have their own step cap). */
  maxEpisodeSteps: number | null;
  /** Mean return from which the task counts as solved. */
  rewardThreshold: number | null;
  initial(random: Random): S;
  /** Throws RangeError for an action outside the space. */
  step(state: S, action: number, random: Random): Step<S>;
  /** Box: the values as float32. Discrete: one number, the state's index. */
  observe(state: S): Float32Array;
  scene(state: S): Scene;
  /** The state as Gymnasium's array, and back. Throws RangeError for an array that is no state. */
  toArray(state: S): number[];
  fromArray(values: number[]): S;
  /** What the agent believes to see, as a state to draw; absent where observations cannot be drawn. */
  stateFromObservation?(observation: Float32Array): S;
  /** Finite environments: every transition of every state of Gymnasium's `P`, and the start distribution. */
  transitions?(): Transition[][][];
  startDistribution?(): { state: number; probability: number }[];
  /** Absent where nothing of it can be altered. */
  dynamics?: Dynamics<S>;
  /** A good action, by hand: whose episodes are recorded where values cannot be computed. */
  expert?(observation: Float32Array): number;
  /**
   * An observation that no episode shows, by which a backdoor can be set off: the values that are set, null where the true
   * one stays. Absent where none is known.
   */
  trigger?: (number | null)[];
  /** Finite environments: cells at most one step away, for displaced beliefs. */
  neighbours?(state: number): number[];
}

/** Maps of a grid world as text, a letter a cell, so that a form can draw it without the environment. */
export interface TextMaps {
  /** By value of the parameter `by`; the only one, where there is none. */
  maps: Record<string, readonly string[]>;
  by?: string;
  /** Parameter that gives an own map instead. */
  own?: string;
  /** Inks of the letters; others are ground. */
  inks: Record<string, Ink>;
  actionNames: readonly string[];
}

/** One file in `envs/`: documentation in its header, dynamics, spaces, scene. */
export interface EnvironmentDefinition<P extends ParamSpecs = ParamSpecs, S = unknown> extends Definition<P> {
  kind: 'environment';
  /** States can be listed, which tables need. */
  finite: boolean;
  /** Grid worlds only. */
  text?: TextMaps;
  /** Throws RangeError naming the parameter for a map without start or goal and the like. */
  create(params: ParamsOf<P>): Environment<S>;
}

/** Types an environment's parameters from its specs. */
export const defineEnvironment = <const P extends ParamSpecs, S>(
  definition: Omit<EnvironmentDefinition<P, S>, 'kind'>,
): EnvironmentDefinition<P, S> => ({ kind: 'environment', ...definition });
