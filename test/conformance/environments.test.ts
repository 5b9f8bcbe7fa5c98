/** Every environment: spaces, purity, determinism, transitions, drawing. */
import { describe, expect, it } from 'vitest';
import type { Environment } from '../../src-main/contract/environment';
import type { ParamsOf, ParamSpecs } from '../../src-main/contract/params';
import { stream } from '../../src-main/contract/random';
import { environments } from '../../src-main/engine/registry';

const defaults = (params: ParamSpecs) =>
  Object.fromEntries(
    Object.entries(params).map(([name, spec]) => [name, 'default' in spec ? spec.default : null]),
  ) as ParamsOf<ParamSpecs>;

/** Some random episodes' worth of states, each with the action taken in it. */
function wander(environment: Environment, seed: number): { state: unknown; action: number }[] {
  const random = stream(seed, 'wander');
  let state = environment.initial(random);
  return Array.from({ length: 200 }, () => {
    const action = random.integer(environment.actionSpace.n);
    const visited = { state, action };
    const step = environment.step(state, action, random);
    state = step.terminated ? environment.initial(random) : step.state;
    return visited;
  });
}

describe.each(environments.map((definition) => [definition.id, definition] as const))(
  '%s',
  (_id, definition) => {
    const environment = definition.create(defaults(definition.params));
    const visited = wander(environment, 1);

    it('goes the same way for the same stream', () => {
      expect(wander(environment, 1)).toEqual(visited);
      expect(wander(environment, 2)).not.toEqual(visited);
    });

    it('observes within its observation space', () => {
      const space = environment.observationSpace;
      for (const { state } of visited) {
        const observation = environment.observe(state);
        if (space.kind === 'discrete') {
          expect(observation).toHaveLength(1);
          expect(Number.isInteger(observation[0]) && observation[0]! >= 0 && observation[0]! < space.n).toBe(
            true,
          );
        } else {
          expect(observation).toHaveLength(space.names.length);
          observation.forEach((value, i) => {
            expect(value).toBeGreaterThanOrEqual(space.low[i]!);
            expect(value).toBeLessThanOrEqual(space.high[i]!);
          });
        }
      }
    });

    it('never changes a state that it was given', () => {
      for (const { state, action } of visited) {
        const before = structuredClone(state);
        environment.step(state, action, stream(1, 'step'));
        expect(state).toEqual(before);
      }
    });

    it('gives its state as an array and takes it back', () => {
      for (const { state } of visited)
        expect(environment.fromArray(environment.toArray(state))).toEqual(state);
      expect(() => environment.fromArray([])).toThrow(RangeError);
    });

    it('refuses actions outside its space', () => {
      for (const action of [-1, environment.actionSpace.n, 0.5, NaN]) {
        expect(() => environment.step(visited[0]!.state, action, stream(1, 'step'))).toThrow(RangeError);
      }
      expect(environment.actionSpace.names).toHaveLength(environment.actionSpace.n);
    });

    it('draws every state inside its picture', () => {
      for (const { state } of visited) {
        const { width, height, shapes, backdrop } = environment.scene(state);
        expect(width > 0 && height > 0 && shapes.length > 0).toBe(true);
        for (const shape of [...shapes, ...backdrop]) {
          for (const value of Object.values(shape))
            if (typeof value === 'number') expect(value).not.toBeNaN();
        }
      }
    });

    it('lists its transitions, if it is finite, as it takes them', () => {
      expect(environment.transitions !== undefined).toBe(definition.finite);
      if (!environment.transitions) return;
      const table = environment.transitions();
      for (const actions of table) {
        expect(actions).toHaveLength(environment.actionSpace.n);
        for (const outcomes of actions) {
          expect(outcomes.reduce((sum, [probability]) => sum + probability, 0)).toBeCloseTo(1, 12);
        }
      }
      for (const [i, { state, action }] of visited.entries()) {
        const { state: next, reward, terminated } = environment.step(state, action, stream(i, 'step'));
        const index = (of: unknown) => environment.observe(of)[0]!;
        expect(
          table[index(state)]![action]!.some(
            ([probability, to, pay, ends]) =>
              probability > 0 && to === index(next) && pay === reward && ends === terminated,
          ),
        ).toBe(true);
      }
      const start = environment.startDistribution!();
      expect(start.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
    });
  },
);
