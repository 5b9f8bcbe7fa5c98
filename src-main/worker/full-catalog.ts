import type { Catalog } from '../contract/catalog';
import { datasetCatalog } from '../datasets';
import { engineCatalog } from '../engine/registry';
import { exporterCatalog } from '../sessions/exporters';

/** Everything the lab can do, collected from the definitions; `npm run catalog` writes it for window and main. */
export const fullCatalog = (): Catalog => [...datasetCatalog(), ...engineCatalog(), ...exporterCatalog()];
