/** The sessions that come with the app: played, wound, forked; and what the shell does for every view. */
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { DatabaseSync } from '@photostructure/sqlite';
import { _electron, type Page } from '@playwright/test';
import { expect, Lab, test } from './lab';

const SHIPPED = join(__dirname, '../../examples/sessions');
const timeline = (page: Page) => page.getByRole('region', { name: 'Timeline of the session' });
const slider = (page: Page) => timeline(page).getByRole('slider', { name: 'Event of the session' });
const at = async (page: Page): Promise<number> => Number(await slider(page).getAttribute('aria-valuenow'));

async function openShipped(lab: Lab, name: string): Promise<void> {
  await lab.go('New');
  await lab.page
    .getByRole('button', { name: new RegExp(`^${name} `) })
    .first()
    .click();
  await expect(lab.status()).toHaveText('Done');
  await expect(timeline(lab.page)).toBeVisible();
}

test('a recorded session is played, wound back, and jumped through from mark to mark', async ({ lab }) => {
  const { page } = lab;
  await openShipped(lab, 'first-look');
  const results = page.getByRole('region', { name: 'Results' }).locator('tbody').first();
  await expect(results.getByRole('row')).toHaveCount(2);
  await expect(results.getByText('–', { exact: true })).toHaveCount(0);
  const end = await results.innerText();
  const last = await at(page);

  // At the beginning nothing is known; at the end the same as before.
  await page.keyboard.press('Home');
  await expect.poll(() => at(page)).toBe(1);
  await expect(page.getByText('No curve yet').first()).toBeVisible();
  await page.keyboard.press(']');
  await expect.poll(() => at(page)).toBeGreaterThan(1);
  await page.keyboard.press('End');
  await expect.poll(() => at(page)).toBe(last);
  await expect.poll(() => results.innerText()).toBe(end);

  // Attack starts alone, and the way of an attack on one image.
  await timeline(page).getByLabel('Marks to jump to', { exact: true }).click({ force: true });
  await page.getByRole('option', { name: 'attack starts' }).click();
  await timeline(page).getByRole('button', { name: 'Previous mark' }).click();
  await expect(timeline(page)).toContainText('attack begins');
  await expect(results.getByText('–', { exact: true })).not.toHaveCount(0);
  await page.keyboard.press('ArrowLeft');
  const before = await at(page);
  await timeline(page).getByRole('button', { name: 'Play the session' }).click();
  await expect.poll(() => at(page)).toBeGreaterThan(before);
  await timeline(page)
    .getByRole('button', { name: /the session$/ })
    .first()
    .click();
  await page.keyboard.press('End');
  await page.getByRole('tab', { name: 'Step by step' }).click();
  const steps = page.getByRole('group', { name: 'Playback of the steps' });
  await steps.getByRole('button', { name: 'Next mark' }).click();
  await expect(page.getByRole('region', { name: 'Step by step' })).toContainText(/step [1-9]/);

  // A drag over the whole slider ends where it is let go.
  const box = (await slider(page)
    .locator('xpath=ancestor::*[contains(@class,"el-slider__runway")]')
    .boundingBox())!;
  await page.mouse.move(box.x + box.width - 1, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 20 });
  await page.mouse.up();
  await expect.poll(() => at(page)).toBeLessThan(0.6 * last);
  await lab.photograph('replay-image');
});

test('an agent’s session: marks lead to the step of the twins', async ({ lab }) => {
  const { page } = lab;
  await openShipped(lab, 'first-look-agent');
  await timeline(page).getByLabel('Marks to jump to', { exact: true }).click({ force: true });
  await page.getByRole('option', { name: 'flips' }).click();
  await timeline(page).getByRole('button', { name: 'Previous mark' }).click();
  await expect(timeline(page)).toContainText('the action flips at step');
  const [, step] = /flips at step (\d+)/.exec(await timeline(page).innerText())!;
  await expect(page.getByRole('slider', { name: 'Step of the episode' })).toHaveAttribute(
    'aria-valuenow',
    step!,
  );
  await lab.photograph('replay-agent');
});

