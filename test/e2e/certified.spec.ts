import { certified } from './experiments';
import { expect, test } from './lab';

test('what is proven beside what attacks left, in each norm, and what a detector finds', async ({ lab }) => {
  const { page } = lab;
  await lab.start(certified);
  await expect(lab.status()).toHaveText('Done', { timeout: 150_000 });

  const drawn = page.getByRole('radiogroup', { name: 'What is drawn' });
  const strokes = page.getByLabel('What the strokes stand for');
  for (const [choice, norm] of [
    ['proven L∞', 'L∞'],
    ['proven L2', 'L2'],
  ] as const) {
    await drawn.getByText(choice, { exact: true }).click();
    await expect(page.getByRole('heading', { name: `Certified and robust accuracy, ${norm}` })).toBeVisible();
    await expect(
      page.getByRole('img', { name: `Certified and robust accuracy, ${norm} by arm and attack` }),
    ).toBeVisible();
    await expect(strokes).toContainText('proven, whatever the attack');
    await lab.photograph(`certified-${norm === 'L2' ? 'l2' : 'linf'}`);
  }

  await drawn.getByText('ROC', { exact: true }).click();
  await expect(page.getByRole('img', { name: 'Detectors by arm and attack' })).toBeVisible();
  await expect(strokes).toContainText('attacker evades the detector too');
  await lab.photograph('detectors');

  // No certificate was broken.
  await expect(page.getByRole('region', { name: 'Checks and warnings' })).toContainText('Certificates hold');
  await lab.go('Trade-off');
  await expect(page.getByRole('region', { name: 'Verdict', exact: true })).not.toContainText(
    'Certificates hold',
  );
  await expect(page.getByRole('region', { name: 'Trade-off board', exact: true })).toContainText('Certified');
  await lab.photograph('certified-board');
});
