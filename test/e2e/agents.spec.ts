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

  // Exact returns, the optimum, and what the attack spent.
  await page.getByRole('tab', { name: 'Harm and budget' }).click();
  const harm = page.getByRole('region', { name: 'Harm and budget' });
  for (const column of ['Exact return', 'Certified return', 'Of the optimum (%)'])
    await expect(harm.getByRole('columnheader', { name: column })).toBeVisible();
  await expect(harm.getByText(/of 1$/).first()).toBeVisible();

  // Attack it yourself, by keyboard: an engine of its own holds the agent.
  await page.getByRole('tab', { name: 'Attack it yourself' }).click();
  const cells = page.getByRole('group', { name: 'Cells the agent can be made to believe in' });
  await expect(cells.getByRole('button', { name: /^True cell 0: goes / })).toBeVisible({ timeout: 30_000 });
  const score = page.getByRole('group', { name: 'Score' });
  for (const who of ['No attack', 'Random', 'Optimum', 'You'])
    await expect(score.getByText(who, { exact: true })).toBeVisible();
  expect(await lab.enginePids()).toHaveLength(1);
  await page.getByText('what each cell costs').click();
  await expect(cells.getByRole('button', { name: /^Cell 4: goes .*, expected return / })).toBeVisible();
  await cells.getByRole('button', { name: /^True cell/ }).focus();
  await page.keyboard.press('ArrowDown');
  await expect(cells.getByRole('button', { name: /^Cell 4:/ })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByText('Step 1', { exact: true })).toBeVisible();
  await expect(page.getByText('100 % attacked').first()).toBeVisible();
  await lab.photograph('grid-duel');
  const over = page.getByRole('status').filter({ hasText: /^(Terminated|Truncated) after/ });
  for (let step = 1; step < 100 && !(await over.isVisible()); step++) {
    await cells
      .getByRole('button')
      .last()
      .click({ timeout: 2000 })
      .catch(() => {});
  }
  await expect(over).toBeVisible();
  await page.getByRole('button', { name: 'Again' }).click();
  await expect(page.getByText('Step 0', { exact: true })).toBeVisible();
  await page.getByRole('tab', { name: 'Episode' }).click();
  await expect.poll(() => lab.enginePids()).toHaveLength(0);
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

  // A scrubbed step tells what the agent thought, and the strips can be of any twin.
  await expect(page.getByText(/^(still|flipped)/).first()).toBeVisible();
  await page.getByRole('radiogroup', { name: 'Twin looked at closely' }).getByText('Not attacked').click();
  await expect(page.getByText(/^takes (left|right)/)).toBeVisible();

  // Attack it yourself: drag what it perceives while it balances.
  await page.getByRole('tab', { name: 'Attack it yourself' }).click();
  const pad = page.getByRole('slider', { name: 'Perceived θ (rad) and ω (rad/s)' });
  await expect(pad).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const place = (await pad.boundingBox())!;
  await page.mouse.move(place.x + place.width / 2, place.y + place.height / 2);
  await page.mouse.down();
  await page.mouse.move(place.x + place.width - 10, place.y + 10, { steps: 5 });
  await page.mouse.up();
  await expect(pad).toHaveAttribute('aria-valuenow', /^(9\d|100)$/);
  const step1 = page.getByText(/^Step [1-9]\d*$/);
  await expect(step1).toBeVisible();
  await pad.press('Home');
  await expect(pad).toHaveAttribute('aria-valuenow', '0');
  await pad.press('Shift+ArrowLeft');
  await expect(pad).toHaveAttribute('aria-valuenow', '-100');
  await lab.photograph('cartpole-duel');
  await expect(page.getByRole('status').filter({ hasText: /^(Terminated|Truncated) after/ })).toBeVisible({
    timeout: 60_000,
  });
  const score = page.getByRole('group', { name: 'Score' });
  await expect(score.getByText('Random', { exact: true })).toBeVisible({ timeout: 30_000 });
  await expect(score.getByText('Strongest recorded', { exact: true })).toBeVisible();

  // The death of its engine is the end of the duel alone.
  for (const pid of await lab.enginePids()) process.kill(pid, 'SIGKILL');
  await expect.poll(() => lab.enginePids()).toHaveLength(0);
  await expect(async () => {
    // Whether the window has heard of it yet or not.
    await page.getByRole('button', { name: /^(Again|Begin anew)$/ }).click();
    await expect(page.getByText('Step 0', { exact: true })).toBeVisible({ timeout: 30_000 });
    expect(await lab.enginePids()).toHaveLength(1);
  }).toPass();
});
