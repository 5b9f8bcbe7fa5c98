import { describe, expect, it } from 'vitest';
import cliffWalking from '../../../envs/cliff-walking';
import frozenLake from '../../../envs/frozen-lake';
import goldBomb from '../../../envs/gold-bomb';
import taxi from '../../../envs/taxi';
import { stream } from '../../../src-main/contract/random';
import { defaults } from '../rl/toys';

const lake = (params: Partial<Parameters<typeof frozenLake.create>[0]>) =>
  frozenLake.create({ map: '4x4', rows: null, slippery: false, successRate: 1 / 3, ...params });

describe('FrozenLake-v1', () => {
  it.each([
    [['SF', 'FFG'], /row 2 “FFG” has 3 cells; expected 2/],
    [
      ['SF', 'XG'],
      /row 2 “XG” has the letter “X”; expected S \(start\), F \(ice\), H \(hole\) or G \(goal\)/,
    ],
    [['FF', 'FG'], /no row has a start/],
    [['SF', 'FF'], /no row has a goal/],
  ])('refuses the map %j', (rows, message) => {
    expect(() => lake({ rows })).toThrow(message);
    expect(() => lake({ rows })).toThrow(RangeError);
  });

  it('gives own maps a time limit that agrees with the standard ones', () => {
    const square = (n: number) => [
      `S${'F'.repeat(n - 1)}`,
      ...Array(n - 2).fill('F'.repeat(n)),
      `${'F'.repeat(n - 1)}G`,
    ];
    expect(lake({ rows: square(4) }).maxEpisodeSteps).toBe(100);
    expect(lake({ rows: square(8) }).maxEpisodeSteps).toBe(200);
    expect(lake({ rows: ['SFG'] }).maxEpisodeSteps).toBe(50);
  });

  it('starts in each start alike', () => {
    const environment = lake({ rows: ['SGS'] });
    const random = stream(1, 'starts');
    const starts = Array.from({ length: 1000 }, () => environment.initial(random));
    expect(new Set(starts)).toEqual(new Set([0, 2]));
    expect(starts.filter((state) => state === 0).length).toBeGreaterThan(430);
  });

  it('slips as often as it says', () => {
    const environment = lake({ slippery: true, successRate: 0.8 });
    const random = stream(1, 'slips');
    // From cell 1 left leads to 0, slipping to 1 (the wall) or into the hole 5.
    const ends = Array.from({ length: 5000 }, () => environment.step(1, 0, random).state);
    const share = (cell: number) => ends.filter((end) => end === cell).length / ends.length;
    expect(share(0)).toBeCloseTo(0.8, 1);
    expect(share(1)).toBeCloseTo(0.1, 1);
    expect(share(5)).toBeCloseTo(0.1, 1);
  });

  it('knows the neighbours an agent can be in: no holes, no goal', () => {
    expect(lake({}).neighbours!(0).sort()).toEqual([1, 4]);
    expect(lake({}).neighbours!(4).sort()).toEqual([0, 8]);
    expect(lake({}).neighbours!(14).sort((a, b) => a - b)).toEqual([10, 13]);
  });

  it('refuses what is no action and no state', () => {
    expect(() => lake({}).step(0, 4, stream(1, 'x'))).toThrow(
      /found action 4; expected a whole number from 0 to 3/,
    );
    expect(() => lake({}).fromArray([16])).toThrow(/from 0 to 15/);
    expect(() => lake({}).fromArray([1.5])).toThrow(RangeError);
  });
});

describe('CliffWalking-v1', () => {
  const environment = cliffWalking.create({ slippery: false });
  const random = stream(1, 'unused');

  it('leads from the cliff back to the start without ending', () => {
    expect(environment.step(36, 1, random)).toEqual({ state: 36, reward: -100, terminated: false });
  });

  it('ends at the goal', () => {
    expect(environment.step(35, 2, random)).toEqual({ state: 47, reward: -1, terminated: true });
  });
});

describe('GoldBomb-5x5', () => {
  const { transitions, startDistribution } = goldBomb.create({ successRate: 0.8 });
  const [west, north, , east] = [0, 1, 2, 3];

  it('pays the step and what lies there, and ends at gold and bomb', () => {
    const [, toWest, toEast] = [1, 2, 4].map((cell) => transitions!()[cell]!);
    expect(toWest![east]!.find(([, next]) => next === 3)).toEqual([0.8, 3, 9, true]);
    expect(toEast![west]!.find(([, next]) => next === 3)).toEqual([0.8, 3, 9, true]);
    expect(transitions!()[13]![north]!.find(([, next]) => next === 8)).toEqual([0.8, 8, -11, true]);
    expect(transitions!()[12]![north]!.map(([p, next]) => [next, p.toFixed(4)])).toEqual([
      [11, '0.0667'],
      [7, '0.8000'],
      [17, '0.0667'],
      [13, '0.0667'],
    ]);
  });

  it('starts anywhere in the bottom row', () => {
    expect(startDistribution!().map(({ state }) => state)).toEqual([20, 21, 22, 23, 24]);
  });
});

describe('Taxi-v4', () => {
  const dry = taxi.create(defaults(taxi.params));
  // Row 0, column 0 with the passenger aboard who wants to go to green.
  const aboard = (0 * 5 + 4) * 4 + 1;

  it('displaces the taxi along open ways only, and nobody else', () => {
    // East of the yellow stand, row 4 column 0, is a wall.
    const yellow = (20 * 5 + 0) * 4 + 1;
    expect(dry.neighbours!(yellow)).toEqual([(15 * 5 + 0) * 4 + 1]);
    expect(dry.neighbours!(aboard)).toEqual([(5 * 5 + 4) * 4 + 1, (1 * 5 + 4) * 4 + 1]);
  });

  it('lets a fickle passenger change their mind once, at the first move with them aboard', () => {
    const fickle = taxi.create(defaults(taxi.params, { ficklePassenger: true }));
    const random = stream(1, 'fickle');
    const starts = Array.from({ length: 4000 }, () => fickle.initial(random));
    expect(starts.filter((state) => state >= 500).length / 4000).toBeCloseTo(0.3, 1);
    expect(fickle.observe(500 + aboard)[0]).toBe(aboard);

    const [south, north, , , pickUp] = [0, 1, 2, 3, 4];
    const after = (state: number, action: number) => fickle.step(state, action, random).state;
    // Against the wall, and without the passenger, nothing has begun yet.
    expect(after(500 + aboard, north!)).toBe(500 + aboard);
    expect(after(500 + 1, pickUp!)).toBe(500 + aboard);
    const destinations = Array.from({ length: 600 }, () => after(500 + aboard, south!));
    expect(new Set(destinations.map((state) => state % 4))).toEqual(new Set([0, 2, 3]));
    expect(destinations.every((state) => state < 500 && Math.floor(state / 4) === 5 * 5 + 4)).toBe(true);
    expect(after(aboard, south!)).toBe(5 * 20 + aboard);
  });

  it('has no table of a fickle passenger, whose mind cannot be observed, and takes its states back', () => {
    const fickle = taxi.create(defaults(taxi.params, { ficklePassenger: true }));
    expect(fickle.transitions).toBeUndefined();
    expect(fickle.fromArray(fickle.toArray(700))).toBe(700);
    expect(() => fickle.fromArray([1000])).toThrow(RangeError);
    expect(() => dry.fromArray([500])).toThrow(RangeError);
  });
});
