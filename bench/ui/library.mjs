/**
 * The library and the comparison in the real window, with sessions made for it:
 *
 *     xvfb-run -a node bench/ui/library.mjs [--sessions 200] [--compared 20] [--points 10000]
 *
 * - Listing: the call `sessions` as the page sees it, on a first start (every file is read) and on a second one (rows are known),
 *   and from the click on Sessions to the frame after the rows stand in the table.
 * - Comparing: from the choice to the frame after the curves, then frames a second while the pointer moves over the curves and
 *   while the smoothing is dragged. A pass of the same length without any work tells what the machine gives at best.
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { _electron } from '@playwright/test';
import { ensureBuilt } from '../../scripts/build.mjs';
import { engineEnvironment } from '../../scripts/environment.mjs';
import { makeSessions } from './made-sessions.mjs';

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '200' },
    compared: { type: 'string', default: '20' },
    points: { type: 'string', default: '10000' },
  },
});
await ensureBuilt();

const home = mkdtempSync(join(tmpdir(), 'sparring-bench-'));
const folder = join(home, 'sessions');
mkdirSync(folder);
const compared = makeSessions(folder, Number(values.compared), Number(values.points));
// The others differ in their number only: a library is long because of its files.
makeRest(Number(values.sessions) - compared.length);

function makeRest(count) {
  const aside = mkdtempSync(join(tmpdir(), 'sparring-bench-rest-'));
  makeSessions(aside, count, 50).forEach((id, i) => rename(join(aside, `${id}.sparring`), i));
  rmSync(aside, { recursive: true });
}

function rename(file, i) {
  renameSync(file, join(folder, `rest-${String(i).padStart(3, '0')}.sparring`));
}

async function start() {
  const app = await _electron.launch({
    args: ['.', '--no-sandbox', '--disable-gpu'],
    env: { ...engineEnvironment(), SPARRING_HOME: home },
  });
  const page = await app.firstWindow();
  await page.getByRole('navigation', { name: 'Views' }).waitFor();
  return { app, page };
}

const listed = (page) =>
  page.evaluate(async () => {
    const began = performance.now();
    const { value } = await window.lab.call('sessions', []);
    return { sessions: value.length, milliseconds: performance.now() - began };
  });

/** From a click to the frame after what was waited for. */
async function shownAfter(page, act, ready) {
  const began = await page.evaluate(() => performance.now());
  await act();
  await ready();
  return page.evaluate(
    (from) => new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now() - from))),
    began,
  );
}

/** Frames while `work` lasts. */
async function frames(page, work) {
  await page.evaluate(() => {
    window.frameTimes = [];
    const count = (now) => {
      window.frameTimes.push(now);
      window.counting = requestAnimationFrame(count);
    };
    window.counting = requestAnimationFrame(count);
  });
  await work();
  return page.evaluate(() => {
    window.cancelAnimationFrame(window.counting);
    const gaps = window.frameTimes.slice(1).map((time, i) => time - window.frameTimes[i]);
    const sorted = [...gaps].sort((a, b) => a - b);
    return {
      framesPerSecond: (1000 * gaps.length) / gaps.reduce((a, b) => a + b, 0),
      p99Ms: sorted[Math.floor(0.99 * (sorted.length - 1))],
      longestMs: sorted.at(-1),
    };
  });
}

const load = loadavg();
const first = await start();
const firstList = await listed(first.page);
await first.app.close();

const { app, page } = await start();
const secondList = await listed(page);
const sessionsView = await shownAfter(
  page,
  () => page.getByRole('navigation').getByRole('link', { name: 'Sessions' }).click(),
  () => page.getByRole('row', { name: /made-/ }).first().waitFor(),
);

await page.evaluate((ids) => window.localStorage.setItem('sparring.compared', JSON.stringify(ids)), compared);
await page.reload();
await page.getByRole('navigation', { name: 'Views' }).waitFor();
const chart = page.getByRole('img', { name: /^Training loss of every arm/ });
const compareView = await shownAfter(
  page,
  () => page.getByRole('navigation').getByRole('link', { name: 'Compare' }).click(),
  () =>
    page
      .getByRole('row', { name: new RegExp(compared.at(-1)) })
      .first()
      .waitFor(),
);
await chart.scrollIntoViewIfNeeded();
const box = await chart.boundingBox();
const STEPS = 200;
const idle = await frames(page, () => page.waitForTimeout(3000));
const pointer = await frames(page, async () => {
  for (let step = 0; step < STEPS; step++) {
    await page.mouse.move(box.x + 70 + ((box.width - 100) * step) / STEPS, box.y + box.height / 2);
  }
});
const slider = page.getByRole('slider', { name: 'Smoothing' });
const smoothing = await frames(page, async () => {
  await slider.focus();
  for (let step = 0; step < 60; step++) await page.keyboard.press(step < 30 ? 'ArrowLeft' : 'ArrowRight');
});
await app.close();
rmSync(home, { recursive: true, force: true });

console.log(
  JSON.stringify(
    {
      loadBefore: load,
      listing: { firstStart: firstList, secondStart: secondList, sessionsViewMs: sessionsView },
      comparing: {
        sessions: compared.length,
        pointsEach: Number(values.points),
        shownMs: compareView,
        idle,
        pointer,
        smoothing,
      },
    },
    null,
    2,
  ),
);
