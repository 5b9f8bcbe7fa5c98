/**
 * A long session in the window: how soon it is open, what it costs in memory, how smoothly it is scrubbed.
 *
 *     xvfb-run -a node bench/ui/replay.mjs [--events 1000000] [--seconds 10] [--session FILE]
 *
 * `open`: from the click on the session to the frame in which its results, curves and timeline stand there. `whole`:
 * until every point was read. While the slider is dragged to and fro, frames of the page are counted, and those among
 * them in which another event was shown. The noise of the machine: the same page, frames counted with nothing to do.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { _electron } from '@playwright/test';
import { ensureBuilt } from '../../scripts/build.mjs';
import { engineEnvironment } from '../../scripts/environment.mjs';
import { makeLongSession } from './long-session.mjs';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '10' },
    session: { type: 'string', default: 'examples/sessions/first-look.sparring' },
  },
});
const seconds = Number(values.seconds);
await ensureBuilt();
const home = mkdtempSync(join(tmpdir(), 'sparring-bench-'));
mkdirSync(join(home, 'sessions'));
makeLongSession(values.session, join(home, 'sessions', 'long.sparring'), Number(values.events));

const app = await _electron.launch({
  args: ['.', '--no-sandbox', '--disable-gpu'],
  env: { ...engineEnvironment(), SPARRING_HOME: home },
});
const page = await app.firstWindow();
page.setDefaultTimeout(180_000);
await page.setViewportSize({ width: 1280, height: 800 });
await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Sessions' }).click();
await page.getByRole('button', { name: 'first-look', exact: true }).waitFor();
await page.waitForTimeout(1000);

/** Working set of the page's process in MB. */
const memory = () =>
  app.evaluate(({ app: electron }) => {
    const tab = electron.getAppMetrics().find(({ type }) => type === 'Tab');
    return Math.round(tab.memory.workingSetSize / 1024);
  });
const before = await memory();

const open = await page.evaluate(async () => {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const button = [...document.querySelectorAll('button.name')].find((one) =>
    one.textContent.includes('first-look'),
  );
  const start = performance.now();
  button.click();
  const place = () => document.querySelector('.timeline .place')?.textContent ?? '';
  const isShown = () =>
    document.querySelectorAll('.timeline .tick').length > 0 &&
    document.querySelectorAll('[aria-label="Training curves"] canvas').length > 0 &&
    /\d+\.\d/.test(document.querySelector('.tabbed tbody')?.textContent ?? '');
  while (!isShown()) await frame();
  const shown = performance.now() - start;
  while (/sample/.test(place())) await frame();
  return { shownMs: shown, wholeMs: performance.now() - start };
});
await page.waitForTimeout(500);
const opened = await memory();

/** Frames of the page while `work` goes on, and how often the position that is shown changed. */
async function counted(work) {
  const frames = page.evaluate(async (duration) => {
    const gaps = [];
    let changes = 0;
    let last = performance.now();
    const end = last + duration;
    let text = '';
    while (last < end) {
      const now = await new Promise((resolve) => requestAnimationFrame(resolve));
      gaps.push(now - last);
      last = now;
      const shown = document.querySelector('.timeline .place')?.textContent ?? '';
      if (shown !== text) changes += 1;
      text = shown;
    }
    gaps.sort((a, b) => a - b);
    const total = gaps.reduce((a, b) => a + b, 0);
    return {
      framesPerSecond: Math.round((1000 * gaps.length) / total),
      changesPerSecond: Math.round((1000 * changes) / total),
      frameP95Ms: Math.round(gaps[Math.floor(0.95 * gaps.length)]),
      longestFrameMs: Math.round(gaps.at(-1)),
    };
  }, seconds * 1000);
  await work();
  return frames;
}

const idle = await counted(async () => {});
const box = await page.locator('.timeline .el-slider').boundingBox();
let largest = opened;
const scrub = await counted(async () => {
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width - 2, y);
  await page.mouse.down();
  const end = performance.now() + seconds * 1000;
  for (let i = 0; performance.now() < end; i++) {
    const share = 0.5 + 0.5 * Math.cos(i / 60);
    await page.mouse.move(box.x + 2 + share * (box.width - 4), y);
    if (i % 100 === 99) largest = Math.max(largest, await memory());
  }
  await page.mouse.up();
});
const result = {
  events: Number(values.events),
  ...open,
  rendererMB: { before, opened, largest },
  idle,
  scrub,
  loadAverage: loadavg()[0],
};
await app.close();
rmSync(home, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
