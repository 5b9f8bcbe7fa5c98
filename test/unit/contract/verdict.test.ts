/** What makes a verdict fail, what it then says, and what it must not be taken in by. */
import { describe, expect, it } from 'vitest';
import type { Check, RunEvent } from '../../../src-main/contract/events';
import { summarize } from '../../../src-main/contract/summary';
import { armPlan, attackPlan, check, encounters, stateOf } from './made-up';

/** One arm of one seed, `right` of 100 inputs standing under each attack. */
const alone = (attacks: ReturnType<typeof attackPlan>[], right: number[], extra: RunEvent[] = []) =>
  summarize(stateOf(encounters(attacks, [{ arm: armPlan(0), right }], extra))).summary[0]!;
const statusOf = ({ verdict }: ReturnType<typeof alone>, id: string): Check['status'] =>
  verdict.checks.find((one) => one.id === id)!.status;

describe('gradient masking', () => {
  it('is named where a black box beats the gradients, and the numbers are marked', () => {
    const group = alone([attackPlan(0, 'pgd'), attackPlan(1, 'square', { knowledge: 'score' })], [62, 48]);
    expect(group.verdict).toMatchObject({
      holds: false,
      robust: false,
      gradientMasking: ['black-box-not-stronger'],
    });
    expect(group.verdict.text).toMatch(/^Not robust as far as shown: gradient masking \(a black-box attack/);
    expect(group.worstCase).toMatchObject({ mean: 0.48, failedChecks: ['black-box-not-stronger'] });
    expect(group.attacks[0]!.metrics.robustAccuracy!.failedChecks).toEqual(['black-box-not-stronger']);
    // What it spent is true all the same, and so is what was measured without an attack.
    expect(group.attacks[0]!.metrics.queries).not.toHaveProperty('failedChecks');
    expect(group.clean.accuracy).not.toHaveProperty('failedChecks');
  });

  it('is not hidden by an ensemble that has the black box among its members', () => {
    const attacks = [
      attackPlan(0, 'pgd'),
      attackPlan(1, 'square', { knowledge: 'score' }),
      attackPlan(2, 'worst-case'),
    ];
    expect(statusOf(alone(attacks, [62, 48, 45]), 'black-box-not-stronger')).toBe('fail');
  });

  it('is seen in one weak gradient attack, though another is strong', () => {
    const noise = attackPlan(0, 'random-noise', { knowledge: 'none' });
    const attacks = [noise, attackPlan(1, 'fgsm'), attackPlan(2, 'pgd')];
    expect(statusOf(alone(attacks, [50, 70, 10]), 'random-noise-weakest')).toBe('fail');
    expect(statusOf(alone(attacks, [90, 70, 10]), 'random-noise-weakest')).toBe('pass');
    const iterated = [attackPlan(0, 'fgsm'), attackPlan(1, 'pgd'), attackPlan(2, 'apgd')];
    expect(statusOf(alone(iterated, [40, 60, 10]), 'fgsm-not-stronger-than-pgd')).toBe('fail');
  });

  it('is not what a failed budget is', () => {
    const group = alone([attackPlan(0, 'pgd')], [10], [check(0, 'within-budget', 'fail')]);
    expect(group.verdict).toMatchObject({ holds: false, gradientMasking: [] });
    expect(group.verdict.text).toBe('The number does not hold: within-budget failed.');
  });
});

it('says nothing of robustness where no attack tried it', () => {
  const arms = [armPlan(0), armPlan(1, { defense: 'regularisation' })];
  const made = arms.map(({ index }) => check(index, 'within-budget', 'pass'));
  const of = (attacks: ReturnType<typeof attackPlan>[]) =>
    summarize(
      stateOf(
        encounters(
          attacks,
          arms.map((arm) => ({ arm, right: attacks.map(() => 50) })),
          made,
        ),
      ),
    ).summary[1]!.verdict;
  expect(of([])).toMatchObject({
    robust: false,
    text: 'No check that ran failed. No attack here tried its robustness.',
  });
  expect(of([{ ...attackPlan(0, 'membership-loss'), surface: 'privacy' }]).text).toMatch(/told by numbers/);
  expect(of([attackPlan(0, 'pgd')]).text).toMatch(/Not robust: its worst case/);
});

it('takes a check that was made where the experiment has nothing to compare, and the comparison where it has', () => {
  const made = [check(0, 'fgsm-not-stronger-than-pgd', 'fail', 'made for the check')];
  const without = alone([attackPlan(0, 'pgd')], [10], made);
  expect(without.verdict.checks.filter(({ id }) => id === 'fgsm-not-stronger-than-pgd')).toEqual([
    { id: 'fgsm-not-stronger-than-pgd', status: 'fail', evidence: 'Seed 1: made for the check' },
  ]);
  const withIt = alone([attackPlan(0, 'fgsm'), attackPlan(1, 'pgd')], [40, 10], made);
  expect(statusOf(withIt, 'fgsm-not-stronger-than-pgd')).toBe('pass');
});

it('compares no attacks without a budget: they go as far as they must', () => {
  const attacks = [
    attackPlan(0, 'deepfool', { epsilon: undefined }),
    attackPlan(1, 'hop-skip-jump', { epsilon: undefined, knowledge: 'decision' }),
  ];
  expect(statusOf(alone(attacks, [30, 0]), 'black-box-not-stronger')).toBe('not-run');
});

describe('robust', () => {
  const verdictOf = (pairs: [plain: number, defended: number][], extra: RunEvent[] = []) =>
    summarize(
      stateOf(
        encounters(
          [attackPlan(0, 'pgd')],
          pairs.flatMap(([plain, defended], i) => [
            { arm: armPlan(2 * i, { seed: i + 1 }), right: [plain] },
            { arm: armPlan(2 * i + 1, { seed: i + 1, defense: 'adversarial-training' }), right: [defended] },
          ]),
          extra,
        ),
      ),
    ).summary.map(({ verdict }) => verdict);

  it('is no gain of two inputs in a hundred, however sure', () => {
    expect(verdictOf([[0, 2], [0, 2], [0, 2]])[1]).toMatchObject({ robust: false }); // prettier-ignore
    expect(verdictOf([[0, 62], [0, 60], [0, 61]])[1]).toMatchObject({ robust: true }); // prettier-ignore
  });

  it('is nothing whose number does not hold', () => {
    const [plain, defended] = verdictOf([[0, 90]], [check(1, 'zero-gradients', 'fail')]);
    expect(defended).toMatchObject({ robust: false, gradientMasking: ['zero-gradients'] });
    expect(defended!.text).toContain('The number is too high');
    expect(plain).toMatchObject({ robust: false, gradientMasking: [] });
  });
});
