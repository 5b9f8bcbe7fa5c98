import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { image } from './experiments';
import { expect, test } from './lab';

test('a bout of the lab is run, told again to the last bit, weighed against the shipped one, and reported', async ({
  lab,
  home,
}) => {
  const { page } = lab;
  const bout = readFileSync(join(__dirname, '../../examples/gridworld-oracle.yaml'), 'utf8');
  await lab.start(bout.replace('seeds: [1, 2, 3, 4, 5]', 'seeds: [1, 2]'));
  await expect(lab.status()).toHaveText('Done', { timeout: 150_000 });
  const report = join(home, 'report.html');
  await lab.saveAs(report);
  await page.getByRole('button', { name: 'Report', exact: true }).click();
  await expect.poll(() => existsSync(report)).toBe(true);
  const text = readFileSync(report, 'utf8');
  for (const said of ['Lowest return', 'An episode of', 'gridworld-oracle', 'Robust'])
    expect(text).toContain(said);

  await lab.go('Sessions');
  await page.getByRole('button', { name: 'More for gridworld-oracle' }).click();
  await page.getByRole('menuitem', { name: 'Reproduce' }).click();
  const dialog = page.getByRole('dialog', { name: 'Reproduce “gridworld-oracle”' });
  await expect(dialog.getByRole('alert')).toContainText(/Identical: all \d+ recorded events came again/, {
    timeout: 120_000,
  });
  await dialog.getByRole('button', { name: 'Close', exact: true }).click();

  // Beside the session of another bout, as it was recorded elsewhere.
  copyFileSync(
    join(__dirname, '../../examples/sessions/first-look-agent.sparring'),
    join(home, 'sessions', 'first-look-agent-elsewhere.sparring'),
  );
  await lab.go('Guide');
  await lab.go('Sessions');
  await page.getByRole('checkbox', { name: 'Tick all sessions listed' }).locator('xpath=..').click();
  await page.getByRole('button', { name: 'Compare 2' }).click();
  const table = page.getByRole('region', { name: 'Arms and attacks' });
  for (const arm of ['gridworld-oracle: Undefended', 'first-look-agent: Undefended'])
    await expect(table).toContainText(arm);
  await expect(
    page.getByRole('img', { name: /^Lowest return against Return left alone over all/ }),
  ).toBeVisible();
});

