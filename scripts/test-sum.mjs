/** Adding up what test runners report. Pure. */

/** @typedef {{ passed: number, failed: number, skipped: number }} Sum */

/** @type {Sum} */
export const NOTHING = { passed: 0, failed: 0, skipped: 0 };

/** @param {Sum} a @param {Sum} b @returns {Sum} */
export function add(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** @param {Sum} sum */
export function sentence({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/**
 * A runner's sum. One that ended badly with no failed test to show for it (a crash, an unhandled error) counts as one.
 * @param {number} code its exit code
 * @param {object | null} report its JSON report, null if it wrote none
 * @param {(report: object) => Sum} count
 * @returns {Sum}
 */
export function runnerSum(code, report, count) {
  const sum = report ? count(report) : NOTHING;
  return (code !== 0 || !report) && sum.failed === 0 ? { ...sum, failed: 1 } : sum;
}

/** Vitest: its tests, and each file that failed before it had any. */
export function vitestSum(report) {
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Playwright: a test that passed only when tried again has failed. */
export function playwrightSum({ stats }) {
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped };
}
