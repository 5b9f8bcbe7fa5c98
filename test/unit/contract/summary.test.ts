import { describe, expect, it } from 'vitest';
import type { ArmPlan, AttackPlan, RunEvent } from '../../../src-main/contract/events';
import { fold, initialState, secondsLeft, type RunState } from '../../../src-main/contract/fold';
import { summarize } from '../../../src-main/contract/summary';

const attack = (
  index: number,
  id: string,
  epsilon: number,
  knowledge: AttackPlan['knowledge'] = 'white-box',
): AttackPlan => ({
  index,
  id,
  params: { epsilon },
  surface: 'evasion',
  knowledge,
  norm: 'linf',
});
const defense = { id: 'adversarial-training', params: {} };
const arm = (index: number, seed: number, defended: boolean): ArmPlan => ({
  index,
  seed,
  model: null,
  poisoning: null,
  defense: defended ? defense : null,
});

/** `right` of 100 inputs stand, the first ones; all are right before. */
const outcome = (right: number) => Uint8Array.from({ length: 100 }, (_, i) => (i < right ? 3 : 1));
const evaluation = (index: number, which: number | null, right: number): RunEvent => ({
  type: 'evaluation',
  arm: index,
  attack: which,
  metrics: which === null ? { accuracy: 1 } : { robustAccuracy: right / 100, accuracy: right / 100 },
  outcome: outcome(which === null ? 100 : right),
});

function stateOf(events: RunEvent[]): RunState {
  return events.reduce(
    (state, event, i) => fold(state, { sequence: i + 1, at: i * 1000, event }),
    initialState(),
  );
}

function run(
  attacks: AttackPlan[],
  standing: { arm: ArmPlan; right: number[] }[],
  extra: RunEvent[] = [],
): RunState {
  return stateOf([
    {
      type: 'run-started',
      plan: { task: 'classification', arms: standing.map((each) => each.arm), attacks, work: 100 },
    },
    ...standing.flatMap(({ arm: { index }, right }) => [
      evaluation(index, null, 100),
      ...right.map((count, which) => evaluation(index, which, count)),
    ]),
    ...extra,
  ]);
}

const checkOf = (state: RunState, id: string, group = 0) =>
  summarize(state).summary[group]!.verdict.checks.find((check) => check.id === id)!;

