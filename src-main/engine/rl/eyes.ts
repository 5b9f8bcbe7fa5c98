/** The frame of observation attacks: asks the author's idea, holds it to its budget, and measures what it delivered. */
import type { Box, Environment } from '../../contract/environment';
import type { ParamsOf, ParamSpecs } from '../../contract/params';
import type { Random } from '../../contract/random';
import type { Belief, ObservationAttack, Policy, Reach } from '../definitions';
import { greedyActions } from './greedy';

export type Params = ParamsOf<ParamSpecs>;

/** What an agent perceives of true observations, row by row. */
export type Perceive = (observations: Float32Array, policy: Policy) => Float32Array;

/** An attack with its parameters, on one environment. */
export interface BoundAttack {
  perceive: Perceive;
  /** How far each perceived row lies from the true one: Linf in units of the observation, or steps between cells. */
  distances(observations: Float32Array, perceived: Float32Array): Float64Array;
  /** What no distance may exceed. */
  budget: number;
  /** Finite environments: for every state the probability of each action of the greedy agent under this attack. */
  actionProbabilities?(policy: Policy): Float64Array;
}

/** Every cell within `cells` steps of `state` along free cells, with its distance. */
function within(environment: Environment, state: number, cells: number): Map<number, number> {
  const { neighbours } = environment;
  if (!neighbours)
    throw new RangeError(
      'displacing a believed cell needs an environment that knows the neighbours of a cell',
    );
  const distance = new Map([[state, 0]]);
  let edge = [state];
  for (let steps = 1; steps <= cells; steps++) {
    edge = edge.flatMap(neighbours).filter((cell) => {
      if (distance.has(cell)) return false;
      distance.set(cell, steps);
      return true;
    });
  }
  return distance;
}

function draw(beliefs: Belief[], random: Random): number {
  if (beliefs.length === 1) return beliefs[0]!.state;
  let left = random.uniform();
  for (const { state, probability } of beliefs) {
    left -= probability;
    if (left < 0) return state;
  }
  return beliefs.at(-1)!.state;
}

/**
 * `fixedPolicy`: the policy no longer changes, so that the beliefs of every cell are computed once.
 * @throws Error when the attack answers with something else than a perturbed copy
 */
function onCells(
  attack: ObservationAttack,
  params: Params,
  environment: Environment,
  states: number,
  random: Random,
  fixedPolicy: boolean,
): BoundAttack {
  const budget = attack.budget(params).cells;
  const distances = Array.from({ length: states }, (_, state) => within(environment, state, budget));
  const reach = distances.map((cells, state): Reach => ({ state, cells: [...cells.keys()] }));
  const beliefsOf = (states: Reach[], policy: Policy): Belief[][] => {
    const beliefs = attack.displace(states, policy, params);
    beliefs.forEach((ofState, i) => {
      const { state } = states[i]!;
      const outside = ofState.find((belief) => !distances[state]!.has(belief.state));
      if (outside) {
        throw new Error(
          `${attack.id}: displaced cell ${state} to ${outside.state}, which is not within ${budget} steps`,
        );
      }
    });
    return beliefs;
  };
  let known: Belief[][] | null = null;
  return {
    budget,
    perceive(observations, policy) {
      if (fixedPolicy) {
        known ??= beliefsOf(reach, policy);
        return observations.map((state) => draw(known![state]!, random));
      }
      const beliefs = beliefsOf(
        Array.from(observations, (state) => reach[state]!),
        policy,
      );
      return observations.map((_, i) => draw(beliefs[i]!, random));
    },
    distances: (observations, perceived) =>
      Float64Array.from(observations, (state, i) => distances[state]!.get(perceived[i]!) ?? Infinity),
    actionProbabilities(policy) {
      const greedy = greedyActions(
        policy.scores(Float32Array.from(reach, ({ state }) => state)),
        policy.actions,
      );
      const probabilities = new Float64Array(states * policy.actions);
      beliefsOf(reach, policy).forEach((beliefs, state) => {
        for (const belief of beliefs)
          probabilities[state * policy.actions + greedy[belief.state]!]! += belief.probability;
      });
      return probabilities;
    },
  };
}

function onBox(attack: ObservationAttack, params: Params, { low, high }: Box, random: Random): BoundAttack {
  const budget = attack.budget(params).box;
  const size = low.length;
  return {
    budget,
    perceive(observations, policy) {
      const perceived = attack.perturb(observations, policy, params, { random });
      if (perceived.length !== observations.length) {
        throw new Error(`${attack.id}: got ${observations.length} values, gave back ${perceived.length}`);
      }
      return perceived.map((value, i) => {
        if (Number.isNaN(value))
          throw new Error(
            `${attack.id}: the perturbed observation is not a number; check the policy's weights`,
          );
        const near = Math.min(Math.max(value, observations[i]! - budget), observations[i]! + budget);
        return Math.min(Math.max(near, low[i % size]!), high[i % size]!);
      });
    },
    distances(observations, perceived) {
      const largest = new Float64Array(observations.length / size);
      observations.forEach((value, i) => {
        const row = Math.floor(i / size);
        largest[row] = Math.max(largest[row]!, Math.abs(perceived[i]! - value));
      });
      return largest;
    },
  };
}

/** `fixedPolicy`: whether the policy is the same in every call, as in an evaluation. */
export function bindAttack(
  attack: ObservationAttack,
  params: Params,
  environment: Environment,
  random: Random,
  fixedPolicy: boolean,
): BoundAttack {
  const space = environment.observationSpace;
  return space.kind === 'box'
    ? onBox(attack, params, space, random)
    : onCells(attack, params, environment, space.n, random, fixedPolicy);
}

/** For every state the probability of each action of the greedy agent that is not attacked: one or zero. */
export function greedyProbabilities(policy: Policy, states: number): Float64Array {
  const probabilities = new Float64Array(states * policy.actions);
  greedyActions(
    policy.scores(Float32Array.from({ length: states }, (_, state) => state)),
    policy.actions,
  ).forEach((action, state) => {
    probabilities[state * policy.actions + action] = 1;
  });
  return probabilities;
}
