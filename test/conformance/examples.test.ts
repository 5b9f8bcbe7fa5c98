/** Every built-in bout is a sound experiment that says what it shows. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalog } from '../../src-main/contract/catalog-data';
import { experimentFromText } from '../../src-main/contract/experiment-text';
import { plan } from '../../src-main/engine/plan';

const files = readdirSync('examples').filter((name) => name.endsWith('.yaml'));

it('the bouts of the foundation are there', () => {
  const bouts = [
    'article',
    'label-flip',
    'cartpole-observation',
    'cartpole-reward-poisoning',
    'gridworld-reward-poisoning',
    'gridworld-oracle',
  ];
  expect(files).toEqual(expect.arrayContaining(bouts.map((name) => `${name}.yaml`)));
});

describe.each(files)('%s', (file) => {
  const parsed = experimentFromText(readFileSync(join('examples', file), 'utf8'), file, catalog);

  it('has no problems and is named as its file', () => {
    expect(parsed).toMatchObject({ ok: true, experiment: { name: file.replace('.yaml', '') } });
    if (parsed.ok) expect(parsed.experiment.description).toMatch(/minute/);
  });

  it('plans its arms, the first clean, undefended, first seed', () => {
    if (!parsed.ok) throw new Error('not parsed');
    const { arms, work } = plan(parsed.experiment);
    expect(arms[0]).toMatchObject({ poisoning: null, defense: null, seed: parsed.experiment.seeds[0] });
    expect(work).toBeGreaterThan(0);
  });
});
