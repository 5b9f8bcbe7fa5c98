// @vitest-environment happy-dom
import { createPinia, setActivePinia } from 'pinia';
import { nextTick } from 'vue';
import { beforeEach, describe, expect, test } from 'vitest';
import { catalog } from '../../../src-main/contract/catalog-data';
import { parseExperiment } from '../../../src-main/contract/experiment';
import { fromInput, toInput } from '../../../src-renderer/components/form/values';
import { estimate, useDraft } from '../../../src-renderer/stores/draft';
import { structureSpecs } from '../../../src-renderer/stores/structure-specs';
import { fakeLab } from './fake';

const TEXT = `name: mine
task: classification
seeds: [1, 2, 3]
dataset: {id: mnist}
model: {id: article-cnn}
defenses:
  - {id: noise-augmentation, epsilon: [0.1, 0.3]}
attacks:
  - {id: fgsm, epsilon: [0.1, 0.2, 0.3]}
  - {id: random-noise, epsilon: 0.3}
`;

beforeEach(() => setActivePinia(createPinia()));

describe('the draft', () => {
  test('the form edits the text, the text is read into the form', async () => {
    fakeLab({});
    const draft = useDraft();
    draft.useText(TEXT, 'mine.yaml');
    draft.set(['training', 'epochs'], 9);
    expect(draft.text).toContain('epochs: 9');
    await nextTick();
    expect(draft.raw['training']).toEqual({ epochs: 9 });
    draft.set(['training', 'epochs'], undefined);
    expect(draft.text).toBe(TEXT);
    expect(draft.problems).toEqual([]);
  });

  test('a further model and the transfer matrix are lines of the text like any other', () => {
    fakeLab({});
    const draft = useDraft();
    draft.useText(TEXT, 'mine.yaml');
    draft.add('furtherModels', 'small-cnn');
    draft.set(['evaluation', 'transfer'], true);
    expect(draft.problems).toEqual([]);
    expect(draft.raw['furtherModels']).toEqual([{ id: 'small-cnn' }]);
    expect(draft.size).toMatchObject({ models: 2, arms: 18 });
    draft.remove(['furtherModels', 0]);
    draft.set(['evaluation', 'transfer'], undefined);
    expect(draft.size).toMatchObject({ models: 1, arms: 9 });
  });

  test('problems name the place, and a syntax error leaves the form as it was', async () => {
    fakeLab({});
    const draft = useDraft();
    draft.useText(TEXT, 'mine.yaml');
    draft.set(['attacks', 0, 'epsilon'], 'much');
    expect(draft.problems).toMatchObject([{ place: 'attacks.0.epsilon' }]);
    await nextTick();
    draft.text = 'name: [';
    await nextTick();
    expect(draft.syntaxError).toBe(true);
    expect(draft.raw['name']).toBe('mine');
    expect(draft.size).toBeNull();
  });

  test('what main refuses is shown until the text changes', async () => {
    const problem = { place: 'dataset.path', message: 'not granted' };
    fakeLab({ startRun: () => ({ ok: false, problems: [problem] }) });
    const draft = useDraft();
    draft.useText(TEXT, 'mine.yaml');
    expect(await draft.start()).toBeNull();
    expect(draft.problems).toEqual([problem]);
    draft.set(['name'], 'other');
    await nextTick();
    expect(draft.problems).toEqual([]);
  });

  test('the task is switched to a valid experiment of the other', () => {
    fakeLab({});
    const draft = useDraft();
    draft.useText(TEXT, 'mine.yaml');
    draft.switchTask('reinforcement-learning');
    expect(draft.problems).toEqual([]);
    expect(draft.raw).toMatchObject({ name: 'mine', seeds: [1, 2, 3], task: 'reinforcement-learning' });
    draft.switchTask('classification');
    expect(draft.problems).toEqual([]);
  });

  test('the size: lists of values count, arms narrow it', () => {
    const parsed = parseExperiment(
      {
        name: 'x',
        task: 'classification',
        seeds: [1, 2],
        dataset: { id: 'mnist' },
        model: { id: 'article-cnn' },
        defenses: [{ id: 'noise-augmentation', epsilon: [0.1, 0.3] }],
        attacks: [{ id: 'fgsm', epsilon: [0.1, 0.2] }, { id: 'pgd' }],
      },
      catalog,
    );
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    expect(estimate(parsed.experiment)).toMatchObject({ defenses: 3, arms: 6, attacks: 3, evaluations: 24 });
    const arms = [{ poisoning: 'clean', defense: 'undefended' }];
    expect(estimate({ ...parsed.experiment, arms })).toMatchObject({ arms: 2, evaluations: 8 });
    const furtherModels = [{ id: 'small-cnn' }];
    expect(estimate({ ...parsed.experiment, furtherModels })).toMatchObject({ models: 2, arms: 12 });
  });
});

describe('fields', () => {
  const epsilon = catalog.find(({ id }) => id === 'fgsm')!.params['epsilon']!;

  test('numbers, lists of them, and what is neither', () => {
    expect(fromInput('0.1', epsilon, true)).toBe(0.1);
    expect(fromInput('0.1, 0.2,', epsilon, true)).toEqual([0.1, 0.2]);
    expect(fromInput('0.1, much', epsilon, true)).toEqual([0.1, 'much']);
    expect(fromInput(' ', epsilon, true)).toBeUndefined();
    expect(fromInput('1e-3', epsilon, false)).toBe(0.001);
    expect(toInput([0.1, 0.2], epsilon)).toBe('0.1, 0.2');
  });

  test('training and evaluation have specs with help, range and default from the schema', () => {
    const { training, evaluation } = structureSpecs(catalog, 'classification');
    expect(training['epochs']).toMatchObject({
      kind: 'number',
      default: 5,
      min: 1,
      integer: true,
      unit: 'epochs',
    });
    expect(training['optimizer']).toMatchObject({
      kind: 'choice',
      options: ['adam', 'sgd'],
      default: 'adam',
    });
    expect(training['learningRate']).toMatchObject({ min: 0, exclusiveMin: true });
    expect(Object.values(training).every(({ help }) => help.length > 0)).toBe(true);
    expect(Object.keys(evaluation)).toEqual(['samples', 'transfer', 'corruptions']);
    expect(evaluation['transfer']).toMatchObject({ kind: 'boolean', default: false });
    expect(Object.keys(structureSpecs(catalog, 'reinforcement-learning').evaluation)).toEqual(['episodes']);
  });
});
