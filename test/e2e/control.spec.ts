import { image } from './experiments';
import { expect, test } from './lab';

test('a run is paused, continued, stopped, resumed, survives the death of its engine, and ends', async ({
  lab,
}) => {
  const { page } = lab;
  const button = (name: string) => page.locator('.head').getByRole('button', { name });
  await lab.start(image('long bout', { epochs: 8, train: 3000 }));
  await expect(page.getByRole('img', { name: 'Training loss by arm' })).toBeVisible();

  await button('Pause').click();
  await expect(lab.status()).toHaveText('Paused');
  await button('Continue').click();
  await expect(lab.status()).toHaveText('Running');

  await button('Stop').click();
  await expect(lab.status()).toHaveText('Stopped');
  await expect(page.getByText('Stopped: what was done stays.')).toBeVisible();
  await button('Resume').click();
  await expect(lab.status()).toHaveText('Running');

  // The engine dies; the window and what was recorded live on.
  await expect.poll(() => lab.enginePids()).toHaveLength(1);
  const progress = page.getByRole('progressbar', { name: 'Progress of the run' });
  await expect(progress).not.toHaveAttribute('aria-valuenow', '0');
  const [pid] = await lab.enginePids();
  process.kill(pid!, 'SIGKILL');
  await expect(lab.status()).toHaveText(/Interrupted|Failed/);
  await expect(page.getByText('Everything up to then is recorded.')).toBeVisible();
  await lab.photograph('killed');
  await lab.go('Sessions');
  await expect(page.getByRole('button', { name: 'long bout', exact: true })).toBeVisible();
  await lab.go('Run');

  await button('Resume').click();
  await expect(lab.status()).toHaveText('Done', { timeout: 150_000 });
  const rows = page.getByRole('region', { name: 'Results' }).locator('tbody').first().getByRole('row');
  await expect(rows).toHaveCount(2);
});
