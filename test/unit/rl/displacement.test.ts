/** Displaced beliefs on grids: the optimal adversary against brute force, and everything else against it. */
import '@tensorflow/tfjs-node';
import { describe, expect, it } from 'vitest';
import cliffWalking from '../../../envs/cliff-walking';
import frozenLake from '../../../envs/frozen-lake';
import goldBomb from '../../../envs/gold-bomb';
import type { Environment, Transition } from '../../../src-main/contract/environment';
import lowestValue from '../../../src-main/engine/attacks/observation/lowest-value';
import optimal from '../../../src-main/engine/attacks/observation/optimal-displacement';
import random from '../../../src-main/engine/attacks/observation/random-observation';
import targetAction from '../../../src-main/engine/attacks/observation/target-action';
import type { ObservationAttack, Policy } from '../../../src-main/engine/definitions';
import { stream } from '../../../src-main/contract/random';
import { play } from '../../../src-main/engine/rl/episodes';
import { exactReturn } from '../../../src-main/engine/rl/exact';
import { bindAttack, greedyChoices } from '../../../src-main/engine/rl/eyes';
import { stepLimit } from '../../../src-main/engine/rl/limit';
import { tableEnvironment } from '../../../envs/grid/table';
import { defaults, tablePolicy, seats } from './toys';

const STEPS = 3;
const CELLS = [0, 1, 2];

/** Three cells in a row and an end, with random transitions and pay: what is believed matters at every step. */
function corridor(seed: number): Environment<number> {
  const luck = stream(seed, 'corridor');
  const outcomes = (): Transition[] => {
    const weights = [0, 1, 2, 3].map(() => luck.uniform());
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight, next) => [weight / sum, next, luck.normal(), next === 3]);
  };
  return {
    ...tableEnvironment({
      id: 'corridor',
      actionNames: ['a', 'b', 'c'],
      maxEpisodeSteps: STEPS,
      rewardThreshold: null,
      transitions: [0, 1, 2, 3].map(() => CELLS.map(outcomes)),
      start: [{ state: 1, probability: 1 }],
    }),
    scene: () => ({ width: 1, height: 1, backdrop: [], shapes: [] }),
    neighbours: (state) => CELLS.filter((cell) => Math.abs(cell - state) === 1),
  };
}

/** Every way to name a believed cell within one step for each cell of the corridor. */
const MASKS = [0, 1].flatMap((first) =>
  [0, 1, 2].flatMap((second) => [1, 2].map((third) => [first, second, third])),
);

/** Expected return by following the distribution of the state forwards: another way than the engine's. */
function followed(environment: Environment<number>, choices: number[], masks: number[][]): number {
  const table = environment.transitions!();
  let total = 0;
  let at = [0, 1, 0, 0];
  for (const mask of masks) {
    const then = [0, 0, 0, 0];
    for (const cell of CELLS) {
      for (const [probability, next, reward, ends] of table[cell]![choices[mask[cell]!]!]!) {
        total += at[cell]! * probability * reward;
        if (!ends) then[next]! += at[cell]! * probability;
      }
    }
    at = then;
  }
  return total;
}

const bind = (attack: unknown, environment: unknown, params: object, fixedPolicy = true) =>
  bindAttack(
    attack as ObservationAttack,
    params as never,
    environment as Environment,
    stream(1, 'attack'),
    fixedPolicy,
  );

