/** The frame of attacks on an agent's hands: when they are taken, what is done then, and what is left to spend. */
import type { Environment } from '../../contract/environment';
import type { AnyParams } from '../../contract/params';
import { LabError } from '../../contract/problem';
import type { Random } from '../../contract/random';
import type { ActionAttack, ActionParams, Policy } from '../definitions';
import { drawn } from '../drawn';
import { transitionsOf } from './exact';
import { greedyChoices, type Seat } from './eyes';
import { stepLimit } from './limit';

/** An action attack with its parameters, on one environment. */
export interface BoundHands {
  /** Actions of an episode that may differ from the agent's own; Infinity without a bound. */
  budget: number;
  /**
   * What is done in place of the agent's actions, row by row. A seat with all steps left has begun a new episode.
   * @param scores what the agent thinks of its actions where it truly is, rows × actions
   */
  act(observations: Float32Array, scores: Float32Array, chosen: Int32Array, seats: Seat[]): Int32Array;
  /** Environments with a table of transitions: expected return of the greedy agent under this attack. */
  exactReturn?(policy: Policy): number;
}

/** Throws LabError for a budget that is larger than an episode. */
export function checkHands(params: AnyParams, environment: Environment, place: string): void {
  const { budget } = params as unknown as ActionParams;
  const limit = stepLimit(environment);
  if (budget === null || budget <= limit) return;
  throw new LabError(
    `${place}.budget`,
    `found ${budget}; expected a whole number from 0 up to ${limit}, the steps of an episode`,
    'Lower the budget, or leave it out: then every step may be attacked.',
  );
}

/** What an attack that plans ahead does in each state, and what the agent then earns. */
interface Plan {
  earned: number;
  /** Action at `left` steps, `spare` overrides left. */
  action(state: number, left: number, spare: number): number;
}

/**
 * Backward induction over states and overrides left k; with c = π(s), p the probability and d what the attack does:
 *
 *     V_t(s, k) = (1 − p) · Q_t(c, k) + p · Σ_a d(a) · W_t(a, k),   W_t(a, k) = Q_t(c, k) if a = c or k = 0, else Q_t(a, k − 1),
 *     Q_t(a, k) = Σ P(s′|s, a) · (r + V_{t−1}(s′, k)).
 */
function plan(
  attack: ActionAttack,
  params: AnyParams,
  environment: Environment,
  choices: Int32Array,
  scoresOf: (state: number) => Float32Array,
): Plan {
  const table = transitionsOf(environment);
  const { probability, budget } = params as unknown as ActionParams;
  const limit = stepLimit(environment);
  // Without a bound there is one layer, which is never left.
  const layers = budget === null ? 1 : budget + 1;
  const below = (spare: number): number => (budget === null ? 0 : spare - 1);
  const actions = environment.actionSpace.n;
  const overrides = attack.override && table.map((_, state) => attack.override!(scoresOf(state), params));
  const planned: Uint8Array[] = [];
  let after = new Float64Array(table.length * layers);
  const q = new Float64Array(layers * actions);
  const worths = new Float64Array(actions);
  for (let left = 1; left <= limit; left++) {
    const now = new Float64Array(table.length * layers);
    const acts = new Uint8Array(table.length * layers);
    for (let state = 0; state < table.length; state++) {
      for (let spare = 0; spare < layers; spare++) {
        for (let action = 0; action < actions; action++) {
          let sum = 0;
          for (const [chance, next, reward, terminated] of table[state]![action]!)
            sum += chance * (reward + (terminated ? 0 : after[next * layers + spare]!));
          q[spare * actions + action] = sum;
        }
      }
      const own = choices[state]!;
      for (let spare = 0; spare < layers; spare++) {
        const kept = q[spare * actions + own]!;
        const spent = spare === 0 && budget !== null;
        for (let action = 0; action < actions; action++)
          worths[action] = action === own || spent ? kept : q[below(spare) * actions + action]!;
        let struck = 0;
        if (attack.foresee) {
          const act = attack.foresee(own, worths, params);
          acts[state * layers + spare] = act;
          struck = worths[act]!;
        } else {
          const chances = overrides![state]!;
          for (let action = 0; action < actions; action++) struck += chances[action]! * worths[action]!;
        }
        now[state * layers + spare] = (1 - probability) * kept + probability * struck;
      }
    }
    after = now;
    planned[left] = acts;
  }
  const earned = environment.startDistribution!().reduce(
    (sum, { state, probability: chance }) => sum + chance * after[state * layers + layers - 1]!,
    0,
  );
  return {
    earned,
    action: (state, left, spare) => planned[left]![state * layers + (budget === null ? 0 : spare)]!,
  };
}

/** @param policy the agent that stands still, by which an attack that plans ahead makes its plan */
export function bindHands(
  attack: ActionAttack,
  params: AnyParams,
  environment: Environment,
  random: Random,
  policy?: Policy,
): BoundHands {
  const { probability, budget } = params as unknown as ActionParams;
  const limit = stepLimit(environment);
  const left = new Map<number, number>();
  const planFor = (agent: Policy): Plan => {
    const states = transitionsOf(environment).length;
    const scoresOf = (state: number): Float32Array => agent.scores(Float32Array.of(state));
    return plan(attack, params, environment, greedyChoices(agent, states), scoresOf);
  };
  const known = attack.foresee && policy && planFor(policy);
  const actions = environment.actionSpace.n;
  return {
    budget: budget ?? Infinity,
    act(observations, scores, chosen, seats) {
      return chosen.map((own, row) => {
        const { number, left: steps } = seats[row]!;
        if (steps === limit) left.set(number, budget ?? Infinity);
        const spare = left.get(number)!;
        // Drawn whether or not anything is left to spend, so that a budget changes nothing before it is spent.
        const struck = random.uniform() < probability;
        const ofRow = scores.subarray(row * actions, (row + 1) * actions);
        const wanted = known
          ? known.action(observations[row]!, steps, spare)
          : drawn(attack.override!(ofRow, params), random);
        if (!struck || spare === 0 || wanted === own) return own;
        left.set(number, spare - 1);
        return wanted;
      });
    },
    ...(environment.transitions && { exactReturn: (agent) => planFor(agent).earned }),
  };
}
