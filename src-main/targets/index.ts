/** Opens models that come trained. One kind a file in `kinds/`, found by the id of the model in the experiment. */
import type { CatalogEntry } from '../contract/catalog';
import { find } from '../contract/catalog';
import { catalog } from '../contract/catalog-data';
import type { Grants } from '../contract/dataset';
import type { Entry } from '../contract/experiment';
import type { OpenedModel, TargetKind } from './kind';

const found = import.meta.glob('./kinds/*.ts', { eager: true }) as Record<string, { default: TargetKind }>;
const kinds = Object.values(found).map((module) => module.default);

const withDefaults = (entry: Entry, { params }: CatalogEntry): Entry => ({
  ...Object.fromEntries(
    Object.entries(params).map(([name, spec]) => [name, 'default' in spec ? spec.default : null]),
  ),
  ...entry,
});

/**
 * Opens the model or agent an experiment names; nothing is opened for one that is trained here.
 * @throws LabError for a model that cannot be had; the signal's reason when stopped
 */
export async function openTarget(
  model: Entry,
  grants: Grants,
  signal: AbortSignal = new AbortController().signal,
): Promise<OpenedModel> {
  const kind = kinds.find(({ models }) => models.includes(model.id));
  if (!kind) return {};
  return kind.open(
    withDefaults(model, (find(catalog, 'model', model.id) ?? find(catalog, 'agent', model.id))!) as never,
    grants,
    signal,
  );
}
