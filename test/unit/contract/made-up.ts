/** Made-up runs of classifiers on a hundred inputs, for what is computed from recorded events. */
import type { ArmPlan, AttackPlan, Check, RunEvent } from '../../../src-main/contract/events';
import { fold, initialState, type RunState } from '../../../src-main/contract/fold';

export const attackPlan = (
  index: number,
  id: string,
  given: { epsilon?: number | undefined; norm?: 'linf' | 'l2'; knowledge?: AttackPlan['knowledge'] } = {},
): AttackPlan => {
  const { epsilon, norm = 'linf', knowledge = 'white-box' } = { epsilon: 0.3, ...given };
  return {
    ...{ index, id, surface: 'evasion', knowledge, norm },
    params: { norm, ...(epsilon === undefined ? {} : { epsilon }) },
  };
};

export const armPlan = (
  index: number,
  { seed = 1, defense }: { seed?: number; defense?: string | ArmPlan['defense'] } = {},
): ArmPlan => ({
  ...{ index, seed, model: null, poisoning: null },
  defense: typeof defense === 'string' ? { id: defense, params: {} } : (defense ?? null),
});

export const check = (arm: number, id: string, status: Check['status'], evidence = ''): RunEvent => ({
  type: 'check',
  arm,
  check: { id, status, evidence },
});

/** The first `right` of 100 inputs stand; all are right before. */
const outcomeOf = (right: number) => Uint8Array.from({ length: 100 }, (_, i) => (i < right ? 3 : 1));

/** Arms evaluated clean and under every attack. */
export const encounters = (
  attacks: AttackPlan[],
  arms: { arm: ArmPlan; right: number[]; accuracy?: number; seconds?: number }[],
  extra: RunEvent[] = [],
): RunEvent[] => [
  {
    type: 'run-started',
    plan: { task: 'classification', arms: arms.map(({ arm }) => arm), attacks, work: 100 },
  },
  ...arms.flatMap(({ arm: { index }, right, accuracy = 1, seconds = 10 }): RunEvent[] => [
    { type: 'trained', arm: index, weights: {}, seconds, gradients: 1000 * seconds },
    {
      ...{ type: 'evaluation', arm: index, attack: null },
      ...{ metrics: { accuracy, seconds: 0.5 }, outcome: outcomeOf(100) },
    },
    ...right.map((count, attack): RunEvent => ({
      ...{ type: 'evaluation', arm: index, attack, outcome: outcomeOf(count) },
      metrics: { robustAccuracy: count / 100, accuracy: count / 100, queries: 40 },
    })),
  ]),
  ...extra,
];

export const stateOf = (events: RunEvent[]): RunState =>
  events.reduce((state, event, i) => fold(state, { sequence: i + 1, at: i * 1000, event }), initialState());
