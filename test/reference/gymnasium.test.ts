/** Environments against values recorded from Gymnasium 1.4 by `gymnasium-golden.py`. */
import { describe, expect, it } from 'vitest';
import cartpole from '../../envs/cartpole';
import cliffWalking from '../../envs/cliff-walking';
import frozenLake from '../../envs/frozen-lake';
import taxi from '../../envs/taxi';
import type { Environment } from '../../src-main/contract/environment';
import type { ParamSpecs } from '../../src-main/contract/params';
import { stream } from '../../src-main/contract/random';
import { defaults } from '../unit/rl/toys';
import golden from './gymnasium.json';

const definitions: Record<string, { params: ParamSpecs; create(params: never): Environment<number> }> = {
  'FrozenLake-v1': frozenLake,
  'CliffWalking-v1': cliffWalking,
  'Taxi-v4': taxi,
};
const create = (id: string, params: object): Environment<number> => {
  const definition = definitions[id]!;
  return definition.create(defaults(definition.params, params) as never);
};

describe.each(golden.tables)('$id $params', ({ id, params, P, start }) => {
  const environment = create(id, params);

  it('has the same transitions in every state', () => {
    expect(environment.transitions!()).toEqual(P);
  });

  it('starts alike', () => {
    const distribution = start.map(() => 0);
    for (const { state, probability } of environment.startDistribution!()) distribution[state] = probability;
    expect(distribution).toEqual(start);
  });
});

// An own map has its own limit here, the registered one of 4x4 in Gymnasium.
const registered = golden.tables.filter(({ params }) => !('rows' in params));
it.each(registered)('$id $params has the registered limit and threshold', (table) => {
  const environment = create(table.id, table.params);
  expect(environment.maxEpisodeSteps).toBe(table.maxEpisodeSteps);
  expect(environment.rewardThreshold).toBe(table.rewardThreshold);
});

describe.each(golden.cartpole)(
  'CartPole-v1, suttonBartoReward $suttonBartoReward',
  ({ suttonBartoReward, steps }) => {
    const environment = cartpole.create({ suttonBartoReward });

    it('steps from a float64 state to the same float32 observation, within 1e-6', () => {
      for (const { state, action, observation, reward, terminated } of steps) {
        const next = environment.step(environment.fromArray(state), action, stream(1, 'unused'));
        const found = environment.observe(next.state);
        observation.forEach((value, i) => expect(Math.abs(found[i]! - value)).toBeLessThanOrEqual(1e-6));
        expect(next.reward).toBe(reward);
        expect(next.terminated).toBe(terminated);
      }
      expect(steps.some((step) => step.terminated)).toBe(true);
    });
  },
);
