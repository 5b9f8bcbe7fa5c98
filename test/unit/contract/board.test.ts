/** The trade-off board: what stands on it, what its front is, and which defence it names. */
import { describe, expect, it } from 'vitest';
import {
  boardOf,
  chooseDefense,
  paretoFront,
  samplesOf,
  type BoardRow,
} from '../../../src-main/contract/board';
import { classResults } from '../../../src-main/contract/classes';
import type { RunEvent } from '../../../src-main/contract/events';
import { summarize } from '../../../src-main/contract/summary';
import { isSeen, trainedAgainst } from '../../../src-main/contract/training-attacks';
import { armPlan, attackPlan, encounters, stateOf } from './made-up';

const trainedOnPgd = {
  id: 'adversarial-training',
  params: { attack: { id: 'pgd', params: { epsilon: 0.3, norm: 'linf' } }, ramp: 0.4 },
};

describe('attacks trained against', () => {
  it('are those among the parameters, of the same norm, whatever their budget', () => {
    const trained = trainedAgainst(trainedOnPgd);
    expect(trained.map(({ id }) => id)).toEqual(['pgd']);
    expect(isSeen(attackPlan(0, 'pgd', { epsilon: 0.1 }), trained)).toBe(true);
    expect(isSeen(attackPlan(0, 'pgd', { norm: 'l2' }), trained)).toBe(false);
    expect(isSeen(attackPlan(0, 'fgsm'), trained)).toBe(false);
  });
  it('are those a defence makes by itself', () => {
    const trained = trainedAgainst({ id: 'noise-augmentation', params: { epsilon: 0.3 } });
    expect(isSeen(attackPlan(0, 'random-noise'), trained)).toBe(true);
    expect(trainedAgainst(null)).toEqual([]);
  });
});

describe('board', () => {
  const attacks = [
    attackPlan(0, 'pgd'),
    attackPlan(1, 'square', { knowledge: 'score' }),
    attackPlan(2, 'pgd', { norm: 'l2' }),
  ];
  const corruptions: RunEvent[] = [0.9, 0.5].map((accuracy, i) => ({
    ...{ type: 'corruption', arm: 1, corruption: ['noise', 'blur'][i]!, severity: 1 },
    metrics: { accuracy },
  }));
  const state = stateOf(
    encounters(
      attacks,
      [
        { arm: armPlan(0), right: [0, 20, 5] },
        { arm: armPlan(1, { defense: trainedOnPgd }), right: [60, 70, 65], accuracy: 0.96, seconds: 80 },
      ],
      corruptions,
    ),
  );
  const board = boardOf(summarize(state).summary, samplesOf(state));
  const means = (row: number) =>
    Object.fromEntries(Object.entries(board.rows[row]!.values).map(([name, value]) => [name, value?.mean]));

  it('has worst case, unseen attacks, corruptions and costs of every defence', () => {
    expect(means(1)).toEqual({
      cleanAccuracy: 0.96,
      worstCase: 0.6,
      // Square and the other norm: the first 65 inputs stand both.
      unseenAccuracy: 0.65,
      corruptedAccuracy: 0.7,
      trainingSeconds: 80,
      trainingGradients: 80_000,
      inferenceMilliseconds: 5,
    });
    // Nothing was trained against: all attacks are unseen.
    expect(means(0)).toMatchObject({ worstCase: 0, unseenAccuracy: 0, corruptedAccuracy: undefined });
    expect(board.rows.map(({ onFront }) => onFront)).toEqual([true, true]);
  });
  it('has a column only where some row has a number', () => {
    expect(board.measures).not.toContain('certifiedAccuracy');
    expect(board.measures).not.toContain('obliviousWorstCase');
  });
});

const row = (clean: number, worst: number, seconds: number, failedChecks: string[] = []): BoardRow => ({
  ...{
    model: null,
    poisoning: null,
    defense: null,
    seeds: [1],
    onFront: false,
    holds: true,
    robust: false,
    failedChecks,
  },
  values: Object.fromEntries(
    Object.entries({ cleanAccuracy: clean, worstCase: worst, trainingSeconds: seconds }).map(
      ([name, mean]) => [name, { mean, low: null, high: null, n: 1 }],
    ),
  ),
});

