import { expect, it } from 'vitest';
import { catalog } from '../../../src-main/contract/catalog-data';
import { grantsOf } from '../../../src-main/sessions/grants';
import { openTarget } from '../../../src-main/targets';

const models = catalog.filter(({ kind }) => kind === 'model');
const trained = models.filter(({ capabilities }) => !capabilities!.includes('training'));

it('opens nothing for a model that is trained here', async () => {
  for (const { id } of models.filter((model) => !trained.includes(model)))
    expect(await openTarget({ id }, grantsOf([]))).toEqual({});
});

it.each(trained)('$id is reached with the user’s grant only', async ({ id, params }) => {
  const [name] = Object.entries(params).find(([, spec]) => spec.kind === 'path')!;
  const entry = { id, [name]: name === 'address' ? 'http://127.0.0.1:1/' : import.meta.filename };
  await expect(openTarget(entry, grantsOf(['/elsewhere', 'http://127.0.0.1:2/']))).rejects.toThrow(
    /not been (granted|allowed)/,
  );
});
