import { describe, expect, it } from 'vitest';
import cartpole from '../../../envs/cartpole';
import frozenLake from '../../../envs/frozen-lake';
import taxi from '../../../envs/taxi';
import type { Environment, Quantity } from '../../../src-main/contract/environment';
import { stream } from '../../../src-main/contract/random';
import shift from '../../../src-main/engine/attacks/dynamics/dynamics-shift';
import worst from '../../../src-main/engine/attacks/dynamics/worst-dynamics';
import { placesOf, sweep, valueAt } from '../../../src-main/engine/rl/dynamics';
import { exactReturn } from '../../../src-main/engine/rl/exact';
import { randomised } from '../../../src-main/engine/rl/randomised';
import { defaults } from './toys';

const pole = cartpole.create({ suttonBartoReward: false }) as Environment<never>;
const lake = frozenLake.create({ map: '4x4', rows: null, slippery: false, successRate: 1 / 3 });

describe('altered worlds', () => {
  it('are the same at nominal values', () => {
    const state = pole.fromArray([0.1, -0.2, 0.05, 0.3]);
    const same = pole.dynamics!.altered({ force: 10, gravity: 9.8 });
    expect(same.step(state, 1, stream(1, 'x'))).toEqual(pole.step(state, 1, stream(1, 'x')));
    expect(lake.dynamics!.altered({}).transitions!()).toEqual(lake.transitions!());
  });

  it('follow the equations of motion', () => {
    // θ = θ̇ = 0: temp = F/M, θ̈ = −temp / (l·(4/3 − m/M)), ẍ = temp − m·l·θ̈/M.
    const world = pole.dynamics!.altered({ force: 6, cartMass: 1.5, poleMass: 0.5, poleLength: 2 });
    const acceleration = 3;
    const angular = -acceleration / (2 * (4 / 3 - 0.25));
    const { state } = world.step(pole.fromArray([0, 0, 0, 0]), 1, stream(1, 'x'));
    const [x, v, theta, omega] = world.toArray(state);
    expect([x, theta]).toEqual([0, 0]);
    expect(v).toBeCloseTo(0.02 * (acceleration - 0.5 * angular), 12);
    expect(omega).toBeCloseTo(0.02 * angular, 12);
  });

  it('slip aside and recoil with the given probabilities, moves only', () => {
    const table = lake.dynamics!.altered({ slip: 0.2, recoil: 0.1 }).transitions!();
    // From cell 4 (row 1, column 0) to the right lies a hole; up is 0, down 8, left the wall.
    const found = new Map<number, number>();
    for (const [probability, next] of table[4]![2]!) found.set(next, (found.get(next) ?? 0) + probability);
    expect([0, 4, 5, 8].map((next) => found.get(next)!.toFixed(12))).toEqual(
      [0.1, 0.1, 0.7, 0.1].map((probability) => probability.toFixed(12)),
    );
    expect(found.size).toBe(4);
    const cab = taxi.create(defaults(taxi.params)) as Environment;
    const [before, after] = [cab, cab.dynamics!.altered({ slip: 0.5, recoil: 0.5 })].map(
      (world) => world.transitions!()[7]!,
    );
    expect(after!.slice(4)).toEqual(before!.slice(4));
    expect(after![0]).not.toEqual(before![0]);
  });

  it('refuse what no world is', () => {
    expect(() => pole.dynamics!.altered({ force: 0 })).toThrow(
      /found 0 for “force”; expected a number above 0/,
    );
    expect(() => pole.dynamics!.altered({ slip: 0.1 })).toThrow(/has no “slip”/);
    expect(() => lake.dynamics!.altered({ slip: 0.8, recoil: 0.5 })).toThrow(/add up to 1 at most/);
    const params = defaults(shift.params, { slip: 0.1 });
    expect(() => shift.check(pole.dynamics!, params)).toThrow(
      /no such quantity; expected some of poleLength/,
    );
    expect(() => worst.check(lake.dynamics!, defaults(worst.params, { first: 'force' }))).toThrow(
      /attacks\.worst-dynamics\.first: found “force”; expected one of slip, recoil/,
    );
    expect(() =>
      worst.check(lake.dynamics!, defaults(worst.params, { first: 'slip', second: 'slip' })),
    ).toThrow(/two different ones/);
  });
});

describe('sweeps', () => {
  const quantity = (name: string, part: Partial<Quantity> = {}): Quantity => ({
    ...{ name, title: name, unit: '', nominal: 1, low: 0.25, high: 4, scale: 'logarithmic' },
    ...part,
  });

  it('space values by their scale, around the nominal one', () => {
    const values = placesOf(quantity('a'), 1, 5).map((place) => valueAt(quantity('a'), place));
    expect(values).toEqual([0.25, 0.5, 1, 2, 4]);
    const chance = quantity('slip', { nominal: 0, low: 0, high: 0.5, scale: 'linear' });
    expect(placesOf(chance, 0.8, 3).map((place) => valueAt(chance, place))).toEqual([0, 0.2, 0.4]);
  });

  it('draw the surface and go on to a worse point between its points, within the budget', async () => {
    let asked = 0;
    // A valley whose floor lies at a = 3, b = 0.3.
    const worth = ({ a, b }: Record<string, number>) => {
      asked++;
      return Promise.resolve(Math.log(a! / 3) ** 2 + Math.log(b! / 0.3) ** 2);
    };
    const quantities: [Quantity, Quantity] = [quantity('a'), quantity('b')];
    const job = { quantities, reach: 1, points: 3, searches: 40, worth, exact: true };
    const surface = await sweep(job);
    expect(surface.first.values).toEqual([0.25, 1, 4]);
    expect(surface.returns).toHaveLength(9);
    expect(surface.returns[2]).toBeCloseTo(Math.log(4 / 3) ** 2 + Math.log(0.25 / 0.3) ** 2, 5);
    expect(Math.min(...surface.returns)).toBe(surface.returns[2]);
    expect(asked).toBe(surface.swept + surface.searched);
    expect(surface.searched).toBe(40);
    expect(surface.worst.first).toBeCloseTo(3, 1);
    expect(surface.worst.second).toBeCloseTo(0.3, 1);
    const plain = await sweep({ ...job, searches: 0 });
    expect(plain.worst).toMatchObject({ first: 4, second: 0.25 });
  });
});

describe('domain randomisation', () => {
  it('plays every episode in a world of its own, and the given share in the nominal one', () => {
    const worlds = (nominalShare: number, reach = 1) => {
      const world = randomised(lake as Environment, reach, nominalShare, stream(1, 'worlds'));
      return Array.from(
        { length: 100 },
        (_, i) => (world.initial(stream(1, i)) as { world: Environment }).world,
      );
    };
    expect(worlds(1).every((world) => world === lake)).toBe(true);
    expect(worlds(0.25).filter((world) => world === lake).length / 100).toBeCloseTo(0.25, 1);
    const steps = worlds(0).map((world) => exactReturn(world, Int32Array.from(PATH), 100));
    expect(new Set(steps).size).toBe(100);
    expect(new Set(worlds(0, 0).map((world) => exactReturn(world, Int32Array.from(PATH), 100)))).toEqual(
      new Set([1]),
    );
  });
});

/** Down, right, down, right to the goal of the 4x4 lake. */
const PATH = [1, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0, 0, 0, 2, 2, 0];
