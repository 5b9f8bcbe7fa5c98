import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tradeOff } from './experiments';
import { expect, test } from './lab';

test('the trade-off board, the heat map and the verdict of a session, each as SVG, PDF, PNG, CSV and LaTeX', async ({
  lab,
  home,
}) => {
  const { page } = lab;
  await lab.start(tradeOff);
  await expect(lab.status()).toHaveText('Done', { timeout: 150_000 });
  await lab.go('Trade-off');

  const region = (name: string) => page.getByRole('region', { name, exact: true });
  const board = region('Trade-off board');
  for (const column of [
    'Clean accuracy',
    'Worst case',
    'Unseen attacks',
    'Natural corruptions',
    'Training time',
  ]) {
    await expect(board).toContainText(column);
  }
  await expect(
    page.getByRole('img', { name: /^Worst case against Clean accuracy: Undefended / }),
  ).toBeVisible();

  // The best defence follows the demand.
  const choice = region('Best defence');
  await choice.getByLabel('Least clean accuracy in per cent').fill('100');
  await choice.getByLabel('Least clean accuracy in per cent').press('Enter');
  await expect(choice.getByRole('status')).toHaveText(/None meets this demand/);
  await expect(choice).toContainText('below 100.0 %');

  await expect(region('Verdict')).toContainText('Undefended');
  await expect(page.getByRole('img', { name: /^Confusion of Adversarial training under PGD/ })).toBeVisible();
  await expect(region('Attack × defence').locator('tbody').first()).toContainText('Adversarial training');
  await page.getByRole('tab', { name: 'Trained on, tested on' }).click();
  await expect(page.getByRole('img', { name: /^Robust accuracy by attack trained against/ })).toBeVisible();
  await lab.photograph('trade-off');
  await page.getByRole('tab', { name: 'Attack × defence' }).click();

  const begins = { SVG: '<svg', PDF: '%PDF-1', PNG: '\u0089PNG', CSV: 'arm,', LaTeX: '\\begin{table}' };
  for (const label of ['the board', 'the results', 'the verdict']) {
    for (const [format, begin] of Object.entries(begins)) {
      const file = join(home, `${label.replace(' ', '-')}.${format.toLowerCase()}`);
      await lab.saveAs(file);
      await page.getByRole('button', { name: `Export ${label}`, exact: true }).click();
      const item = page.getByRole('menuitem', { name: format, exact: true }).filter({ visible: true });
      await item.click();
      // The menu closes by and by; opened before that, it would close again.
      await expect(item).toHaveCount(0);
      // Read until it is whole: the window tells three files at a time only.
      await expect
        .poll(() => existsSync(file) && readFileSync(file, 'latin1').slice(0, begin.length))
        .toBe(begin);
    }
  }
  const drawn = readFileSync(join(home, 'the-board.svg'), 'utf8');
  expect(drawn).toContain('Adversarial training');
  expect(drawn).toContain('Clean accuracy (%)');
  const told = readFileSync(join(home, 'the-verdict.csv'), 'utf8');
  expect(told).toContain('Undefended,true,false,zero-gradients,pass');
  // The session's number in the library is that of the board.
  await lab.go('Sessions');
  await expect(page.getByRole('row', { name: /trade-off/ })).toContainText('%');
});