test('two recorded sessions are compared, run again and reported', async ({ lab, home }) => {
  const { page } = lab;
  for (const [name, epochs] of [
    ['short', 1],
    ['long', 3],
  ] as const) {
    await lab.start(image(name, { epochs, train: 300 }));
    await expect(lab.status()).toHaveText('Done', { timeout: 150_000 });
  }

  await test.step('tags, notes and the experiment are searched', async () => {
    await lab.go('Sessions');
    await page.getByRole('button', { name: 'More for long' }).click();
    await page.getByRole('menuitem', { name: 'Tags and notes…' }).filter({ visible: true }).click();
    await page.getByLabel('Tags', { exact: true }).fill('figure 3');
    await page.getByLabel('Tags', { exact: true }).press('Enter');
    await page.getByRole('textbox', { name: 'Notes' }).fill('a peculiar outcome');
    await page.getByRole('button', { name: 'Keep', exact: true }).click();
    await expect(page.getByRole('row', { name: /long/ })).toContainText('figure 3');
    const search = page.getByLabel('Search sessions');
    for (const [words, found] of [
      ['peculiar', 1],
      ['figure 3', 1],
      ['"epochs: 3"', 1],
      ['batchSize', 2],
      ['nonsense', 0],
    ] as const) {
      await search.fill(words);
      await expect(page.getByText(`${found} of 2`, { exact: true })).toBeVisible();
    }
    await search.fill('');
    // Beside the record, in the file itself.
    const { id } = (await page.evaluate(async () => {
      const answer = await window.lab.call('sessions', []);
      return answer.ok ? answer.value.find(({ name }) => name === 'long') : undefined;
    }))!;
    const database = new DatabaseSync(join(home, 'sessions', `${id}.sparring`), { readOnly: true });
    const kept = database.prepare("SELECT value FROM header WHERE field = 'tags'").all();
    database.close();
    expect(kept).toEqual([{ value: '["figure 3"]' }]);
  });

  await test.step('one table, curves, Pareto, heat map, tests and differing settings', async () => {
    for (const name of ['short', 'long'])
      await page
        .getByRole('row', { name: new RegExp(name) })
        .locator('.el-checkbox')
        .click();
    await page.getByRole('button', { name: 'Compare 2' }).click();
    const table = page.getByRole('region', { name: 'Arms and attacks' });
    for (const arm of ['short: Undefended', 'short: Noise augmentation', 'long: Undefended'])
      await expect(table).toContainText(arm);
    await expect(
      page.getByRole('img', { name: 'Training loss of every arm of the compared sessions' }),
    ).toBeVisible();
    await page.getByText('log y').click();
    await page.getByText('as recorded').click();
    await expect(
      page.getByRole('img', { name: /^Worst case against Clean accuracy over all/ }),
    ).toBeVisible();
    await page.getByRole('tab', { name: 'Heat map' }).click();
    await expect(page.getByRole('img', { name: /^Heat map of arms/ })).toBeVisible();
    await page.getByRole('tab', { name: 'Paired tests' }).click();
    await expect(page.getByText(/paired by seed, n = 1\. With 1 seed/)).toBeVisible();
    await page.getByRole('tab', { name: 'Settings', exact: true }).click();
    await expect(page.getByRole('row', { name: /training\.epochs/ })).toContainText('13');
    await lab.photograph('compare');
  });

  await test.step('a comparison is kept, and opened again', async () => {
    await page.getByRole('button', { name: 'Keep…' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('epochs');
    await page.getByRole('dialog').getByRole('button', { name: 'Keep' }).click();
    await page.getByRole('button', { name: 'Kept comparisons' }).click();
    await expect(page.getByRole('menuitem', { name: /^epochs/ })).toContainText('2 sessions');
    await page.getByRole('menuitem', { name: /^epochs/ }).click();
    await expect(page.getByRole('region', { name: 'Arms and attacks' })).toContainText('long: Undefended');
    const kept = JSON.parse(readFileSync(join(home, 'window', 'comparisons.json'), 'utf8')) as unknown[];
    expect(kept).toMatchObject([{ name: 'epochs', reference: null }]);
  });

  await test.step('run again it is identical; tampered with it differs, at the event that was changed', async () => {
    await lab.go('Sessions');
    const reproduce = async () => {
      await page.getByRole('button', { name: 'More for short' }).click();
      await page.getByRole('menuitem', { name: 'Reproduce' }).filter({ visible: true }).click();
    };
    await reproduce();
    const dialog = page.getByRole('dialog', { name: 'Reproduce “short”' });
    await dialog.getByRole('button', { name: 'Go on in the background' }).click();
    await page.getByRole('button', { name: '“short” came again bit for bit' }).click({ timeout: 120_000 });
    await expect(dialog.getByRole('alert')).toContainText(/Identical: all \d+ recorded events came again/, {
      timeout: 120_000,
    });
    await dialog.getByRole('button', { name: 'Close', exact: true }).click();
    const { id } = (await page.evaluate(async () => {
      const answer = await window.lab.call('sessions', []);
      return answer.ok ? answer.value.find(({ name }) => name === 'short') : undefined;
    }))!;
    const database = new DatabaseSync(join(home, 'sessions', `${id}.sparring`));
    database.exec(
      "UPDATE event SET body = json_set(body, '$.metrics.accuracy', 0.123) WHERE sequence = (SELECT min(sequence) FROM event WHERE type = 'evaluation')",
    );
    database.close();
    await reproduce();
    await expect(dialog.getByRole('alert')).toContainText(
      /Differs at event \d+ \(evaluation\), metrics.accuracy: recorded 0.123/,
      { timeout: 120_000 },
    );
    await dialog.getByRole('button', { name: 'Close', exact: true }).click();
  });

  await test.step('the report is one click, and the same as PDF', async () => {
    await page.getByRole('button', { name: 'long', exact: true }).click();
    const report = join(home, 'report.html');
    await lab.saveAs(report);
    await page.getByRole('button', { name: 'Report', exact: true }).click();
    await expect.poll(() => existsSync(report)).toBe(true);
    const text = readFileSync(report, 'utf8');
    for (const said of ['long', 'Noise augmentation', 'npx sparring reproduce', '<svg ', 'data:image/png'])
      expect(text).toContain(said);
    const printed = join(home, 'report.pdf');
    await lab.saveAs(printed);
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Report (PDF)' }).filter({ visible: true }).click();
    await expect.poll(() => existsSync(printed) && readFileSync(printed, 'latin1').slice(0, 5)).toBe('%PDF-');
  });

  await test.step('a file that cannot be written is told, and what was there stays', async () => {
    const taken = join(home, 'taken.html');
    writeFileSync(taken, 'before');
    await lab.saveAs(join(home, 'nowhere', 'report.html'));
    await page.getByRole('button', { name: 'Report', exact: true }).click();
    await expect(page.getByRole('alert').filter({ hasText: 'there is no folder' })).toBeVisible();
    expect(readFileSync(taken, 'utf8')).toBe('before');
  });
});
