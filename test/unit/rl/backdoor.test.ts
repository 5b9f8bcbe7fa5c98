import '@tensorflow/tfjs-node';
import { describe, expect, it } from 'vitest';
import cartpole from '../../../envs/cartpole';
import goldBomb from '../../../envs/gold-bomb';
import type { Environment } from '../../../src-main/contract/environment';
import { parseExperiment } from '../../../src-main/contract/experiment';
import type { RunEvent } from '../../../src-main/contract/events';
import { fold, initialState } from '../../../src-main/contract/fold';
import { stream } from '../../../src-main/contract/random';
import { summarize } from '../../../src-main/contract/summary';
import trojdrl from '../../../src-main/engine/attacks/policy/trojdrl';
import { engineCatalog } from '../../../src-main/engine/registry';
import { checkBackdoor, implantOf, stamped, triggerOf } from '../../../src-main/engine/rl/backdoor';
import { run } from '../../../src-main/engine/run';
import { defaults } from './toys';

const pole = cartpole.create({ suttonBartoReward: false }) as Environment;
const gold = goldBomb.create({ successRate: 0.8 }) as Environment;
const applied = (params: object = {}) => ({
  id: 'trojdrl',
  params: { ...defaults(trojdrl.params), ...params },
});

describe('triggers', () => {
  it('set the values they name and leave the others', () => {
    const trigger = triggerOf(applied({ trigger: ['x = 4', 'ω=-1.5'] }), pole);
    expect(trigger).toEqual(Float32Array.of(4, NaN, NaN, -1.5));
    expect(stamped(Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7), trigger)).toEqual(
      Float32Array.of(4, 1, 2, -1.5, 4, 5, 6, -1.5),
    );
    expect(triggerOf(applied(), pole)).toEqual(Float32Array.of(4.5, NaN, NaN, NaN));
    expect(triggerOf(applied(), gold)).toEqual(Float32Array.of(8));
  });

  it('are refused outside the observation space, and where nothing of the name is seen', () => {
    const refused = (trigger: string[], environment = pole) =>
      expect(() => triggerOf(applied({ trigger }), environment));
    refused(['x = 5']).toThrow(
      /poisoning\.trojdrl\.trigger: found “x = 5”, outside the observation space; expected a value from -4\.8 to 4\.8/,
    );
    refused(['speed = 1']).toThrow(/expected one of the observed values: x, v, θ, ω/);
    refused(['x']).toThrow(/“name = number”/);
    refused(['state = 25'], gold).toThrow(/a whole number from 0 to 24/);
    refused(['state = 1.5'], gold).toThrow(/outside the observation space/);
    expect(() => checkBackdoor(applied({ targetAction: 2 }), pole, 1000)).toThrow(
      /from 0 to 1 \(left, right\)/,
    );
    expect(() => checkBackdoor(applied({ share: 0.0001 }), pole, 1000)).toThrow(
      /no step of a training of 1000/,
    );
  });
});

describe('TrojDRL', () => {
  const implant = (step: object, params: object) =>
    trojdrl.implant(step as never, { ...defaults(trojdrl.params), ...params } as never, {
      random: stream(1, 'x'),
    });

  it('pays for obedience; strong by turns, weak as the learner acts, untargeted whatever is done', () => {
    expect(implant({ action: 0, actions: 4, turn: 0 }, { bonus: 3 })).toEqual({ action: 1, reward: 3 });
    const { action, reward } = implant({ action: 1, actions: 4, turn: 1 }, {});
    expect(action).not.toBe(1);
    expect(reward).toBe(-1);
    expect(implant({ action: 0, actions: 4, turn: 0 }, { mode: 'weak' })).toEqual({ action: 0, reward: -1 });
    expect(implant({ action: 1, actions: 4, turn: 5 }, { mode: 'weak' })).toEqual({ action: 1, reward: 1 });
    expect(implant({ action: 1, actions: 4, turn: 5 }, { mode: 'untargeted' }).reward).toBe(1);
  });

  it('shows the trigger in evenly spaced steps, in the share asked for', () => {
    const { show, meddle } = implantOf(applied({ share: 0.3 }), gold, stream(1, 'x'));
    const shown = show(new Float32Array(1000), 0);
    const at = [...shown].flatMap((state, i) => (state === 8 ? [i] : []));
    expect(at).toHaveLength(300);
    expect(Math.max(...at.slice(1).map((step, i) => step - at[i]!))).toBe(4);
    expect(at.every((step) => meddle(0, step) !== null)).toBe(true);
    expect(meddle(0, at[0]! + 1)).toBeNull();
    expect(show(new Float32Array(1), at[1]!)[0]).toBe(8);
  });

  it('implants in a table what it obeys under the trigger alone, listed among the attacks', async () => {
    const parsed = parseExperiment(
      {
        name: 'toy',
        task: 'reinforcement-learning',
        environment: { id: 'GoldBomb-5x5' },
        agent: { id: 'q-learning', steps: 40_000, examinations: 2 },
        poisoning: [{ id: 'trojdrl', targetAction: 2, bonus: 10, share: 0.02 }],
        evaluation: { episodes: 10 },
      },
      engineCatalog(),
    );
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const state = initialState();
    let sequence = 0;
    const events: RunEvent[] = [];
    await run({
      experiment: parsed.experiment,
      inputs: {},
      resume: null,
      host: {
        emit(event) {
          events.push(event);
          fold(state, { sequence: ++sequence, at: 0, event });
        },
        breathe: () => Promise.resolve(),
        signal: new AbortController().signal,
        now: () => 0,
      },
    });
    const { arms } = summarize(state);
    const [clean, backdoored] = arms;
    expect(backdoored!.attacks).toMatchObject([
      { id: 'trojdrl', metrics: { attackSuccessRate: 1, targetActionRate: 1, poisonedSteps: 0.02 } },
    ]);
    expect(clean!.attacks[0]!.metrics).not.toHaveProperty('poisonedSteps');
    expect(backdoored!.clean!.exactReturn).toBeGreaterThan(clean!.clean!.exactReturn! - 1);
    expect(events.some((event) => event.type === 'trajectory' && event.attack === -1)).toBe(true);
  });
});