test('a fork starts from what was trained, and is undone as a draft', async ({ lab }) => {
  const { page } = lab;
  await openShipped(lab, 'first-look');
  await timeline(page).getByRole('button', { name: 'Fork here' }).click();
  const text = page.getByLabel('Experiment as YAML');
  await expect(text).toHaveValue(/forkedFrom: {session: first-look, event: \d+}/);
  await expect(page.getByText('are taken over as they are')).toBeVisible();
  const forked = await text.inputValue();
  const changed = forked.replace(
    /attacks:[\s\S]*?evaluation/,
    'attacks:\n  - { id: fgsm, epsilon: 0.1 }\nevaluation',
  );
  await text.fill(changed);
  await page.keyboard.press('Control+z');
  await expect(text).toHaveValue(forked);
  await page.keyboard.press('Control+Shift+z');
  await expect(text).toHaveValue(changed);
  await lab.photograph('fork');
  await page.keyboard.press('Control+Enter');
  await expect(lab.status()).toHaveText('Done', { timeout: 60_000 });
  await expect(page.getByText('2 arms taken over as trained')).toBeVisible();

  // Another seed beside the recorded one: its arm trains anew, the recorded one's is taken over.
  await openShipped(lab, 'first-look');
  await timeline(page).getByRole('button', { name: 'Fork here' }).click();
  await text.fill(
    (await text.inputValue())
      .replace('seeds: [1]', 'seeds: [1, 7]')
      .replace(/defenses:[\s\S]*?evaluation/, 'attacks:\n  - { id: fgsm, epsilon: 0.1 }\nevaluation'),
  );
  await page.keyboard.press('Control+Enter');
  await expect(lab.status()).toHaveText('Done', { timeout: 60_000 });
  await expect(page.getByText('one arm taken over as trained')).toBeVisible();
  await expect(page.getByText('2 seeds', { exact: true })).toBeVisible();
});

test('palette, shortcuts, drops, recent files and what is kept over a restart', async ({ lab, home }) => {
  const { page } = lab;
  await page.getByRole('heading', { name: 'New experiment' }).waitFor();
  await page.locator('body').press('Control+k');
  const palette = page.getByRole('combobox', { name: 'Search commands' });
  await palette.fill('projected gradient');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: /Projected gradient/i })).toBeVisible();
  await expect(page.getByRole('math')).toContainText('x₀ = x + u');
  await lab.photograph('guide-page');
  await page.keyboard.press('Control+k');
  await palette.fill('bout article');
  await lab.photograph('palette');
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Experiment as YAML')).toHaveValue(/name: article/);
  await page.locator('body').press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toContainText('To the next mark');
  await page.keyboard.press('Escape');

  // A session from elsewhere becomes one of the library.
  const elsewhere = join(home, 'elsewhere.sparring');
  copyFileSync(join(SHIPPED, 'first-look.sparring'), elsewhere);
  const id = await page.evaluate(async (path) => {
    const answer = await window.lab.call('importSession', [path]);
    return answer.ok ? answer.value : answer.problem.message;
  }, elsewhere);
  expect(id).toBe('this file was not granted');
  await page.evaluate(async () => {
    const input = document.createElement('input');
    input.type = 'file';
    input.id = 'test-file';
    document.body.append(input);
  });
  await page.locator('#test-file').setInputFiles(elsewhere);
  await page.evaluate(() => {
    const transfer = new DataTransfer();
    transfer.items.add((document.querySelector('#test-file') as HTMLInputElement).files![0]!);
    document
      .querySelector('.shell')!
      .dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  });
  await expect(lab.status()).toHaveText('Done');
  await lab.go('Sessions');
  await expect(page.getByRole('button', { name: 'first-look', exact: true })).toBeVisible();

  await lab.go('New');
  await page.getByLabel('Experiment as YAML').fill('name: kept\ntask: classification\n');
  await lab.go('Guide');
  await expect(page.getByRole('heading', { name: 'A tour in six questions' })).toBeVisible();
  await lab.close();
  const again = await Lab.launch(home);
  await expect(again.page.getByRole('heading', { name: 'A tour in six questions' })).toBeVisible();
  await again.go('New');
  await expect(again.page.getByLabel('Experiment as YAML')).toHaveValue(/name: kept/);
  await again.close();
  expect(again.complaints).toEqual([]);
});

test('broken sessions say what is wrong with them', async ({ lab, home }) => {
  const { page } = lab;
  mkdirSync(join(home, 'sessions'), { recursive: true });
  copyFileSync(join(SHIPPED, 'first-look.sparring'), join(home, 'sessions', 'newer.sparring'));
  const database = new DatabaseSync(join(home, 'sessions', 'newer.sparring'));
  database.exec('PRAGMA user_version = 99');
  database.close();
  for (const [id, message] of [
    ['newer', /has format 99.*Update Sparring/s],
    ['gone', /there is no such session/],
  ] as const) {
    await page.evaluate((hash) => (location.hash = hash), `#/live/${id}`);
    await expect(page.getByRole('alert')).toContainText(message);
  }
  expect(existsSync(join(home, 'sessions', 'newer.sparring'))).toBe(true);
});

