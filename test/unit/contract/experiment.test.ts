import { describe, expect, it } from 'vitest';
import { catalog } from '../../../src-main/contract/catalog-data';
import { parseExperiment } from '../../../src-main/contract/experiment';
import { experimentFromText } from '../../../src-main/contract/experiment-text';

const good = {
  name: 'x',
  task: 'classification',
  dataset: { id: 'mnist' },
  model: { id: 'article-cnn' },
  attacks: [{ id: 'fgsm', epsilon: [0.1, 0.2] }],
};
const problems = (raw: unknown) => {
  const parsed = parseExperiment(raw, catalog);
  return parsed.ok
    ? []
    : parsed.problems.map(({ place, message, remedy }) => `${place}: ${message} | ${remedy}`);
};

describe('experiment', () => {
  it('takes a good one and fills in what was left out', () => {
    const parsed = parseExperiment(good, catalog);
    expect(parsed).toMatchObject({
      ok: true,
      experiment: {
        seeds: [1],
        training: { epochs: 5, learningRate: 0.001, finalLearningRate: 0.001 },
        evaluation: { samples: 500, episodes: 50 },
      },
    });
  });

  it.each([
    ['an unknown key', { ...good, atacks: [] }, 'atacks', 'attacks'],
    ['an unknown training key', { ...good, training: { epoch: 3 } }, 'training.epoch', 'epochs'],
    ['an unknown attack', { ...good, attacks: [{ id: 'fgms' }] }, 'attacks.0.id', 'fgsm'],
    ['an unknown parameter', { ...good, attacks: [{ id: 'pgd', step: 3 }] }, 'attacks.0.step', 'steps'],
    [
      'a value out of range',
      { ...good, attacks: [{ id: 'pgd', epsilon: -1 }] },
      'attacks.0.epsilon',
      'from 0',
    ],
    [
      'one bad value of a list',
      { ...good, attacks: [{ id: 'pgd', epsilon: [0.1, 'a'] }] },
      'attacks.0.epsilon.1',
      'a number',
    ],
    [
      'an empty list',
      { ...good, attacks: [{ id: 'pgd', epsilon: [] }] },
      'attacks.0.epsilon',
      'at least one',
    ],
    [
      'a list of values of a further model',
      { ...good, furtherModels: [{ id: 'mlp', units: [32, 64] }] },
      'furtherModels.0.units',
      'give one',
    ],
    ['a wrong type', { ...good, seeds: 'one' }, 'seeds', 'array'],
    ['a repeated seed', { ...good, seeds: [1, 1] }, 'seeds', 'twice'],
    [
      'an attack in the wrong list',
      { ...good, poisoning: [{ id: 'fgsm' }] },
      'poisoning.0.id',
      'cannot stand under',
    ],
    [
      'an attack of the other task',
      { ...good, attacks: [{ id: 'fgsm-observation' }] },
      'attacks.0.id',
      'reinforcement-learning',
    ],
    ['a key of the other task', { ...good, environment: { id: 'CartPole-v1' } }, 'environment', 'no meaning'],
    ['a missing model', { ...good, model: undefined }, 'model', 'needs “model”'],
    ['a missing path', { ...good, dataset: { id: 'idx' } }, 'dataset.path', 'path of a folder'],
    [
      'a bad nested attack',
      { ...good, defenses: [{ id: 'adversarial-training', attack: { id: 'pdg' } }] },
      'defenses.0.attack.id',
      'pgd',
    ],
    [
      'a bad attack of a mix',
      {
        ...good,
        defenses: [{ id: 'adversarial-augmentation', attacks: [{ id: 'fgsm' }, { id: 'pgd', step: 3 }] }],
      },
      'defenses.0.attacks.1.step',
      'steps',
    ],
    [
      'one attack where a list is expected',
      { ...good, defenses: [{ id: 'adversarial-augmentation', attacks: { id: 'fgsm' } }] },
      'defenses.0.attacks',
      'a list of at least one attack',
    ],
    [
      'an empty mix',
      { ...good, defenses: [{ id: 'adversarial-augmentation', attacks: [] }] },
      'defenses.0.attacks',
      'a list of at least one attack',
    ],
    [
      'an arm that is not there',
      { ...good, arms: [{ poisoning: 'clean', defense: 'trades' }] },
      'arms.0.defense',
      'undefended',
    ],
    [
      'training an imported model',
      {
        ...good,
        model: { id: 'layers-model', path: 'm/model.json' },
        defenses: [{ id: 'noise-augmentation' }],
      },
      'defenses.0.id',
      'already trained',
    ],
  ])('refuses %s, naming place and remedy', (_what, raw, place, hint) => {
    const told = problems(raw);
    expect(told.length).toBeGreaterThan(0);
    expect(
      told.some((line) => line.startsWith(`${place}:`) && line.includes(hint)),
      told.join('\n'),
    ).toBe(true);
  });

  it('refuses gradients of a table and a table without states', () => {
    const rl = {
      name: 'x',
      task: 'reinforcement-learning',
      environment: { id: 'FrozenLake-v1' },
      agent: { id: 'q-learning' },
    };
    expect(problems({ ...rl, attacks: [{ id: 'fgsm-observation' }] }).join()).toMatch(
      /attacks\.0\.id: “fgsm-observation” needs gradients, which “q-learning on FrozenLake-v1” does not have/,
    );
    const displaced = { environment: { id: 'CartPole-v1' }, agent: { id: 'dqn' } };
    expect(problems({ ...rl, ...displaced, attacks: [{ id: 'optimal-displacement' }] }).join()).toMatch(
      /attacks\.0\.id: “optimal-displacement” needs finite-states, which “dqn on CartPole-v1” does not have/,
    );
    expect(problems({ ...rl, environment: { id: 'CartPole-v1' } }).join()).toMatch(
      /agent\.id: “q-learning” needs finite-states, which “CartPole-v1” does not have/,
    );
    expect(problems({ ...rl, environment: { id: 'FrozenLak-v1' } }).join()).toMatch(
      /Did you mean “FrozenLake-v1”/,
    );
  });

  it('tells what is wrong with the structure and with the entries in one breath', () => {
    const told = problems({ ...good, training: { epochs: 0 }, attacks: [{ id: 'pdg' }] });
    expect(told).toEqual([
      expect.stringContaining('training.epochs: found 0; expected at least 1'),
      expect.stringContaining('attacks.0.id: nothing under “attacks” is called “pdg”'),
    ]);
  });

  it('tells line and column of a syntax error', () => {
    const parsed = experimentFromText('name: x\ntask: [', 'mine.yaml', catalog);
    expect(parsed).toMatchObject({ ok: false });
    if (!parsed.ok) expect(parsed.problems[0]!.place).toMatch(/^mine\.yaml, line \d+, column \d+$/);
  });
});
