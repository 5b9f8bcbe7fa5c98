import { grid, pole } from './experiments';
import { expect, test } from './lab';

test('an agent on the frozen lake: episodes drawn, return true and perceived', async ({ lab }) => {
  const { page } = lab;
  await lab.start(grid);
  await expect(page.getByRole('img', { name: /^(In training|Not attacked).*, step \d+$/ })).toBeVisible();
  await expect(lab.status()).toHaveText('Done', { timeout: 120_000 });
  await expect(page.getByRole('img', { name: /^Under .*, step \d+$/ })).toBeVisible();
  await expect(page.getByRole('img', { name: 'Return under attack by arm and attack' })).toBeVisible();
  await expect(page.getByText('dotted: as perceived')).toBeVisible();
  await lab.photograph('grid-run');
});

test('CartPole under fire: twins in lock-step, played by keyboard', async ({ lab }) => {
  const { page } = lab;
  await lab.start(pole);
  await expect(page.getByRole('img', { name: /^In training.*, step \d+$/ })).toBeVisible();
  await expect(lab.status()).toHaveText('Done', { timeout: 150_000 });
  await expect(page.getByRole('img', { name: /^Under .*, step \d+$/ })).toBeVisible();
  await expect(page.getByRole('img', { name: 'True and perceived observation by step' })).toBeVisible();

  // Shown anew, Space still belongs to the episode.
  await lab.go('Sessions');
  await lab.go('Run');
  await expect(page.getByRole('button', { name: 'Pause the episode' })).toBeVisible();
  await page.locator('main').click({ position: { x: 4, y: 4 } });
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Play the episode' })).toBeVisible();
  const step = page.getByRole('slider', { name: /Step of the episode/ });
  await step.focus();
  await step.press('Home');
  await expect(step).toHaveAttribute('aria-valuenow', '0');
  await step.press('ArrowRight');
  await expect(page.getByText(/^step 1 \//)).toBeVisible();
  await lab.photograph('cartpole-run');
});
