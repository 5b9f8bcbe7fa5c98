/** A person in place of an attack: held to its budget, and scored without luck. */
import '@tensorflow/tfjs-node';
import { describe, expect, it } from 'vitest';
import cartpole from '../../../envs/cartpole';
import frozenLake from '../../../envs/frozen-lake';
import type { DuelView } from '../../../src-main/contract/duel';
import type { Environment } from '../../../src-main/contract/environment';
import { stream } from '../../../src-main/contract/random';
import optimal from '../../../src-main/engine/attacks/observation/optimal-displacement';
import random from '../../../src-main/engine/attacks/observation/random-observation';
import type { ObservationAttack, Policy } from '../../../src-main/engine/definitions';
import { Duel, type Arena, type Armed } from '../../../src-main/engine/rl/duel';
import { play } from '../../../src-main/engine/rl/episodes';
import { bindAttack } from '../../../src-main/engine/rl/eyes';
import { defaults, linearPolicy, tablePolicy } from './toys';

const arm = { index: 0, model: null, poisoning: null, defense: null, seed: 3 };
const breathe = () => Promise.resolve();
const armed = (attack: unknown, params: object): Armed => ({
  attack: attack as ObservationAttack,
  params: params as Armed['params'],
});

const pole = cartpole.create(defaults(cartpole.params)) as Environment;
/** Pushes towards where the pole falls. */
const balancer = linearPolicy([
  [0, 0, 0, 0],
  [0.02, 0.1, 1, 0.4],
]);
const onPole = (epsilon: number): Arena => ({
  environment: pole,
  policy: balancer,
  arm,
  budget: armed(random, { epsilon, cells: 1 }),
  rivals: [{ who: 'random', ...armed(random, { epsilon, cells: 1 }) }],
});

const lake = frozenLake.create(defaults(frozenLake.params)) as Environment;
/** The best way over the lake. */
const skater = tablePolicy([0, 3, 3, 3, 0, 0, 0, 0, 3, 1, 0, 0, 0, 2, 1, 0], 4);
const onLake = (cells: number, policy: Policy = skater): Arena => ({
  environment: lake,
  policy,
  arm,
  budget: armed(random, { epsilon: 0, cells }),
  rivals: [
    { who: 'random', ...armed(random, { epsilon: 0, cells }) },
    { who: 'optimum', ...armed(optimal, { cells }) },
  ],
});
const onLakeExactly = (attack: unknown): number =>
  bindAttack(attack as ObservationAttack, { cells: 1 } as never, lake, stream(1, 'x'), true).exactReturn!(
    skater,
  );

/** Plays an episode to its end. */
function playOut(duel: Duel, choose: (view: DuelView) => number[]): DuelView {
  let { view } = duel.facts();
  while (!view.ended) view = duel.turn({ wanted: choose(view), advance: true });
  return view;
}

describe('a duel on a box', () => {
  it('without a perturbation is the evaluation’s episode', async () => {
    const { episodes } = await play({
      environment: pole,
      policy: balancer,
      episodes: 2,
      dynamics: (episode) => stream(3, 'evaluation', 'dynamics', episode),
      breathe,
    });
    const duel = new Duel(onPole(0.1), { episode: 0 });
    const { view, limit } = duel.facts();
    expect(view.observation).toEqual([...episodes[0]!.observations[0]!]);
    const end = playOut(duel, () => [0, 0, 0, 0]);
    expect(limit).toBe(500);
    expect(end).toMatchObject({
      step: episodes[0]!.length,
      return: episodes[0]!.return,
      spent: { attacked: 0, flipped: 0, largest: 0 },
      outlook: null,
    });
    expect(playOut(new Duel(onPole(0.1), { episode: 1 }), () => [0, 0, 0, 0]).return).toBe(
      episodes[1]!.return,
    );
  });

  it('holds the person to the budget, and shows what the agent would do before it does', () => {
    const duel = new Duel(onPole(0.05), { episode: 0 });
    const { reach } = duel.facts();
    expect(reach).toEqual([0.05, 0.05, 0.05, 0.05]);
    const wanted = [9, 0, -9, 0.01];
    const look = duel.turn({ wanted, advance: false });
    expect(look.step).toBe(0);
    [0.05, 0, -0.05, 0.01].forEach((moved, i) =>
      expect(look.perceived[i]! - look.observation[i]!).toBeCloseTo(moved, 6),
    );
    expect(look.perceivedScores).toEqual([...balancer.scores(Float32Array.from(look.perceived))]);
    const next = duel.turn({ wanted, advance: true });
    expect(next.step).toBe(1);
    expect(next.spent).toMatchObject({ attacked: 1, flipped: look.action === look.intended ? 0 : 1 });
    expect(next.spent.largest).toBeCloseTo(0.05, 6);
    // On a box the hand stays where it is.
    expect(next.perceived[0]! - next.observation[0]!).toBeCloseTo(0.05, 6);
  });

  it('maps the decisions over the budget, true to the policy', () => {
    const { view } = new Duel(onPole(0.2), { episode: 0 }).facts();
    expect(view.maps.map(({ x, y }) => [x, y])).toEqual([
      [0, 1],
      [2, 3],
    ]);
    const { actions, side } = view.maps[1]!;
    expect(actions[(side * side - 1) / 2]).toBe(view.intended);
    // Falling fast to the right is at the upper right, to the left at the lower left.
    expect([actions[side - 1], actions[side * (side - 1)]]).toEqual([1, 0]);
  });

  it('is scored beside attacks from the same start', async () => {
    const rivals = await new Duel(onPole(0.3), { episode: 0 }).rivals(breathe);
    expect(rivals.map(({ who, exact, episodes }) => [who, exact, episodes])).toEqual([
      ['unattacked', false, 1],
      ['random', false, 20],
    ]);
    expect(rivals[1]!.return).toBeLessThan(rivals[0]!.return);
  });

  it('refuses what cannot be done', () => {
    const duel = new Duel(onPole(0.1), { episode: 0 });
    expect(() => duel.turn({ wanted: [0], advance: false })).toThrow('found 1 values; expected 4');
    playOut(duel, () => [0.1, 0.1, 0.1, 0.1]);
    expect(() => duel.turn({ wanted: [0, 0, 0, 0], advance: true })).toThrow('has ended');
  });
});

