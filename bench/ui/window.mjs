/**
 * The window while the engine works at full load: frames of the renderer, delay of main's event loop, and the time from
 * an event's record to the frame after it reached the page.
 *
 *     xvfb-run -a node bench/ui/window.mjs [--seconds 30]
 *
 * Also: the time of a second start, from the launch to the first painted window.
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { _electron } from '@playwright/test';
import { engineEnvironment } from '../../scripts/environment.mjs';
import { ensureBuilt } from '../../scripts/build.mjs';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '30' } } });
const milliseconds = Number(values.seconds) * 1000;
await ensureBuilt();

const home = mkdtempSync(join(tmpdir(), 'sparring-bench-'));
const launched = performance.now();
const app = await _electron.launch({
  args: ['.', '--no-sandbox', '--disable-gpu'],
  env: { ...engineEnvironment(), SPARRING_HOME: home },
});
const page = await app.firstWindow();
await page.getByRole('navigation', { name: 'Views' }).waitFor();
const startSeconds = (performance.now() - launched) / 1000;

const text = readFileSync('examples/article.yaml', 'utf8');
const started = await page.evaluate(
  (source) => window.lab.call('startRun', [{ text: source, name: 'article' }]),
  text,
);
if (!started.ok || !started.value.ok) throw new Error(JSON.stringify(started));
await page.getByRole('navigation').getByRole('link', { name: 'Run' }).click();
// Counting begins once metrics flow: the engine then works without a pause.
await page.evaluate(
  () =>
    new Promise((resolve) =>
      window.lab.on(
        'run-events',
        ({ events }) => events.some(({ event }) => event.type === 'point') && resolve(),
      ),
    ),
);

const mainDelay = app.evaluate(async (_electronModule, duration) => {
  const { monitorEventLoopDelay } = process.mainModule.require('node:perf_hooks');
  const histogram = monitorEventLoopDelay({ resolution: 5 });
  histogram.enable();
  await new Promise((resolve) => setTimeout(resolve, duration));
  histogram.disable();
  // The histogram holds the timer's own resolution; what is above it is delay.
  return { p99: histogram.percentile(99) / 1e6 - 5, max: histogram.max / 1e6 - 5 };
}, milliseconds);
const frames = page.evaluate(async (duration) => {
  const latencies = [];
  const stop = window.lab.on('run-events', ({ events }) => {
    const points = events.filter(({ event }) => event.type === 'point');
    requestAnimationFrame(() =>
      requestAnimationFrame(() => points.forEach(({ at }) => latencies.push(Date.now() - at))),
    );
  });
  const gaps = [];
  let last = performance.now();
  const end = last + duration;
  while (last < end) {
    const now = await new Promise((resolve) => requestAnimationFrame(resolve));
    gaps.push(now - last);
    last = now;
  }
  stop();
  const at = (list, share) =>
    [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(share * list.length))];
  return {
    framesPerSecond: (1000 * gaps.length) / gaps.reduce((a, b) => a + b, 0),
    longestFrameMs: at(gaps, 1),
    frameP99Ms: at(gaps, 0.99),
    points: latencies.length,
    latencyMedianMs: at(latencies, 0.5),
    latencyP99Ms: at(latencies, 0.99),
    latencyMaxMs: at(latencies, 1),
  };
}, milliseconds);
const result = {
  startSeconds,
  seconds: Number(values.seconds),
  mainEventLoopDelayMs: await mainDelay,
  ...(await frames),
};
await app.close();
console.log(JSON.stringify(result, null, 2));