describe('optimal-displacement', () => {
  const choices = [0, 1, 2];
  const policy = tablePolicy(choices, 3);

  it('is the worst of all time-dependent adversaries, which beats the worst constant one', () => {
    let sooner = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const environment = corridor(seed);
      const oracle = bind(optimal, environment, { cells: 1 }).exactReturn!(policy);
      const worst = (of: number[][][]) =>
        Math.min(...of.map((masks) => followed(environment, choices, masks)));
      const everyTime = MASKS.flatMap((a) => MASKS.flatMap((b) => MASKS.map((c) => [a, b, c])));
      expect(everyTime).toHaveLength(12 ** STEPS);
      expect(oracle).toBeCloseTo(worst(everyTime), 10);
      const constant = worst(MASKS.map((mask) => [mask, mask, mask]));
      expect(constant).toBeGreaterThanOrEqual(oracle - 1e-12);
      if (constant > oracle + 1e-6) sooner++;
    }
    expect(sooner).toBeGreaterThan(0);
  });

  it('is the clean return without a budget, and falls as the budget grows', () => {
    const lake = frozenLake.create(defaults(frozenLake.params, { map: '8x8' })) as Environment;
    const luck = stream(3, 'policy');
    const wandering = tablePolicy(
      Array.from({ length: 64 }, () => luck.integer(4)),
      4,
    );
    const values = [0, 1, 2, 3].map((cells) => bind(optimal, lake, { cells }).exactReturn!(wandering));
    expect(values[0]).toBe(exactReturn(lake, greedyChoices(wandering, 64), 200));
    for (const i of [1, 2, 3]) expect(values[i]).toBeLessThanOrEqual(values[i - 1]!);
  });

  it.each([true, false])('delivers in episodes what it promises (fixed policy: %s)', async (fixedPolicy) => {
    const environment = corridor(1) as Environment;
    const attack = bind(optimal, environment, { cells: 1 }, fixedPolicy);
    const { episodes } = await play({
      environment,
      policy,
      episodes: 20_000,
      dynamics: (episode) => stream(episode + 1, 'dynamics'),
      attack,
      breathe: async () => {},
    });
    const returns = episodes.map((episode) => episode.return);
    const mean = returns.reduce((a, b) => a + b, 0) / returns.length;
    const deviation = Math.sqrt(
      returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / returns.length,
    );
    const promised = attack.exactReturn!(policy);
    expect(Math.abs(mean - promised)).toBeLessThan((4 * deviation) / Math.sqrt(returns.length));
    expect(promised).toBeLessThan(exactReturn(environment, Int32Array.from(choices), STEPS) - 0.1);
  });

  it('plans anew for a policy that chooses otherwise', () => {
    const environment = corridor(2);
    const attack = bind(optimal, environment, { cells: 1 }, false);
    const other = tablePolicy([2, 2, 0], 3);
    for (const met of [policy, other, policy]) {
      expect(attack.exactReturn!(met)).toBe(bind(optimal, environment, { cells: 1 }).exactReturn!(met));
    }
  });
});

describe('the certificate', () => {
  const attacks: [ObservationAttack, object][] = [
    [random as never, { epsilon: 0 }],
    [lowestValue as never, {}],
    ...[0, 1, 2, 3].map((action): [ObservationAttack, object] => [targetAction as never, { action }]),
  ];
  const worlds: [string, Environment][] = [
    ['gold and bomb', goldBomb.create(defaults(goldBomb.params)) as Environment],
    ['slippery cliff', cliffWalking.create({ slippery: true }) as Environment],
  ];

  it.each(worlds)('is never above what an attack leaves: %s', (_name, environment) => {
    const states = environment.transitions!().length;
    const actions = environment.actionSpace.n;
    for (const seed of [1, 2, 3]) {
      const luck = stream(seed, 'values');
      const values = Float32Array.from({ length: states * actions }, () => luck.normal());
      const policy: Policy = {
        observationSize: 1,
        actions,
        capabilities: ['scores', 'action-values'],
        scores: (cells) =>
          Float32Array.from(
            { length: cells.length * actions },
            (_, i) => values[cells[Math.floor(i / actions)]! * actions + (i % actions)]!,
          ),
      };
      for (const cells of [1, 2]) {
        const certified = bind(optimal, environment, { cells }).exactReturn!(policy);
        expect(certified).toBeLessThan(
          exactReturn(environment, greedyChoices(policy, states), stepLimit(environment)),
        );
        for (const [attack, params] of attacks) {
          const left = bind(attack, environment, { cells, ...params }).exactReturn!(policy);
          expect(left).toBeGreaterThanOrEqual(certified - 1e-9 * Math.abs(certified));
        }
      }
    }
  });
});

describe('attacks that look no further than the next step', () => {
  // On dry ice from cell 0 the reach of one step is 0, 1 and 4.
  const lake = frozenLake.create(defaults(frozenLake.params, { slippery: false })) as Environment;
  const choices = Array<number>(16).fill(3);
  [choices[0], choices[1], choices[4]] = [2, 0, 1];

  it('lowest-value: believes where the agent’s own values of the true cell promise least', () => {
    const values = [0.2, 0.1, 0.9, 0];
    const policy = {
      ...tablePolicy(choices, 4),
      scores: (cells: Float32Array) =>
        Float32Array.from(
          [...cells].flatMap((cell) =>
            cell === 0 ? values : [0, 1, 2, 3].map((a) => (a === choices[cell] ? 1 : 0)),
          ),
        ),
    };
    expect([...bind(lowestValue, lake, { cells: 1 }).perceive(Float32Array.of(0), policy, seats(1))]).toEqual(
      [4],
    );
  });

  it('target-action: believes in the nearest cell where it is taken, or in the truth', () => {
    const seen = (action: number, cells: number) =>
      bind(targetAction, lake, { action, cells }).perceive(
        Float32Array.of(0),
        tablePolicy(choices, 4),
        seats(1),
      )[0];
    expect(seen(2, 1)).toBe(0);
    expect(seen(0, 1)).toBe(1);
    expect(seen(1, 1)).toBe(4);
    expect(seen(3, 1)).toBe(0);
    expect([2, 8]).toContain(seen(3, 2));
    expect(() => seen(4, 1)).toThrow(/found 4; expected a whole number from 0 to 3/);
  });
});
