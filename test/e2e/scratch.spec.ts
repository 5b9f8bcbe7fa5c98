import { test, expect } from '@playwright/test';
import { Lab } from './lab';
test('look', async () => {
  test.setTimeout(300_000);
  const lab = await Lab.launch('/tmp/p2/home');
  const { page } = lab;
  for (const name of (process.env['LOOK'] ?? 'backdoor').split(',')) {
    await lab.go('Sessions');
    await page.getByText(name, { exact: true }).first().dblclick();
    await expect(lab.status()).toHaveText('Done');
    for (const tab of ['Poisoning', 'Poisoned samples', 'Activations']) {
      const one = page.getByRole('tab', { name: tab, exact: true });
      if (!(await one.count())) continue;
      await one.click();
      if (tab === 'Activations') await lab.choose('Activations', 'Label', 'Label 0').catch(() => {});
      await page.waitForTimeout(800);
      await page.getByRole('region', { name: tab, exact: true }).scrollIntoViewIfNeeded();
      await lab.photograph(`look-${name}-${tab.replace(' ', '-')}`);
    }
  }
  console.log(lab.complaints);
  await lab.close();
});
