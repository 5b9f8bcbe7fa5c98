import { cacheFolder } from './paths.mjs';

/** A failure the user can mend: what happened, what was expected, what to do. */
export class Problem extends Error {
  /** @param {{ happened: string, expected: string, remedy: string }} account */
  constructor({ happened, expected, remedy }) {
    super(happened);
    this.expected = expected;
    this.remedy = remedy;
  }
}

/** Clues in the last words of npm, pip, apt, tar and the compiler, most specific first. */
const CLUES = [
  {
    pattern: /ENOSPC|EDQUOT|no space left|disk quota exceeded/i,
    expected: 'room for the files of set-up',
    remedy:
      'Free some space (or point SPARRING_CACHE at a folder on a larger disk), then start again: set-up goes on where it stopped.',
  },
  {
    pattern:
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|network|connection|name resolution|could not resolve|temporary failure|failed to fetch/i,
    expected: 'the package registry to answer',
    remedy:
      'Check the network and the proxy (HTTPS_PROXY), and the mirrors set in npm (npm config get registry) and pip (pip config list), then start again.',
  },
  {
    pattern: /EACCES|EPERM|EROFS|ENOTDIR|permission denied|read-only file system/i,
    expected: 'write access to the checkout and to the cache folder',
    remedy: `Make both writable, or choose another cache folder with SPARRING_CACHE (now ${cacheFolder}).`,
  },
];

/**
 * Turns the failure of a step into a Problem, guided by what was said.
 * @param {string} happened
 * @param {string} words the tool's output, or an error's message
 * @param {string} [otherwise] the remedy when no clue fits
 */
export function problemFrom(
  happened,
  words,
  otherwise = 'Mend what the lines above name, then start again.',
) {
  const clue = CLUES.find(({ pattern }) => pattern.test(words));
  const lines = words.trim().split('\n');
  const shown = lines.length > 14 ? [...lines.slice(0, 6), '…', ...lines.slice(-7)] : lines; // the cause is at either end
  return new Problem({
    happened: words.trim() ? `${happened}\n    ${shown.join('\n    ')}` : happened,
    expected: clue?.expected ?? 'the step to succeed',
    remedy: clue?.remedy ?? otherwise,
  });
}

/** Tells the user and ends with exit code 1. Faults of our own keep their stack. */
export function reportAndExit(error) {
  // What the operating system refused is the user's to mend.
  const problem = error.syscall ? problemFrom('A file or folder could not be used.', error.message) : error;
  if (problem instanceof Problem) {
    process.stderr.write(
      `\nsparring: set-up stopped.\n  What happened: ${problem.message}\n  Expected:      ${problem.expected}\n  What to do:    ${problem.remedy}\n`,
    );
  } else {
    process.stderr.write(`\nsparring: set-up failed unexpectedly; please report this.\n${problem.stack}\n`);
  }
  process.exit(1);
}