describe('Pareto front', () => {
  const rows = [
    row(0.99, 0, 5),
    row(0.97, 0.5, 60),
    row(0.96, 0.4, 20),
    row(0.95, 0.7, 90),
    row(0.98, 0.9, 9, ['x']),
  ];
  it('leaves out what another beats, and what does not hold', () => {
    expect(paretoFront(rows, 'cleanAccuracy', 'worstCase')).toEqual([3, 1, 0]);
  });
  it('knows that less time is better', () => {
    // By time, the shortest last: the third costs less than what beats it in accuracy.
    expect(paretoFront(rows, 'trainingSeconds', 'worstCase')).toEqual([3, 1, 2, 0]);
  });
  it('keeps both of two equals', () => {
    expect(paretoFront([row(0.9, 0.5, 1), row(0.9, 0.5, 1)], 'cleanAccuracy', 'worstCase')).toEqual([0, 1]);
  });
});

describe('the best defence', () => {
  const rows = [
    row(0.99, 0, 5),
    row(0.97, 0.5, 60),
    row(0.95, 0.7, 90),
    row(0.98, 0.9, 9, ['zero-gradients']),
  ];
  it('is the most robust one that keeps floor and budget and whose number holds', () => {
    expect(chooseDefense(rows, { floor: 0.9, budget: Infinity }).best).toBe(2);
    expect(chooseDefense(rows, { floor: 0.96, budget: Infinity }).best).toBe(1);
    expect(chooseDefense(rows, { floor: 0.9, budget: 60 }).best).toBe(1);
    expect(chooseDefense(rows, { floor: 0.9, budget: 10 }).best).toBe(0);
    expect(chooseDefense(rows, { floor: 0.995, budget: Infinity }).best).toBeNull();
  });
  it('says of the others why they were left out', () => {
    expect(chooseDefense(rows, { floor: 0.96, budget: 30 }).leftOut).toEqual([
      null,
      'trains for 60 s, more than 30 s',
      'clean accuracy 95.0 %, below 96.0 %',
      'its number does not hold: zero-gradients failed',
    ]);
  });
  it('is of equals the one that trains faster', () => {
    expect(chooseDefense([row(0.9, 0.5, 9), row(0.9, 0.5, 3)], { floor: 0, budget: 10 }).best).toBe(1);
  });
});

describe('classes', () => {
  const evaluation = (
    arm: number,
    attack: number | null,
    outcome: number[],
    predicted: number[],
  ): RunEvent => ({
    ...{ type: 'evaluation', arm, attack, metrics: {} },
    ...{ outcome: Uint8Array.from(outcome), predicted: Uint8Array.from(predicted) },
    ...(attack === null ? { labels: Uint8Array.from([0, 0, 1, 1]) } : {}),
  });
  const state = stateOf([
    {
      type: 'run-started',
      plan: {
        task: 'classification',
        arms: [armPlan(0), armPlan(1, { seed: 2 })],
        attacks: [attackPlan(0, 'pgd')],
        work: 1,
      },
    },
    evaluation(0, null, [3, 3, 3, 0], [0, 0, 1, 0]),
    evaluation(1, null, [3, 3, 3, 3], [0, 0, 1, 1]),
    // A wrong input that an attack makes right does not count as robust.
    evaluation(0, 0, [3, 1, 1, 2], [0, 1, 0, 1]),
    evaluation(1, 0, [3, 3, 1, 1], [0, 0, 0, 0]),
  ]);

  it('are told the weakest first, with what they are taken for over all seeds', () => {
    const found = classResults(state.arms, 0, 2)!;
    expect(
      found.classes.map(({ label, inputs, robustAccuracy }) => [label, inputs, robustAccuracy.mean]),
    ).toEqual([
      [1, 2, 0],
      [0, 2, 0.75],
    ]);
    expect(found.confusion).toEqual([
      [3, 1],
      [3, 1],
    ]);
    expect(classResults(state.arms, null, 2)!.classes[0]).toMatchObject({
      label: 1,
      robustAccuracy: { mean: 0.75 },
    });
  });
  it('are unknown of sessions that recorded no predictions', () => {
    expect(classResults(stateOf(encounters([], [{ arm: armPlan(0), right: [] }])).arms, null, 2)).toBeNull();
  });
});
