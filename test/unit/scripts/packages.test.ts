import { describe, expect, it } from 'vitest';
// @ts-expect-error: the scripts are plain JavaScript without declarations
import { lockSatisfied } from '../../../scripts/set-up/packages.mjs';

const wanted = {
  '': { version: '0.1.0' },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/b': { version: '2.0.0', integrity: 'sha512-b', optional: true },
};

describe('whether node_modules is what the lock says', () => {
  it('holds without optional packages, which may be for other platforms', () => {
    expect(lockSatisfied(wanted, { 'node_modules/a': wanted['node_modules/a'] })).toBe(true);
  });

  it('fails for a missing package and for another version, optional or not', () => {
    expect(lockSatisfied(wanted, {})).toBe(false);
    expect(lockSatisfied(wanted, { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' } })).toBe(
      false,
    );
    const oldB = { version: '1.9.0', integrity: 'sha512-b' };
    expect(
      lockSatisfied(wanted, { 'node_modules/a': wanted['node_modules/a'], 'node_modules/b': oldB }),
    ).toBe(false);
  });
});
