import { cliff, recorded } from './experiments';
import { expect, test } from './lab';

test('other worlds as a heat map, and a trigger beside what obeys it anyway', async ({ lab }) => {
  const { page } = lab;
  const region = (name: string) => page.getByRole('region', { name, exact: true });
  await lab.start(cliff);
  await expect(lab.status()).toHaveText('Done', { timeout: 120_000 });

  await page.getByRole('tab', { name: 'Robustness surface' }).click();
  for (const arm of ['Undefended', 'Domain randomisation'])
    await expect(
      region('Robustness surface').getByRole('img', { name: new RegExp(`^Robustness surface of ${arm}$`) }),
    ).toBeVisible();
  await expect(
    region('Robustness surface')
      .getByText(/^Worst/)
      .first(),
  ).toBeVisible();
  await lab.photograph('robustness-surface');

  await page.getByRole('tab', { name: 'Backdoor' }).click();
  await expect(region('Backdoor').getByText('state = 37').first()).toBeVisible();
  await expect(region('Backdoor').getByText('its own').first()).toBeVisible();
  await expect(region('Backdoor').getByText('of Policy backdoor (TrojDRL)').first()).toBeVisible();
  await lab.photograph('backdoor-panel');

  await page.getByRole('tab', { name: 'Harm and budget' }).click();
  await lab.photograph('hands-harm');
});

test('the altered steps of a log, what a filter found of them, and training without some', async ({
  lab,
}) => {
  const { page } = lab;
  const panel = page.getByRole('region', { name: 'Recorded steps' });
  await lab.start(recorded);
  await expect(lab.status()).toHaveText('Done', { timeout: 120_000 });

  await page.getByRole('tab', { name: 'Recorded steps' }).click();
  await expect(panel).toContainText(
    /1\s000 recorded steps; 300 altered; \d+ removed, \d+ in the cleaned log/,
  );
  await panel.getByText(/^Found \d+/).click();
  // An altered action stands beside the one that was recorded.
  await expect(panel.getByRole('row').nth(2)).toContainText(/found.*right.*left/);
  await lab.photograph('recorded-steps');

  await lab.choose('Recorded steps', 'Arm of the log', /^Undefended \+ Transition poisoning/);
  await panel.getByRole('button', { name: /^Pick these 300/ }).click();
  await expect(panel.getByRole('status')).toHaveText('300 picked');
  await panel.getByRole('button', { name: 'Train without these…' }).click();
  await expect(page.getByLabel('Experiment as YAML')).toHaveValue(/steps-by-hand/);
  await page.keyboard.press('Control+Enter');
  await expect(lab.status()).toHaveText('Done', { timeout: 120_000 });
  await expect(page.getByText('Steps picked by hand').first()).toBeVisible();
});
