import { describe, expect, it } from 'vitest';
import cartpole from '../../../envs/cartpole';
import { stream } from '../../../src-main/contract/random';

const environment = cartpole.create({ suttonBartoReward: false });
const unused = stream(1, 'unused');

describe('CartPole-v1', () => {
  it('moves from rest as calculated by hand', () => {
    const { state, reward, terminated } = environment.step(environment.fromArray([0, 0, 0, 0]), 1, unused);
    // temp = 10 / 1.1; θ̈ = −temp / (0.5 · (4/3 − 0.1/1.1)) = −600/41; ẍ = temp − 0.05 · θ̈ / 1.1 = 400/41.
    const found = environment.toArray(state);
    [0, (0.02 * 400) / 41, 0, (-0.02 * 600) / 41].forEach((value, i) =>
      expect(found[i]).toBeCloseTo(value, 12),
    );
    expect([reward, terminated]).toEqual([1, false]);
  });

  it('advances the positions with the old velocities', () => {
    const { state } = environment.step(environment.fromArray([1, 2, 0.1, -3]), 0, unused);
    const [x, , theta] = environment.toArray(state);
    expect([x, theta]).toEqual([1 + 0.02 * 2, 0.1 + 0.02 * -3]);
  });

  it.each([
    [[2.41, 0, 0, 0], true],
    [[-2.41, 0, 0, 0], true],
    [[2.4, 0, 0, 0], false],
    [[0, 0, 0.21, 0], true],
    [[0, 0, (12 * 2 * Math.PI) / 360, 0], false],
  ])('after a step from %j it has terminated: %j', (state, expected) => {
    expect(environment.step(environment.fromArray(state), 0, unused).terminated).toBe(expected);
  });

  it('pays as Sutton and Barto do when asked', () => {
    const other = cartpole.create({ suttonBartoReward: true });
    expect(other.step(other.fromArray([0, 0, 0, 0]), 0, unused).reward).toBe(0);
    expect(other.step(other.fromArray([3, 0, 0, 0]), 0, unused).reward).toBe(-1);
  });

  it('pays the step that ends an episode and none beyond it, as Gymnasium does', () => {
    const leaning = environment.fromArray([0, 0, 0.2, 0.5]);
    const fallen = environment.step(leaning, 0, unused);
    expect(fallen).toMatchObject({ reward: 1, terminated: true });
    expect(environment.step(fallen.state, 0, unused)).toMatchObject({ reward: 0, terminated: true });
  });

  it('starts within ±0.05', () => {
    const random = stream(3, 'start');
    const values = Array.from({ length: 200 }, () => environment.toArray(environment.initial(random))).flat();
    expect(Math.max(...values)).toBeLessThan(0.05);
    expect(Math.min(...values)).toBeGreaterThan(-0.05);
    expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.09);
  });

  it('refuses what is no action and no state, saying what it expected', () => {
    expect(() => environment.step(environment.fromArray([0, 0, 0, 0]), 2, unused)).toThrow(
      /found action 2; expected 0 or 1/,
    );
    expect(() => environment.fromArray([1, 2, 3])).toThrow(/expected four finite numbers/);
    expect(() => environment.fromArray([0, 0, NaN, 0])).toThrow(RangeError);
  });

  it('draws the pole upright, leaning right for a positive angle', () => {
    const pole = (theta: number) => {
      const { shapes } = environment.scene(environment.fromArray([0, 0, theta, 0]));
      return shapes.find((shape) => shape.ink === 'agent-part') as {
        x1: number;
        x2: number;
        y1: number;
        y2: number;
      };
    };
    expect(pole(0).x2).toBe(pole(0).x1);
    expect(pole(0).y2).toBeLessThan(pole(0).y1);
    expect(pole(0.2).x2).toBeGreaterThan(pole(0.2).x1);
  });
});
