import { describe, expect, it } from 'vitest';
import { catalog } from '../../../src-main/contract/catalog-data';
import {
  bySeed,
  pairedOverSeeds,
  shownP,
  specDifferences,
  testNote,
} from '../../../src-main/contract/comparison';
import { pairedPermutation } from '../../../src-main/contract/statistics';
import { compare, testedAgainst, type ComparedState } from '../../../src-renderer/charts/comparison';
import { resultGrid } from '../../../src-renderer/charts/results';
import { experiment } from '../sessions/session-fixture';
import { armPlan, attackPlan, encounters, stateOf } from './made-up';

describe('the paired permutation test', () => {
  it('is that of a hand calculation', () => {
    // Of the 8 swaps of 1, 2, 3 the sums are ±6, ±4, ±2, 0, 0: two are as large as 6.
    expect(pairedPermutation([1, 2, 3])).toEqual({ n: 3, difference: 2, p: 0.25, least: 0.25 });
    // Sums of 3, −1: ±2, ±4; all are as large as 2.
    expect(pairedPermutation([3, -1])).toEqual({ n: 2, difference: 1, p: 1, least: 0.5 });
    expect(pairedPermutation([0, 0, 0])!.p).toBe(1);
    expect(pairedPermutation([])).toBeNull();
  });
  it('cannot fall below .0625 with five seeds, however far apart they are', () => {
    const test = pairedPermutation([0.5, 0.51, 0.49, 0.6, 0.55])!;
    expect(test).toMatchObject({ n: 5, p: 0.0625, least: 0.0625 });
    expect(shownP(test)).toBe('p = .0625');
    expect(testNote([test])).toContain(
      'n = 5. With 5 seeds an exact paired p cannot fall below .0625, so that no difference can be significant at .05.',
    );
    expect(testNote([pairedPermutation([1, 1, 1, 1, 1, 1])!])).toContain('cannot fall below .0313.');
  });
  it('draws the swaps of many pairs, the same ones every time', () => {
    const far = Array.from({ length: 30 }, (_, i) => 1 + i / 100);
    expect(pairedPermutation(far)!.p).toBeLessThan(1e-4);
    const near = far.map((value, i) => (i % 2 ? value : -value));
    expect(pairedPermutation(near)!.p).toBe(pairedPermutation(near)!.p);
    expect(pairedPermutation(near)!.p).toBeGreaterThan(0.3);
  });
  it('pairs the seeds that both have', () => {
    const values = (all: [number, number | null][]) =>
      bySeed(
        all.map(([seed, value]) => ({ seed, metrics: { a: value } })),
        'a',
      );
    expect(
      pairedOverSeeds(
        values([
          [1, 0.5],
          [2, 0.75],
          [4, 1],
        ]),
        values([
          [2, 0.25],
          [1, 0.25],
          [3, 0],
          [4, null],
        ]),
      ),
    ).toMatchObject({
      n: 2,
      difference: 0.375,
    });
    expect(pairedOverSeeds(values([[1, 1]]), values([[2, 1]]))).toBeNull();
  });
});

describe('what differs between experiments', () => {
  it('is told by path, items of lists by their id', () => {
    const one = {
      name: 'a',
      seeds: [1, 2],
      training: { epochs: 2 },
      defenses: [{ id: 'trades', beta: 6 }],
      attacks: [
        { id: 'pgd', steps: 10 },
        { id: 'pgd', steps: 40 },
      ],
    };
    const other = {
      name: 'b',
      seeds: [1, 2],
      training: { epochs: 5 },
      defenses: [
        { id: 'jpeg', quality: 50 },
        { id: 'trades', beta: 6 },
      ],
      attacks: [
        { id: 'pgd', steps: 10 },
        { id: 'pgd', steps: 20 },
      ],
    };
    expect(specDifferences([one, other])).toEqual([
      { path: 'training.epochs', values: [2, 5] },
      { path: 'attacks[pgd 2].steps', values: [40, 20] },
      { path: 'defenses[jpeg]', values: [undefined, 'jpeg'] },
      { path: 'defenses[jpeg].quality', values: [undefined, 50] },
    ]);
    expect(specDifferences([one, { ...one, name: 'c' }])).toEqual([]);
  });
});

describe('sessions compared', () => {
  const weak = attackPlan(0, 'fgsm', { epsilon: 0.1 });
  const strong = attackPlan(1, 'pgd', { epsilon: 0.3 });
  const session = (id: string, name: string, state: ComparedState['state']): ComparedState => ({
    id,
    header: { name, spec: { ...experiment, seeds: [1, 2, 3] } },
    state,
  });
  const arms = (defense?: string) =>
    [1, 2, 3].map((seed, index) => armPlan(index, { seed, ...(defense ? { defense } : {}) }));
  const first = session(
    'a',
    'plain',
    stateOf(
      encounters(
        [weak, strong],
        arms().map((arm, i) => ({ arm, right: [50 + i, 10 + i] })),
      ),
    ),
  );
  // The other ran the strong attack first, and no weak one.
  const second = session(
    'b',
    'hardened',
    stateOf(
      encounters(
        [attackPlan(0, 'pgd', { epsilon: 0.3 })],
        arms('trades').map((arm, i) => ({ arm, right: [60 + 2 * i] })),
      ),
    ),
  );
  const compared = compare([first, second], catalog);

  it('stand in the columns of all their attacks, wherever they stood in their own', () => {
    expect(compared.attackLabels).toEqual(['FGSM · ε 0.1', 'PGD · ε 0.3']);
    expect(compared.rows.map(({ family }) => family.label)).toEqual([
      'plain: Undefended',
      'hardened: TRADES',
    ]);
    const { numbers } = resultGrid(compared.rows, 2, 'robustAccuracy');
    expect(numbers.map((row) => row.map((number) => number?.sum?.mean.toFixed(2) ?? null))).toEqual([
      ['1.00', '0.51', '0.11'],
      ['1.00', null, '0.62'],
    ]);
    expect(numbers.map((row) => row[2]!.best)).toEqual([false, true]);
  });
  it('are tested against the reference, seed by seed', () => {
    const [{ tests }] = testedAgainst(compared, compared.rows[0]!.key) as [
      ReturnType<typeof testedAgainst>[0],
    ];
    expect(tests[1]).toBeNull();
    expect(tests[2]).toMatchObject({ n: 3, p: 0.25, least: 0.25 });
    expect(tests[2]!.difference).toBeCloseTo(0.51, 10);
  });
  it('of one experiment are told apart by their ids', () => {
    expect(compare([first, { ...first, id: 'c' }], catalog).names).toEqual(['a', 'c']);
  });
});
