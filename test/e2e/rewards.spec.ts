import { lake } from './experiments';
import { expect, test } from './lab';

test('a reward painted on the map bends the policy', async ({ lab }) => {
  const { page } = lab;
  await lab.go('New');
  await page.getByLabel('Experiment as YAML').fill(lake);
  await page.getByRole('button', { name: 'Add poisoning' }).click();
  await page.getByRole('menuitem', { name: 'Painted rewards' }).click();

  // Painted with the mouse, wiped and painted elsewhere by keyboard; the text follows.
  await page.getByRole('textbox', { name: 'Rewards: reward to paint' }).fill('1');
  const map = page.getByRole('group', { name: 'Rewards on the map' });
  await map.getByRole('button', { name: 'Cell 2, row 1, column 3' }).click();
  await expect(page.getByLabel('Experiment as YAML')).toHaveValue(/2 = 1/);
  await map.getByRole('button', { name: 'Cell 2, row 1, column 3: 1' }).press('Enter');
  await map.getByRole('button', { name: 'Cell 3, row 1, column 4' }).press('Enter');
  await expect(page.getByLabel('Experiment as YAML')).toHaveValue(/3 = 1/);
  await expect(map.getByRole('button', { pressed: true })).toHaveCount(1);
  await map.scrollIntoViewIfNeeded();
  await lab.photograph('grid-painted');

  await expect(page.getByText('No problems: the experiment can be started.')).toBeVisible();
  await page.keyboard.press('Control+Enter');
  await expect(lab.status()).toHaveText('Done', { timeout: 120_000 });
  // Nothing attacks the trained: what stands beside the clean agent is the one that was paid otherwise.
  await expect(page.getByRole('img', { name: /^Not poisoned, step \d+$/ })).toBeVisible();
  await expect(
    page.getByRole('img', { name: /^Poisoned: Undefended \+ Painted rewards, step \d+$/ }),
  ).toBeVisible();
  await expect(page.getByText('paths part')).toBeVisible();
  await expect(page.getByRole('img', { name: 'Exact return by arm and attack' })).toBeVisible();
  await page.getByRole('tab', { name: 'Values and policy' }).click();

  // From cell 4 the way to the goal leads down; paid for the corner, the agent goes back up.
  await expect(page.getByRole('img', { name: /^Undefended, seed 1: .*\b4 down\b/ })).toBeVisible();
  await expect(
    page.getByRole('img', { name: /^Undefended \+ Painted rewards, seed 1: .*\b4 up\b/ }),
  ).toBeVisible();
  const leaving = page.locator('dt', { hasText: 'Cells leaving the clean policy' }).locator('+ dd');
  await expect(leaving).toHaveText(/^[1-9]\d*$/);
  await expect(page.getByRole('group', { name: 'Budget of the poisoning' })).toContainText('Steps altered');
  await lab.photograph('grid-values');

  // Before anything was learnt the two agree.
  const examination = page.getByRole('slider', { name: 'Examination' });
  await examination.focus();
  await examination.press('Home');
  await expect(leaving).toHaveText('0');
  await page.getByRole('button', { name: 'Play the training' }).click();
  await expect(leaving).toHaveText(/^[1-9]\d*$/);
});