test('a session is written by the command line while the window looks at it', async ({ lab, home }) => {
  const { page } = lab;
  const folder = join(home, 'sessions');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'live.sparring');
  copyFileSync(join(SHIPPED, 'first-look.sparring'), file);
  // What a run of the command line holds: the writer's lock.
  const lock = new DatabaseSync(`${file}-lock`);
  lock.exec('BEGIN EXCLUSIVE');
  await lab.go('Sessions');
  await page.getByRole('button', { name: 'More for first-look' }).click();
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  await page.getByLabel('New name').fill('told apart');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'told apart', exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'More for told apart' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'this session is being written' })).toBeVisible();
  expect(existsSync(file)).toBe(true);
  // Another window of the same library is not opened: the first one comes to the front.
  const second = await _electron
    .launch({
      cwd: join(__dirname, '../..'),
      args: ['.', '--no-sandbox', '--disable-gpu'],
      env: { ...(process.env as Record<string, string>), SPARRING_HOME: home },
      timeout: 15_000,
    })
    .then(
      (app) => app.windows().length,
      () => 0,
    );
  expect(second).toBe(0);
  lock.exec('ROLLBACK');
  lock.close();
  // Gone while it is listed: told, and the list goes on.
  rmSync(file);
  await page.getByRole('button', { name: 'told apart', exact: true }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'there is no such session' }).first()).toBeVisible();
});

test('the list of sessions goes by the keyboard, however long it is', async ({ lab, home }) => {
  const { page } = lab;
  const folder = join(home, 'sessions');
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < 40; i++)
    copyFileSync(join(SHIPPED, 'first-look.sparring'), join(folder, `${i + 10}.sparring`));
  await lab.go('Sessions');
  await expect(page.getByText('40 of 40')).toBeVisible();
  const names = page.getByRole('button', { name: 'first-look', exact: true });
  await expect(names.first()).toBeVisible();
  expect(await names.count()).toBeLessThan(35);
  await names.first().focus();
  const row = () => page.evaluate(() => document.activeElement!.closest('tr')!.getAttribute('aria-rowindex'));
  for (let i = 0; i < 30; i++) await page.keyboard.press('ArrowDown');
  expect(await row()).toBe('32');
  await page.keyboard.press('End');
  expect(await row()).toBe('41');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Space');
  await page.keyboard.press('Home');
  expect(await row()).toBe('2');
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Compare 2' })).toBeEnabled();
  // The row that is gone from sight keeps the focus.
  await page.locator('.scroller').evaluate((element) => element.scrollTo(0, 1e5));
  await page.waitForTimeout(200);
  expect(await row()).toBe('2');
  await page.getByRole('button', { name: 'Size' }).click();
  await expect(page.getByRole('columnheader', { name: 'Size' })).toHaveAttribute('aria-sort', 'descending');
  await page.reload();
  await expect(page.getByRole('columnheader', { name: 'Size' })).toHaveAttribute('aria-sort', 'descending');
});

test('axe finds nothing serious in any view, light or dark', async ({ lab, home }) => {
  const { page } = lab;
  mkdirSync(join(home, 'sessions'), { recursive: true });
  for (const name of ['one', 'two'])
    copyFileSync(join(SHIPPED, 'first-look.sparring'), join(home, 'sessions', `${name}.sparring`));
  // Two sessions of one name: told apart by their ids.
  await page.evaluate(() => localStorage.setItem('sparring.compared', '["one","two"]'));
  await page.reload();
  await openShipped(lab, 'first-look');
  const views: [string, () => Promise<unknown>][] = [
    ['Run', async () => {}],
    ['Trade-off', () => lab.go('Trade-off')],
    ['New', () => lab.go('New')],
    ['Sessions', () => lab.go('Sessions')],
    ['Menu', () => page.getByRole('button', { name: 'More for first-look' }).first().click()],
    [
      'Compare',
      async () => {
        await page.keyboard.press('Escape');
        await lab.go('Compare');
        await expect(page.getByRole('region', { name: 'Arms and attacks' })).toContainText('two: Undefended');
      },
    ],
    ['Paired tests', () => page.getByRole('tab', { name: 'Paired tests' }).click()],
    ['Settings', () => lab.go('Settings')],
    ['Tour', () => page.locator('body').press('g')],
    ['Guide page', () => page.getByRole('link', { name: 'TRADES', exact: true }).click()],
    ['Palette', () => page.keyboard.press('Control+k')],
    ['Overview', async () => (await page.keyboard.press('Escape'), page.locator('body').press('?'))],
    ['Agent', async () => (await page.keyboard.press('Escape'), openShipped(lab, 'first-look-agent'))],
  ];
  const found: string[] = [];
  for (const theme of ['light', 'dark'] as const) {
    await page.evaluate((wanted) => window.lab.call('setTheme', [wanted]), theme);
    if (theme === 'dark') await openShipped(lab, 'first-look');
    for (const [name, open] of views) {
      await open();
      await page.waitForTimeout(500);
      const { violations } = await new AxeBuilder({ page: page as never }).setLegacyMode().analyze();
      for (const { id, impact, nodes } of violations)
        if (impact === 'serious' || impact === 'critical')
          found.push(
            `${name}, ${theme}: ${id}: ${nodes
              .slice(0, 3)
              .map(({ html }) => html.slice(0, 160))
              .join(' | ')}`,
          );
    }
  }
  expect(found).toEqual([]);
});
