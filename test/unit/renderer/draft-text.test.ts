import { describe, expect, test } from 'vitest';
import { addEntry, rangeOf, removeValue, setValue } from '../../../src-renderer/stores/draft-text';

const TEXT = `# why this bout
name: mine
seeds: [1, 2] # two are few
attacks:
  # the weak one first
  - {id: fgsm, epsilon: 0.1}
  - {id: pgd, epsilon: [0.1, 0.3]}
training:
`;

describe('edits of the text by path', () => {
  test('one value changes, comments and the rest stay', () => {
    expect(setValue(TEXT, ['attacks', 0, 'epsilon'], 0.2)).toBe(
      TEXT.replace('epsilon: 0.1}', 'epsilon: 0.2}'),
    );
    expect(setValue(TEXT, ['seeds'], [1, 2, 3])).toContain('seeds: [1, 2, 3]');
    expect(setValue(TEXT, ['seeds'], [1])).toContain('# why this bout');
  });

  test('lists and nested attacks are written on one line', () => {
    expect(setValue(TEXT, ['attacks', 0, 'epsilon'], [0.1, 0.2])).toContain(
      '{id: fgsm, epsilon: [0.1, 0.2]}',
    );
    expect(setValue(TEXT, ['defenses', 0, 'attack'], { id: 'pgd' })).toContain('attack: {id: pgd}');
  });

  test('a key that stands empty, and a text without anything, take values', () => {
    expect(setValue(TEXT, ['training', 'epochs'], 7)).toMatch(/training:\n {2}epochs: 7/);
    expect(setValue('', ['name'], 'mine')).toBe('name: mine\n');
  });

  test('a value taken away takes an empty map with it, an entry leaves the list', () => {
    expect(removeValue('a: 1\ntraining: {epochs: 5}\n', ['training', 'epochs'])).toBe('a: 1\n');
    expect(removeValue(TEXT, ['attacks', 1])).not.toContain('pgd');
    expect(removeValue(TEXT, ['attacks', 1])).toContain('# the weak one first');
  });

  test('an entry is added on a line of its own, to a list, an empty one or none', () => {
    expect(addEntry(TEXT, 'attacks', { id: 'i-fgsm' })).toContain('\n  - {id: i-fgsm}\n');
    expect(addEntry('attacks: []\n', 'attacks', { id: 'fgsm' })).toBe('attacks:\n  - {id: fgsm}\n');
    expect(addEntry('name: mine\n', 'attacks', { id: 'fgsm' })).toBe(
      'name: mine\nattacks:\n  - {id: fgsm}\n',
    );
  });

  test('a text with syntax errors is not edited', () => {
    expect(() => setValue('a: [1', ['a'], 2)).toThrow(/syntax/);
  });
});

describe('where a place stands', () => {
  const at = (place: string): string | null => {
    const range = rangeOf(TEXT, place);
    return range && TEXT.slice(...range);
  };

  test('values, list items, and the nearest parent of what is missing', () => {
    expect(at('name')).toBe('mine');
    expect(at('attacks.1.epsilon.1')).toBe('0.3');
    expect(at('attacks.0.steps')).toBe('{id: fgsm, epsilon: 0.1}');
    expect(at('dataset')).toBeNull();
  });

  test('line and column of a syntax error', () => {
    expect(rangeOf('a: 1\nb: [', 'mine.yaml, line 2, column 4')).toEqual([8, 9]);
  });
});
