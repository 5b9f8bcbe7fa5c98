/** Everything here goes to standard error: standard output belongs to the command that was asked for. */
import { createInterface } from 'node:readline/promises';

export function say(text) {
  process.stderr.write(`[set-up] ${text}\n`);
}

/**
 * Shows that a long step is alive: a line rewritten every second on a terminal, one every 15 s in a log.
 * @param {string} label
 * @param {() => string} [detail] what to add, such as megabytes so far
 * @returns {(ending: string) => void} ends the line
 */
export function showProgress(label, detail = () => '') {
  const start = Date.now();
  const line = () => `[set-up] ${label} … ${Math.round((Date.now() - start) / 1000)} s ${detail()}`.trimEnd();
  const terminal = process.stderr.isTTY;
  if (!terminal) say(`${label} …`);
  const timer = setInterval(
    () => process.stderr.write(terminal ? `\r\x1b[K${line()}` : `${line()}\n`),
    terminal ? 1000 : 15000,
  );
  return (ending) => {
    clearInterval(timer);
    process.stderr.write(
      `${terminal ? '\r\x1b[K' : ''}[set-up] ${label}: ${ending} (${((Date.now() - start) / 1000).toFixed(1)} s)\n`,
    );
  };
}

/** Asks a yes-or-no question of whoever sits at the terminal; null where nobody does. */
export async function ask(question) {
  if (!process.stdin.isTTY || !process.stderr.isTTY || process.env.CI) return null;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question} [y/N] `)).trim());
  } finally {
    prompt.close();
  }
}
