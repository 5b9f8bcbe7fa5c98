/** Prints a page as PDF in an Electron of its own, unseen: engine process and command line have no window to print from. */
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { LabError } from '../contract/problem';

/** How long Electron may take, in milliseconds. */
const PATIENCE = 120_000;
/** How much of its complaints is kept, in characters. */
const LAST_WORDS = 600;

const REMEDY = 'Export html instead, and print that in a browser.';

/** Beside the bundle, or above it where this code came into a chunk. */
const printer = (): string | undefined =>
  [__dirname, dirname(__dirname)]
    .map((folder) => join(folder, 'printer.js'))
    .find((file) => existsSync(file));

function onPath(command: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, command))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** What is put before the command, so that there is a display: nothing, where there is one. */
function display(): string[] {
  if (process.platform !== 'linux' || process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']) return [];
  const xvfb = onPath('xvfb-run');
  if (!xvfb) {
    throw new LabError(
      'pdf',
      'Electron prints through a display, and there is none here (neither DISPLAY nor WAYLAND_DISPLAY is set)',
      `Install xvfb, whose xvfb-run is then used by itself. ${REMEDY}`,
    );
  }
  return [xvfb, '-a'];
}

/** Throws LabError where nothing can be printed, and says why. */
export function ensurePrinter(): { script: string; before: string[] } {
  if (!process.versions['electron']) {
    throw new LabError(
      'pdf',
      'this is plain Node, which cannot print',
      `Use “npx sparring export”. ${REMEDY}`,
    );
  }
  const script = printer();
  if (!script) throw new LabError('pdf', 'the part of Sparring that prints is missing', REMEDY);
  return { script, before: display() };
}

/** @param html a whole page, which is not trusted: no script of it runs, and it reaches no network */
export async function printPage(html: string, out: string): Promise<void> {
  const { script, before } = ensurePrinter();
  const folder = mkdtempSync(join(tmpdir(), 'sparring-print-'));
  try {
    const page = join(folder, 'page.html');
    writeFileSync(page, html);
    const [command, ...args] = [
      ...before,
      process.execPath,
      // Chromium's sandbox refuses to run for root; printing needs no graphics device.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      script,
      page,
      out,
      folder,
    ];
    const { code, lastWords } = await finished(command!, args);
    if (code !== 0 || (statSync(out, { throwIfNoEntry: false })?.size ?? 0) === 0) {
      throw new LabError('pdf', `the page was not printed (exit code ${code}): ${lastWords}`, REMEDY);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function finished(command: string, args: string[]): Promise<{ code: number | null; lastWords: string }> {
  const { ELECTRON_RUN_AS_NODE: _, ...environment } = process.env;
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: PATIENCE,
      killSignal: 'SIGKILL',
    });
    let lastWords = '';
    child.stderr.on('data', (chunk: Buffer) => {
      lastWords = (lastWords + chunk.toString()).slice(-LAST_WORDS);
    });
    child.on('error', (error) => resolve({ code: null, lastWords: error.message }));
    child.on('close', (code) => resolve({ code, lastWords: lastWords.trim() }));
  });
}
