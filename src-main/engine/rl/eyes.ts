/** The frame of observation attacks: asks the author's idea, holds it to its budget, and measures what it delivered. */
import type { Box, Environment } from '../../contract/environment';
import type { AnyParams } from '../../contract/params';
import type { Random } from '../../contract/random';
import type { Belief, FittedEyes, ObservationAttack, Policy, Reach } from '../definitions';
import { Ball } from './ball';
import { backwardInduction, type Worth } from './exact';
import { greedyActions } from './greedy';
import { stepLimit } from './limit';

/** Where a row of a batch comes from: which of the environments side by side, and the steps left in its episode. */
export interface Seat {
  number: number;
  left: number;
}

/** An attack with its parameters, on one environment. */
export interface BoundAttack {
  /** What agents perceive of true observations, row by row. A seat with all steps left has begun a new episode. */
  perceive(observations: Float32Array, policy: Policy, seats: Seat[]): Float32Array;
  /** How far each perceived row lies from the true one: in the ball's norm and units, or steps between cells. */
  distances(observations: Float32Array, perceived: Float32Array): Float64Array;
  /** On boxes: what the attack is held to; its radius is `budget`. */
  ball?: Ball;
  /** What no distance may exceed. */
  budget: number;
  /** How far each value of an observation may be moved; on grids one number of steps between cells. */
  reach: number[];
  /** Environments with a table of transitions: expected return of the greedy agent under this attack. */
  exactReturn?(policy: Policy): number;
}