describe('summary', () => {
  it('takes means over seeds with their interval, and the worst case over all attacks', () => {
    const state = run(
      [attack(0, 'fgsm', 0.1), attack(1, 'pgd', 0.1)],
      [
        { arm: arm(0, 1, false), right: [50, 40] },
        { arm: arm(1, 2, false), right: [60, 44] },
      ],
    );
    const { arms, summary } = summarize(state);
    expect(arms).toHaveLength(2);
    expect(summary).toHaveLength(1);
    expect(summary[0]).toMatchObject({ seeds: [1, 2], clean: { accuracy: { mean: 1, n: 2 } } });
    expect(summary[0]!.worstCase!.mean).toBeCloseTo(0.42, 12);
    expect(summary[0]!.attacks[0]!.metrics.robustAccuracy!.mean).toBeCloseTo(0.55, 12);
  });

  it('fails a verdict in which FGSM beats PGD by more than chance', () => {
    const attacks = [attack(0, 'fgsm', 0.1), attack(1, 'pgd', 0.1)];
    const weaker = run(attacks, [{ arm: arm(0, 1, false), right: [40, 60] }]);
    expect(checkOf(weaker, 'fgsm-not-stronger-than-pgd')).toMatchObject({ status: 'fail' });
    expect(summarize(weaker).summary[0]!.verdict.holds).toBe(false);
    const chance = run(attacks, [{ arm: arm(0, 1, false), right: [40, 42] }]);
    expect(checkOf(chance, 'fgsm-not-stronger-than-pgd')).toMatchObject({ status: 'pass' });
  });

  it('does not compare attacks of different budgets', () => {
    const state = run(
      [attack(0, 'fgsm', 0.3), attack(1, 'pgd', 0.1)],
      [{ arm: arm(0, 1, false), right: [10, 60] }],
    );
    expect(checkOf(state, 'fgsm-not-stronger-than-pgd')).toMatchObject({ status: 'not-run' });
  });

  it('marks random noise that is stronger than every attack, and a black box that beats gradients', () => {
    const attacks = [
      attack(0, 'random-noise', 0.1, 'none'),
      attack(1, 'pgd', 0.1),
      attack(2, 'square', 0.1, 'score'),
    ];
    const masked = run(attacks, [{ arm: arm(0, 1, false), right: [30, 80, 40] }]);
    expect(checkOf(masked, 'random-noise-weakest').status).toBe('fail');
    expect(checkOf(masked, 'black-box-not-stronger').status).toBe('fail');
  });

  it('compares attacks on a grid at one number of cells, by exact returns', () => {
    const onGrid = (
      index: number,
      id: string,
      cells: number,
      knowledge: AttackPlan['knowledge'],
    ): AttackPlan => ({
      ...attack(index, id, 0.1, knowledge),
      params: id === 'random-observation' ? { epsilon: 0.1, cells } : { cells },
      surface: 'observation' as const,
    });
    const attacks = [
      onGrid(0, 'random-observation', 2, 'none'),
      onGrid(1, 'optimal-displacement', 1, 'white-box'),
      onGrid(2, 'optimal-displacement', 2, 'white-box'),
    ];
    const check = (exactReturns: number[]) =>
      checkOf(
        stateOf([
          {
            type: 'run-started',
            plan: { task: 'reinforcement-learning', arms: [arm(0, 1, false)], attacks, work: 1 },
          },
          { type: 'evaluation', arm: 0, attack: null, metrics: { return: 1 } },
          ...exactReturns.map((exactReturn, which): RunEvent => ({
            type: 'evaluation',
            arm: 0,
            attack: which,
            // What fifty episodes happen to show goes the other way.
            metrics: { return: -exactReturn, exactReturn, meanCells: 1 },
          })),
        ]),
        'random-noise-weakest',
      );
    expect(check([-3, -2, -5])).toMatchObject({
      status: 'pass',
      evidence: expect.stringContaining('at cells 2: return -3.00 under random-observation, -5.00 under'),
    });
    expect(check([-5, -2, -3]).status).toBe('fail');
    expect(check([-3 * (1 + 1e-15), -2, -3]).status).toBe('pass');
  });

  it('compares attacks on a box by their epsilon, whether or not they could displace a cell too', () => {
    const onBox = (index: number, id: string, cells: object): AttackPlan => ({
      ...attack(index, id, 0.1, id === 'random-observation' ? 'none' : 'white-box'),
      params: { epsilon: 0.1, unit: 'absolute', ...cells },
      surface: 'observation' as const,
    });
    const attacks = [
      onBox(0, 'random-observation', { cells: 1 }),
      onBox(1, 'fgsm-observation', { cells: 1 }),
      onBox(2, 'robust-sarsa', {}),
    ];
    const returns = [300, 500, 60];
    const state = stateOf([
      {
        type: 'run-started',
        plan: { task: 'reinforcement-learning', arms: [arm(0, 1, false)], attacks, work: 1 },
      },
      { type: 'evaluation', arm: 0, attack: null, metrics: { return: 500 } },
      ...returns.map((value, which): RunEvent => ({
        type: 'evaluation',
        arm: 0,
        attack: which,
        metrics: { return: value },
      })),
    ]);
    expect(checkOf(state, 'random-noise-weakest')).toMatchObject({
      status: 'pass',
      evidence: expect.stringContaining('return 300.00 under random-observation, 60.00 under robust-sarsa'),
    });
  });

  it('calls a defence robust only above the undefended arm by more than the interval', () => {
    const attacks = [attack(0, 'pgd', 0.3)];
    const of = (pairs: [number, number][]) =>
      summarize(
        run(
          attacks,
          pairs.flatMap(([plain, defended], i) => [
            { arm: arm(2 * i, i + 1, false), right: [plain] },
            { arm: arm(2 * i + 1, i + 1, true), right: [defended] },
          ]),
        ),
      ).summary.map(({ verdict }) => verdict.robust);
    expect(
      of([
        [0, 75],
        [1, 78],
        [0, 73],
      ]),
    ).toEqual([false, true]);
    expect(
      of([
        [0, 2],
        [1, 0],
        [0, 5],
      ]),
    ).toEqual([false, false]);
    // One seed: the inputs are paired instead.
    expect(of([[0, 75]])).toEqual([false, true]);
    expect(of([[0, 3]])).toEqual([false, false]);
  });

  it('keeps the seed and the numbers of a failed check', () => {
    const state = run(
      [],
      [{ arm: arm(0, 4, false), right: [] }],
      [
        {
          type: 'check',
          arm: 0,
          check: { id: 'zero-gradients', status: 'fail', evidence: '40.0 % of 200 inputs' },
        },
      ],
    );
    expect(checkOf(state, 'zero-gradients')).toEqual({
      id: 'zero-gradients',
      status: 'fail',
      evidence: 'Seed 4: 40.0 % of 200 inputs',
    });
  });
});

describe('fold', () => {
  it('estimates the time left from the pace of this process alone', () => {
    const state = run([], [{ arm: arm(0, 1, false), right: [] }]);
    const at = (sequence: number, ms: number, event: RunEvent) => fold(state, { sequence, at: ms, event });
    at(3, 10_000, { type: 'progress', done: 10, what: 'training' });
    expect(secondsLeft(state)).toBeCloseTo(90, 0);
    at(4, 11_000, { type: 'run-stopped' });
    at(5, 500_000, { type: 'run-resumed', from: null });
    expect(secondsLeft(state)).toBeNull();
    at(6, 502_000, { type: 'progress', done: 30, what: 'training' });
    expect(secondsLeft(state)).toBeCloseTo((2 / 20) * 70, 5);
  });
});
