/** Pictures of every view and state of the harness: `node test/ui-harness/shots.mjs OUT-FOLDER [SCENARIO]`. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import console from 'node:console';
import process from 'node:process';
import { chromium } from '@playwright/test';

const [out, only] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
const SHOTS = [
  ['new', 'image', '#/new'],
  ['image', 'image', '#/live/one'],
  ['suite', 'suite', '#/live/one'],
  ['suite-steps', 'suite', '#/live/one', ['tab:Step by step', 'tab:Transfer', 'text:queries']],
  ['suite-fitted', 'suite', '#/live/one', ['tab:Fitted', 'text:distance']],
  ['suite-example', 'suite', '#/live/one', ['button:/^Example 1/']],
  ['certified', 'certified', '#/live/one', ['text:proven L∞']],
  ['certified-l2', 'certified', '#/live/one', ['text:proven L2']],
  ['certified-roc', 'certified', '#/live/one', ['text:ROC']],
  ['streaming', 'streaming', '#/live/one'],
  ['cartpole', 'cartpole', '#/live/one'],
  ['grid', 'grid', '#/live/one'],
  ['cartpole-duel', 'cartpole', '#/live/one', ['tab:Attack it yourself', 'button:Step']],
  ['grid-duel', 'grid', '#/live/one', ['tab:Attack it yourself', 'button:/^Cell 1/']],
  ['grid-harm', 'grid', '#/live/one', ['tab:Harm and budget']],
  ['live', 'live', '#/live/one'],
  ['early', 'early', '#/live/one'],
  ['killed', 'killed', '#/live/one'],
  ['none', 'empty', '#/live'],
  ['trade-off', 'image', '#/trade-off/one'],
  ['trade-off-below', 'image', '#/trade-off/one', ['tab:Trained on, tested on', 'scroll:Classes']],
  ['trade-off-early', 'early', '#/trade-off/one'],
  ['trade-off-agents', 'cartpole', '#/trade-off/one'],
  ['trade-off-suite', 'suite', '#/trade-off/one', ['tab:Trained on, tested on', 'scroll:Verdict']],
  ['sessions', 'image', '#/sessions'],
  ['settings', 'image', '#/settings'],
];
const system = '/usr/bin/chromium';
const browser = await chromium.launch({
  ...(existsSync(system) ? { executablePath: system } : {}),
  args: ['--no-sandbox'],
});
for (const [width, height] of [
  [1280, 800],
  [1920, 1080],
]) {
  for (const theme of ['light', 'dark']) {
    const page = await browser.newPage({ viewport: { width, height } });
    page.on(
      'console',
      (message) => ['error', 'warning'].includes(message.type()) && console.log(message.text()),
    );
    page.on('pageerror', (error) => console.log(error));
    for (const [name, scenario, hash, clicks = []] of SHOTS) {
      if (only && !only.split(',').includes(name)) continue;
      await page.goto('about:blank');
      await page.goto(`http://localhost:5199/?scenario=${scenario}${theme === 'dark' ? '&dark' : ''}${hash}`);
      await page.waitForTimeout(scenario === 'live' ? 5000 : 1800);
      for (const click of clicks) {
        const [role, text] = click.split(':');
        if (role === 'scroll') {
          await page.getByRole('region', { name: text, exact: true }).scrollIntoViewIfNeeded();
          continue;
        }
        const pattern = /^\/(.*)\/$/.exec(text);
        const named = pattern ? { name: new RegExp(pattern[1]) } : { name: text, exact: true };
        // A radio lies beneath its label.
        const one = role === 'text' ? page.getByText(text, { exact: true }) : page.getByRole(role, named);
        await one.first().click();
        await page.waitForTimeout(400);
      }
      await page.screenshot({ path: join(out, `${name}-${width}-${theme}.png`) });
    }
    await page.close();
  }
}
await browser.close();