/** Every cell within `cells` steps of `state` along free cells, with its distance. */
export function within(environment: Environment, state: number, cells: number): Map<number, number> {
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

/** What an attack on cells makes an agent believe, and what the agent then earns. */
interface Deception {
  /** Beliefs of agents in some states, with `left` steps left each. */
  beliefs(states: Reach[], policy: Policy, left: number[]): Belief[][];
  exactReturn(policy: Policy): number;
}

const expectation = (beliefs: Belief[], value: (cell: number) => number): number =>
  beliefs.reduce((sum, { state, probability }) => sum + probability * value(state), 0);

/** Of an attack that does the same at all times. `fixedPolicy`: the beliefs of every cell are asked for only once. */
function constantDeception(
  displace: (states: Reach[], policy: Policy) => Belief[][],
  environment: Environment,
  reach: Reach[],
  fixedPolicy: boolean,
): Deception {
  let known: Belief[][] | null = null;
  return {
    beliefs(states, policy) {
      if (!fixedPolicy) return displace(states, policy);
      known ??= displace(reach, policy);
      return states.map(({ state }) => known![state]!);
    },
    exactReturn(policy) {
      const choices = greedyChoices(policy, reach.length);
      const beliefs = displace(reach, policy);
      return backwardInduction(environment, stepLimit(environment), (state, worth) =>
        expectation(beliefs[state]!, (cell) => worth(choices[cell]!)),
      );
    },
  };
}

/**
 * Of an attack that plans ahead. `fixedPolicy`: one plan does for all episodes. A policy that learns is met with the plan
 * for what it chose when the episode began, since a plan for every step would cost a thousandfold.
 */
function plannedDeception(
  foresee: (from: Reach, choices: Int32Array, worth: Worth) => Belief[],
  environment: Environment,
  reach: Reach[],
  fixedPolicy: boolean,
): Deception {
  const limit = stepLimit(environment);
  const plan = (choices: Int32Array) => {
    const byStepsLeft: Belief[][][] = [];
    const earned = backwardInduction(environment, limit, (state, worth, left) => {
      const beliefs = foresee(reach[state]!, choices, worth);
      (byStepsLeft[left] ??= [])[state] = beliefs;
      return expectation(beliefs, (cell) => worth(choices[cell]!));
    });
    return { choices, byStepsLeft, earned };
  };
  let known: ReturnType<typeof plan> | null = null;
  const planFor = (policy: Policy) => {
    if (known && fixedPolicy) return known;
    const choices = greedyChoices(policy, reach.length);
    if (known?.choices.every((action, state) => action === choices[state])) return known;
    return (known = plan(choices));
  };
  return {
    beliefs(states, policy, left) {
      const { byStepsLeft } = known && !left.includes(limit) ? known : planFor(policy);
      // What is seen after the last step is acted on no more; a learner still bootstraps from it.
      return states.map(({ state }, i) => byStepsLeft[Math.max(1, left[i]!)]![state]!);
    },
    exactReturn: (policy) => planFor(policy).earned,
  };
}

/** @throws Error when the attack displaces a cell beyond its reach */
function onCells(
  attack: ObservationAttack,
  params: AnyParams,
  environment: Environment,
  states: number,
  random: Random,
  fixedPolicy: boolean,
): BoundAttack {
  const budget = attack.budget(params).cells;
  const distances = Array.from({ length: states }, (_, state) => within(environment, state, budget));
  const reach = distances.map((cells, state): Reach => ({ state, cells: [...cells.keys()] }));
  const held = ({ state }: Reach, beliefs: Belief[]): Belief[] => {
    const outside = beliefs.find((belief) => !distances[state]!.has(belief.state));
    if (!outside) return beliefs;
    throw new Error(
      `${attack.id}: displaced cell ${state} to ${outside.state}, which is not within ${budget} steps`,
    );
  };
  const deception = attack.foresee
    ? plannedDeception(
        (from, choices, worth) =>
          held(
            from,
            attack.foresee!(from, (cell) => choices[cell]!, worth, params),
          ),
        environment,
        reach,
        fixedPolicy,
      )
    : constantDeception(
        (from, policy) => attack.displace!(from, policy, params).map((beliefs, i) => held(from[i]!, beliefs)),
        environment,
        reach,
        fixedPolicy,
      );
  return {
    budget,
    reach: [budget],
    perceive(observations, policy, seats) {
      const from = Array.from(observations, (state) => reach[state]!);
      const beliefs = deception.beliefs(
        from,
        policy,
        seats.map(({ left }) => left),
      );
      return observations.map((_, i) => draw(beliefs[i]!, random));
    },
    distances: (observations, perceived) =>
      Float64Array.from(observations, (state, i) => distances[state]!.get(perceived[i]!) ?? Infinity),
    ...(environment.transitions && { exactReturn: deception.exactReturn }),
  };
}

/** The ball that an attack with these parameters is held to. */
export function ballOf(attack: ObservationAttack, params: AnyParams, space: Box): Ball {
  const { box, unit } = attack.budget(params);
  return new Ball(space, box, attack.norm(params) === 'l2' ? 'l2' : 'linf', unit);
}

function onBox(
  attack: ObservationAttack,
  perturb: NonNullable<ObservationAttack['perturb']>,
  params: AnyParams,
  space: Box,
  limit: number,
  random: Random,
): BoundAttack {
  const ball = ballOf(attack, params, space);
  const remembered = new Map<number, unknown>();
  return {
    budget: ball.epsilon,
    reach: ball.reach,
    ball,
    perceive(observations, policy, seats) {
      const memories = seats.map(({ number, left }) => {
        if (left === limit) remembered.set(number, attack.memory?.());
        return remembered.get(number);
      });
      const perceived = perturb(observations, policy, params, { random, ball, memories });
      if (perceived.length !== observations.length) {
        throw new Error(`${attack.id}: got ${observations.length} values, gave back ${perceived.length}`);
      }
      if (perceived.some(Number.isNaN))
        throw new Error(
          `${attack.id}: the perturbed observation is not a number; check the policy's weights`,
        );
      return ball.project(observations, perceived);
    },
    distances: (observations, perceived) => ball.distances(observations, perceived),
  };
}

/**
 * @param fixedPolicy whether the policy is the same in every call, as in an evaluation
 * @param fitted what an attack that tried the agent first learnt of it
 * @throws Error for an attack that cannot be made in this environment, or was not fitted
 */
export function bindAttack(
  attack: ObservationAttack,
  params: AnyParams,
  environment: Environment,
  random: Random,
  fixedPolicy: boolean,
  fitted?: FittedEyes,
): BoundAttack {
  const space = environment.observationSpace;
  if (space.kind === 'discrete') return onCells(attack, params, environment, space.n, random, fixedPolicy);
  const perturb = fitted?.perturb ?? attack.perturb;
  if (!perturb) throw new Error(`${attack.id} does not know how to perturb this environment's observations`);
  return onBox(attack, perturb, params, space, stepLimit(environment), random);
}

/** The action the greedy agent takes in each state, not attacked. */
export const greedyChoices = (policy: Policy, states: number): Int32Array =>
  greedyActions(policy.scores(Float32Array.from({ length: states }, (_, state) => state)), policy.actions);
