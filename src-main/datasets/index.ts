/** Everything an experiment needs from outside, loaded for the engine: the dataset, and an imported model. */
import { createHash } from 'node:crypto';
import type { CatalogEntry } from '../contract/catalog';
import type { DatasetDefinition, Grants, ImageDataset } from '../contract/dataset';
import type { Entry } from '../contract/experiment';
import type { AnyParams } from '../contract/params';

const found = import.meta.glob('./sources/*.ts', { eager: true }) as Record<
  string,
  { default: DatasetDefinition }
>;
const datasets = Object.values(found).map((module) => module.default);

export const datasetCatalog = (): CatalogEntry[] =>
  datasets.map(({ kind, id, title, summary, reference, params }) => ({
    kind,
    tasks: ['classification'],
    id,
    title,
    summary,
    reference,
    params,
  }));

/** Loads the dataset an experiment names. Throws LabError for data that cannot be had or are not sound. */
export async function loadDataset(entry: Entry, grants: Grants): Promise<ImageDataset> {
  const definition = datasets.find(({ id }) => id === entry.id)!;
  const params = Object.fromEntries(
    Object.entries(definition.params).map(([name, spec]) => [
      name,
      entry[name] ?? ('default' in spec ? spec.default : null),
    ]),
  );
  const dataset = await definition.load(params as AnyParams, grants);
  const hash = createHash('sha256');
  for (const { images, labels } of [dataset.train, dataset.validation, dataset.test]) {
    hash.update(new Uint8Array(images.buffer, images.byteOffset, images.byteLength)).update(labels);
  }
  return { ...dataset, hash: hash.digest('hex') };
}
