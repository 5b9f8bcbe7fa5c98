/**
 * A duel: a person perturbs what a recorded agent perceives, held to the budget of an attack, and is scored beside attacks
 * of the same budget. The engine plays it in a process of its own; nothing of it is recorded.
 */
import type { Scene, Shape } from './scene';

/** Against whom, and how much is allowed. */
export interface DuelChoice {
  /** Index of plan.arms. */
  arm: number;
  /** Index of plan.attacks: the one whose place the person takes. Null: random noise with its defaults. */
  attack: number | null;
  /** In place of that attack's own: epsilon, on grids cells. */
  budget: number;
  /** Which start and luck; 0 are those of the recorded twins. */
  episode: number;
}

export interface DuelTurn {
  /**
   * What the agent is to perceive. A box: how far each value is to be moved, held to the budget. A grid: the cell to be
   * believed in.
   */
  wanted: number[];
  /** Whether the agent acts on it; else it is only shown what it would do. */
  advance: boolean;
}

/** What the agent would do all over the budget of two values, the others being perceived as they are. */
export interface DecisionMap {
  /** Indices of the values. */
  x: number;
  y: number;
  side: number;
  /** side × side actions, row by row; x grows along a row, y from the last row to the first. */
  actions: Uint8Array;
}

/** A cell the agent can be made to believe in. */
export interface Disguise {
  cell: number;
  /** Steps from the true one. */
  distance: number;
  /** Drawn as if the agent stood there. */
  shapes: Shape[];
  /** What the agent would do. */
  action: number;
  /** Exact expected return from here if it does, and the optimal adversary goes on; null where none can be computed. */
  worth: number | null;
}

/** Exact expected returns of the whole episode, what was paid so far included. */
export interface DuelOutlook {
  /** If nobody perturbs from here on. */
  unattacked: number;
  /** If the optimal adversary takes over. */
  optimum: number;
  /**
   * What the person's play is worth, luck left out: the optimal adversary's at the start, and what every step since gave
   * away against it. Its mean over episodes is the expected return under the person's play.
   */
  yours: number;
}

export interface DuelView {
  /** Steps taken. */
  step: number;
  ended: 'terminated' | 'truncated' | null;
  /** True return so far. */
  return: number;
  shapes: Shape[];
  /** As perceived; empty where it cannot be drawn. */
  ghost: Shape[];
  observation: number[];
  perceived: number[];
  /** Q-values or logits of the actions given what is there, and given what is perceived. */
  scores: number[];
  perceivedScores: number[];
  /** First arg-max of each. */
  intended: number;
  action: number;
  /** Boxes. */
  maps: DecisionMap[];
  /** Grids: the true cell first, then the nearest. */
  disguises: Disguise[];
  /** Grids whose transitions can be listed. */
  outlook: DuelOutlook | null;
  /** What was delivered: steps attacked, actions flipped; mean and largest distance over all steps. */
  spent: { attacked: number; flipped: number; mean: number; largest: number };
}

export interface DuelFacts {
  kind: 'box' | 'grid';
  scene: Omit<Scene, 'shapes'>;
  observationNames: string[];
  actionNames: string[];
  /** How far each value may be moved; on grids one number of steps between cells. */
  reach: number[];
  /** What no distance may exceed, in the attack's own unit. */
  budget: number;
  /** Steps at which the episode is cut. */
  limit: number;
  view: DuelView;
}

/** What an attack does from the same start with the same budget. */
export interface DuelRival {
  who: 'unattacked' | 'random' | 'mad' | 'strongest' | 'optimum';
  /** Id of the attack; null for none. */
  attack: string | null;
  /** Mean over `episodes`, or exact. */
  return: number;
  exact: boolean;
  episodes: number;
}

/** Main asks, the engine answers. */
export interface DuelAsks {
  begin: { file: string; choice: DuelChoice };
  turn: DuelTurn;
  rivals: null;
}
export interface DuelAnswers {
  begin: DuelFacts;
  turn: DuelView;
  rivals: DuelRival[];
}
export type DuelAsk = { [A in keyof DuelAsks]: { what: A; ask: DuelAsks[A] } }[keyof DuelAsks];
