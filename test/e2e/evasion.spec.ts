import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, test } from './lab';
import { onEndpoint, whiteBoxSuite } from './experiments';

test('the white-box suite runs from the window: matrix, curves, steps, transfer', async ({ lab }) => {
  const { page } = lab;
  await lab.start(whiteBoxSuite);
  await expect(lab.status()).toHaveText('Done', { timeout: 150_000 });

  const region = (name: string) => page.getByRole('region', { name, exact: true });
  await expect(region('Results')).toContainText('Worst case');
  await page.getByRole('tab', { name: 'Step by step' }).click();
  await expect(region('Step by step').getByRole('slider')).toBeVisible();
  await page.getByRole('tab', { name: 'Transfer' }).click();
  await expect(region('Transfer')).toBeVisible();
  await lab.photograph('white-box-suite');
});

/** The example server, on a port of its own; it is stopped in the end. */
async function withServer<T>(args: string[], use: (address: string) => Promise<T>): Promise<T> {
  const script = resolve(__dirname, '../../examples/http-server/server.mjs');
  const server: ChildProcess = spawn(process.execPath, [script, '--port', '0', ...args]);
  try {
    const [line] = (await once(server.stdout!, 'data')) as [Buffer];
    return await use(String(line).trim());
  } finally {
    server.kill();
  }
}

test('a black-box attack on an HTTP endpoint runs from the window, once the address is allowed', async ({
  lab,
}) => {
  await withServer([], async (address) => {
    const { page } = lab;
    // Native dialogs cannot be clicked: the question is answered as a user would, and kept to be looked at.
    await lab.app.evaluate(({ dialog }) => {
      dialog.showMessageBox = ((...args: unknown[]) => {
        (globalThis as unknown as { asked: unknown }).asked = args.at(-1);
        return Promise.resolve({ response: 0, checkboxChecked: false });
      }) as typeof dialog.showMessageBox;
    });
    await lab.start(onEndpoint(address, '[{id: square, epsilon: 0.3, queries: 60}]'));
    await expect(lab.status()).toHaveText('Done', { timeout: 120_000 });
    const asked = await lab.app.evaluate(
      () => (globalThis as unknown as { asked: { detail: string } }).asked,
    );
    expect(asked.detail).toContain(address);
    const results = page.getByRole('region', { name: 'Results' }).locator('tbody').first();
    await expect(results.getByText('–', { exact: true })).toHaveCount(0);

    // Gradients are not to be had over HTTP: refused with the reason, before anything runs.
    await lab.go('New');
    await page.getByLabel('Experiment as YAML').fill(onEndpoint(address, '[{id: pgd}]'));
    await expect(page.getByText(/needs gradients, which “http” does not have/).first()).toBeVisible();
  });
});

test('a model behind an HTTP endpoint is stolen from the window', async ({ lab }) => {
  await withServer([], async (address) => {
    const { page } = lab;
    await lab.app.evaluate(({ dialog }) => {
      dialog.showMessageBox = (() =>
        Promise.resolve({ response: 0, checkboxChecked: false })) as typeof dialog.showMessageBox;
    });
    await lab.start(onEndpoint(address, '[{id: copycat, queries: 200, copy: mlp, epochs: 1}]'));
    await expect(lab.status()).toHaveText('Done', { timeout: 120_000 });
    await expect(page.getByRole('region', { name: 'Fidelity by queries' })).toBeVisible();
    await lab.photograph('extraction');
  });
});
