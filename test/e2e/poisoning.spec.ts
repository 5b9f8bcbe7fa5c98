import { backdoor } from './experiments';
import { expect, test } from './lab';

test('draws a trigger, runs the backdoor, finds suspects, trains without them, and the trigger fails', async ({
  lab,
}) => {
  // Two runs and twelve pictures.
  test.slow();
  const { page } = lab;
  const region = (name: string) => page.getByRole('region', { name, exact: true });
  const text = page.getByLabel('Experiment as YAML');

  // A trigger of one's own: one stroke over the paper's patch, and moved.
  await lab.go('New');
  await text.fill(backdoor);
  const drawing = page.getByRole('application', { name: /^Trigger: drag to draw/ });
  await drawing.scrollIntoViewIfNeeded();
  const { x, y, width } = (await drawing.boundingBox())!;
  const at = (pixel: number) => ((pixel + 0.5) * width) / 28;
  await page.mouse.move(x + at(23), y + at(23));
  await page.mouse.down();
  for (let pixel = 23; pixel <= 26; pixel++) await page.mouse.move(x + at(pixel), y + at(23));
  await page.mouse.up();
  await expect(text).toHaveValue(/drawing: \["9999"/);
  // By keys as well: a pixel more, and gone again.
  await drawing.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Space');
  await expect(text).toHaveValue(/drawing: \["99999"/);
  await page.keyboard.press('Space');
  await expect(text).toHaveValue(/drawing: \["9999"/);
  await page.getByRole('button', { name: 'Move the trigger up' }).click();
  await expect(text).toHaveValue(/bottom: 2/);
  await lab.photograph('trigger-editor');
  await page.keyboard.press('Control+Enter');
  await expect(lab.status()).toHaveText('Done', { timeout: 150_000 });

  await page.getByRole('tab', { name: 'Poisoning', exact: true }).click();
  const ACCURACY = 1;
  const SUCCESS = 2;
  const figure = async (row: RegExp, column: number): Promise<number> => {
    const cell = region('Poisoning').getByRole('row', { name: row }).getByRole('cell').nth(column);
    // A filter's row is there before its model is trained.
    await expect(cell).toContainText('%', { timeout: 150_000 });
    return Number((await cell.textContent())!.match(/[\d.]+/)![0]);
  };
  await expect(region('Poisoning').getByRole('row').nth(1)).toContainText('%');
  expect(await figure(/BadNets/, SUCCESS)).toBeGreaterThan(60);

  await page.getByRole('tab', { name: 'Poisoned samples' }).click();
  await expect(region('Poisoned samples')).toContainText('50 of 1 000 training samples altered');
  await expect(page.getByRole('img', { name: 'True trigger' })).toBeVisible();
  await lab.photograph('provenance');

  // Suspects: of what is labelled 0 the group that lies to the right, apart from the many.
  await page.getByRole('tab', { name: 'Activations' }).click();
  await lab.choose('Activations', 'Label', 'Label 0');
  const map = page.getByRole('application', { name: /^Activations of/ });
  await map.scrollIntoViewIfNeeded();
  const box = (await map.boundingBox())!;
  await page.mouse.move(box.x + 0.55 * box.width, box.y + 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 2, box.y + box.height - 2, { steps: 4 });
  await page.mouse.up();
  // 50 bear the trigger, three times as many the label.
  await expect(region('Activations').getByRole('status')).toHaveText(/^(4\d|5\d) picked/);
  await lab.photograph('activations');
  const picked = await region('Activations').getByRole('status').first().innerText();
  await page.getByRole('tab', { name: 'Poisoned samples' }).click();
  await page.getByRole('tab', { name: 'Activations' }).click();
  await expect(region('Activations').getByRole('status').first()).toHaveText(picked);

  await page.getByRole('button', { name: 'Train without these…' }).click();
  await expect(text).toHaveValue(/by-hand/);
  await page.keyboard.press('Control+Enter');
  await expect(lab.status()).toHaveText('Done', { timeout: 150_000 });
  await page.getByRole('tab', { name: 'Poisoning', exact: true }).click();
  expect(await figure(/by hand/, SUCCESS)).toBeLessThan(5);
  const [withAll, without] = [await figure(/Undefended/, ACCURACY), await figure(/by hand/, ACCURACY)];
  expect(without).toBeGreaterThan(withAll - 3);
});
