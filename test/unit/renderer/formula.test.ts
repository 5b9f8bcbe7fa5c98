import { expect, it } from 'vitest';
import { catalog } from '../../../src-main/contract/catalog-data';
import { formulaParts } from '../../../src-renderer/components/guide/formula';

it('gives a formula its indices back', () => {
  expect(formulaParts('min_θ max_{‖δ‖ ≤ ε} γ^t · z_y − 1')).toEqual([
    { text: 'min', place: 'line' },
    { text: 'θ', place: 'sub' },
    { text: ' max', place: 'line' },
    { text: '‖δ‖ ≤ ε', place: 'sub' },
    { text: ' γ', place: 'line' },
    { text: 't', place: 'sup' },
    { text: ' · z', place: 'line' },
    { text: 'y', place: 'sub' },
    { text: ' − 1', place: 'line' },
  ]);
  expect(formulaParts('x₀ = x + u')).toEqual([{ text: 'x₀ = x + u', place: 'line' }]);
});

it('leaves no mark of an index in any definition', () => {
  for (const { id, formula } of catalog)
    if (formula)
      expect(
        formulaParts(formula)
          .map(({ text }) => text)
          .join(''),
        id,
      ).not.toMatch(/[_^{}]/);
});
