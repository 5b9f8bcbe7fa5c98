import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './lab';

test('form and text edit each other, problems stand at their place', async ({ lab }) => {
  const { page } = lab;
  const text = page.getByLabel('Experiment as YAML');
  await page.getByRole('button', { name: /^article/ }).click();
  await expect(text).toHaveValue(/name: article/);
  const before = await text.inputValue();
  const comment = before.split('\n')[0]!;

  await page.getByLabel('Name', { exact: true }).fill('mine');
  await expect(text).toHaveValue(/name: mine/);
  expect(await text.inputValue()).toContain(comment);
  await page.getByRole('button', { name: 'Add attack' }).click();
  await page.getByRole('menuitem', { name: 'Iterative FGSM', exact: true }).click();
  await expect(text).toHaveValue(/- {id: i-fgsm}/);
  const added = page.getByRole('region', { name: /^attack \d+$/ }).last();
  await added.getByLabel('Epsilon', { exact: true }).fill('0.1, 0.2');
  await expect(text).toHaveValue(/{id: i-fgsm, epsilon: \[0\.1, 0\.2\]}/);

  await added.getByLabel('Epsilon', { exact: true }).fill('much');
  await expect(added.getByText(/found "much"/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Start' })).toBeDisabled();
  await added.getByRole('button', { name: /^Remove/ }).click();
  await expect(page.getByText('No problems: the experiment can be started.')).toBeVisible();

  await text.fill((await text.inputValue()).replace('name: mine', 'nmae: mine'));
  await expect(page.getByText(/unknown key “nmae”/)).toBeVisible();
  await expect(page.getByText(/Did you mean “name”/)).toBeVisible();
  await text.fill(before);
  await lab.photograph('new');
});

test('keyboard, theme, empty and broken states, and the page policy', async ({ lab, home }) => {
  const { page } = lab;
  await page.getByRole('heading', { name: 'New experiment' }).waitFor();
  await page.locator('body').press('2');
  await expect(page.getByText('No run is open')).toBeVisible();
  await page.locator('body').press('5');
  await expect(page.getByText('No sessions yet')).toBeVisible();
  mkdirSync(join(home, 'sessions'), { recursive: true });
  writeFileSync(join(home, 'sessions', 'broken.sparring'), 'not a session');
  await page.locator('body').press('1');
  await page.locator('body').press('5');
  await expect(page.getByText('Unreadable')).toBeVisible();
  await expect(
    page.getByRole('row', { name: /broken Unreadable .*this is not a Sparring session/ }),
  ).toBeVisible();
  await page.locator('body').press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.locator('body').press('Control+n');
  await expect(page.getByLabel('Experiment as YAML')).toBeVisible();

  await lab.go('Settings');
  await lab.photograph('settings');
  await lab.setTheme('Dark');
  await page.reload();
  await expect(page.locator('html')).toHaveClass(/dark/);

  // Playwright's own evaluation is exempt from the policy until its first await.
  const evaluated = await page.evaluate(async () => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    try {
      return String(new Function('return "evaluated"')());
    } catch {
      return 'refused';
    }
  });
  expect(evaluated).toBe('refused');
  // The eye of every other test sees it, so silence there means something.
  await expect.poll(() => lab.complaints).toContainEqual(expect.stringContaining('policy violated'));
  lab.complaints.length = 0;
});
