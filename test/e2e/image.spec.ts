import { image } from './experiments';
import { expect, Lab, test } from './lab';

test('a bout runs from the window, is watched live, replayed after a restart, renamed, deleted and brought back', async ({
  lab,
  home,
}) => {
  const { page } = lab;
  await lab.start(image('first bout'));

  // Live: curves, numbers and examples arrive while it runs.
  await expect(page.getByRole('img', { name: 'Training loss by arm' })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Example \d+:/ }).first()).toBeVisible();
  await expect(lab.status()).toHaveText('Done', { timeout: 120_000 });
  await expect(page.getByRole('img', { name: 'Robust accuracy by arm and attack' })).toBeVisible();
  const table = page.getByRole('region', { name: 'Results' }).locator('tbody').first();
  await expect(table.getByRole('row')).toHaveCount(2);
  // The status is told at once, numbers are drawn in batches: the last cell may still be on its way.
  await expect(table.getByText('–', { exact: true })).toHaveCount(0);
  const seen = await table.innerText();
  expect(seen).toMatch(/Undefended[\s\S]*\d+\.\d[\s\S]*Noise augmentation/);
  await expect(
    page.getByRole('region', { name: 'Checks and warnings' }).getByText('Within budget').first(),
  ).toBeVisible();

  // Filtered by outcome, and one close up.
  await lab.choose('Examples', 'Outcome', 'Fooled');
  await page
    .getByRole('button', { name: /^Example \d+:/ })
    .first()
    .click();
  await expect(page.getByRole('dialog').getByText('true label')).toBeVisible();
  await page.keyboard.press('Escape');

  // After a restart the recording shows the same.
  await lab.close();
  const again = await Lab.launch(home);
  await again.go('Sessions');
  await again.page.getByRole('button', { name: 'first bout', exact: true }).click();
  await expect(again.status()).toHaveText('Done');
  const replayed = again.page.getByRole('region', { name: 'Results' }).locator('tbody').first();
  await expect.poll(() => replayed.innerText()).toBe(seen);
  await again.photograph('image-run');

  // Sessions: search, rename, delete, undo.
  await again.go('Sessions');
  const name = (text: string) => again.page.getByRole('button', { name: text, exact: true });
  await again.page.getByLabel('Search sessions').fill('nothing like it');
  await expect(again.page.getByText('No session matches')).toBeVisible();
  await again.page.getByLabel('Search sessions').fill('fast gradient');
  await expect(name('first bout')).toBeVisible();
  await again.page.getByLabel('Search sessions').fill('');
  await name('More for first bout').click();
  await again.page.getByRole('menuitem', { name: 'Rename' }).click();
  await again.page.getByLabel('New name').fill('renamed bout');
  await again.page.keyboard.press('Enter');
  await expect(name('renamed bout')).toBeVisible();
  await again.photograph('sessions');
  await name('More for renamed bout').click();
  await again.page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(name('renamed bout')).toBeHidden();
  await again.page.getByRole('button', { name: 'Undo' }).click();
  await expect(name('renamed bout')).toBeVisible();

  await again.close();
  expect(again.complaints).toEqual([]);
});