describe('a duel on a grid', () => {
  const believe = (view: DuelView, which: (worths: number[]) => number): number[] => {
    const worths = view.disguises.map(({ worth }) => worth!);
    return [view.disguises[worths.indexOf(which(worths))]!.cell];
  };

  it('played as the optimum plays is worth the optimum, in every episode', () => {
    const worst = onLakeExactly(optimal);
    for (let episode = 0; episode < 5; episode++) {
      const end = playOut(new Duel(onLake(1), { episode }), (view) =>
        believe(view, (worths) => Math.min(...worths)),
      );
      expect(end.outlook!.yours).toBeCloseTo(worst, 12);
      expect(end.outlook!.optimum).toBe(end.return);
    }
  });

  it('is worth on average what the person’s play earns: luck is left out, not effort', () => {
    // Random disguises, as random noise has them, whose expected return is known exactly.
    const luck = stream(1, 'person');
    const episodes = 400;
    let [worth, squares] = [0, 0];
    for (let episode = 0; episode < episodes; episode++) {
      const end = playOut(new Duel(onLake(1), { episode }), ({ disguises }) => [
        disguises[luck.integer(disguises.length)]!.cell,
      ]);
      worth += end.outlook!.yours / episodes;
      squares += end.outlook!.yours ** 2 / episodes;
    }
    const error = Math.sqrt((squares - worth ** 2) / episodes);
    expect(Math.abs(worth - onLakeExactly(random))).toBeLessThan(3 * error);
  });

  it('begins with nothing displaced, and offers every cell within reach', () => {
    const { view, reach, kind } = new Duel(onLake(1), { episode: 0 }).facts();
    expect([kind, reach, view.perceived, view.maps]).toEqual(['grid', [1], [0], []]);
    expect(view.disguises.map(({ cell, distance }) => [cell, distance])).toEqual([
      [0, 0],
      [1, 1],
      [4, 1],
    ]);
    expect(view.outlook!.unattacked).toBeCloseTo(0.74, 2);
    expect(view.outlook!.yours).toBe(view.outlook!.optimum);
  });

  it('is scored exactly, and nothing does more harm than the optimum', async () => {
    const rivals = await new Duel(onLake(1), { episode: 0 }).rivals(breathe);
    expect(rivals.map(({ who }) => who)).toEqual(['unattacked', 'random', 'optimum']);
    expect(rivals.every(({ exact }) => exact)).toBe(true);
    const [clean, noise, worst] = rivals.map((rival) => rival.return) as [number, number, number];
    expect(clean).toBeGreaterThan(noise);
    expect(noise).toBeGreaterThan(worst);
    expect(worst).toBe(onLakeExactly(optimal));
  });

  it('refuses a cell beyond the reach', () => {
    const duel = new Duel(onLake(1), { episode: 0 });
    expect(() => duel.turn({ wanted: [15], advance: true })).toThrow(
      'cell 15 is not within 1 steps of cell 0',
    );
  });
});
