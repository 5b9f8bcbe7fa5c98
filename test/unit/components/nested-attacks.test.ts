// @vitest-environment happy-dom
import { mount } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { nextTick } from 'vue';
import { beforeEach, expect, test } from 'vitest';
import { catalog } from '../../../src-main/contract/catalog-data';
import { find } from '../../../src-main/contract/catalog';
import EntryFields from '../../../src-renderer/components/form/EntryFields.vue';
import { useDraft } from '../../../src-renderer/stores/draft';
import { fakeLab } from '../renderer/fake';

const TEXT = `name: mine
task: classification
dataset: {id: mnist}
model: {id: small-cnn}
defenses:
  - {id: adversarial-augmentation}
`;

beforeEach(() => setActivePinia(createPinia()));

function form() {
  fakeLab({});
  const draft = useDraft();
  draft.useText(TEXT, 'mine.yaml');
  const entry = () => (draft.raw['defenses'] as Record<string, unknown>[])[0]!;
  const shown = mount(EntryFields, {
    props: {
      definition: find(catalog, 'defense', 'adversarial-augmentation')!,
      entry: entry(),
      path: ['defenses', 0],
      lists: true,
    },
  });
  const press = async (text: string): Promise<void> => {
    await shown.setProps({ entry: entry() });
    const button = shown
      .findAll('button')
      .find((found) => found.text() === text || found.attributes('aria-label') === text);
    await button!.trigger('click');
    await shown.setProps({ entry: entry() });
    await nextTick();
  };
  return { draft, entry, shown, press };
}

test('a list of attacks is added to, set and shortened in the form', async () => {
  const { draft, entry, press } = form();
  await press('Add an attack');
  expect(entry()['attacks']).toMatchObject([{ id: 'fgsm', epsilon: 0.3 }, { id: expect.any(String) }]);
  draft.replace(['defenses', 0, 'attacks', 1], 'pgd');
  draft.set(['defenses', 0, 'attacks', 1, 'steps'], 7);
  expect(draft.problems).toEqual([]);
  expect(draft.text).toContain('attacks: [{id: fgsm, epsilon: 0.3}, {id: pgd, steps: 7}]');
  // Two attacks are one value, not two arms.
  expect(draft.size).toMatchObject({ defenses: 2 });
  await press('Remove Attacks 1');
  expect(entry()['attacks']).toEqual([{ id: 'pgd', steps: 7 }]);
});

test('what is not given is shown as its default until its parameters are wanted', async () => {
  const { entry, shown, press } = form();
  expect(shown.text()).toContain('Set its parameters');
  await press('Set its parameters');
  expect(entry()['attacks']).toEqual([{ id: 'fgsm', epsilon: 0.3 }]);
  expect(shown.text()).not.toContain('Set its parameters');
  expect(shown.text()).toContain('Epsilon');
});
