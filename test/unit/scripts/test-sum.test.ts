import { describe, expect, it } from 'vitest';
// @ts-expect-error: the scripts are plain JavaScript without declarations
import { add, NOTHING, playwrightSum, runnerSum, sentence, vitestSum } from '../../../scripts/test-sum.mjs';

const vitestReport = (changes = {}) => ({
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [],
  ...changes,
});

describe('the sum on the last line', () => {
  it('adds runners up', () => {
    expect(sentence(add({ passed: 2, failed: 1, skipped: 0 }, { passed: 3, failed: 0, skipped: 0 }))).toBe(
      '5 passed, 1 failed',
    );
    expect(sentence({ passed: 1, failed: 0, skipped: 2 })).toBe('1 passed, 0 failed, 2 skipped');
    expect(sentence(NOTHING)).toBe('0 passed, 0 failed');
  });

  it('counts a file that could not be loaded as one failure', () => {
    const report = vitestReport({ testResults: [{ status: 'failed', assertionResults: [] }] });
    expect(vitestSum(report)).toEqual({ passed: 3, failed: 1, skipped: 0 });
  });

  it('does not count a failed test and its file twice', () => {
    const report = vitestReport({
      numFailedTests: 1,
      testResults: [{ status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] }],
    });
    expect(vitestSum(report).failed).toBe(1);
  });

  it('counts a runner that crashed, with or without a report, as one failure', () => {
    expect(runnerSum(1, null, vitestSum)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    expect(runnerSum(0, null, vitestSum).failed).toBe(1);
    expect(runnerSum(1, vitestReport(), vitestSum)).toEqual({ passed: 3, failed: 1, skipped: 0 });
    expect(runnerSum(0, vitestReport(), vitestSum)).toEqual({ passed: 3, failed: 0, skipped: 0 });
  });

  it('does not let a second try make a Playwright test pass', () => {
    const stats = { expected: 4, unexpected: 1, flaky: 1, skipped: 2 };
    expect(playwrightSum({ stats })).toEqual({ passed: 4, failed: 2, skipped: 2 });
  });
});
