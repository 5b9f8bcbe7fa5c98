/** The catalog as data, generated from the definitions by `npm run catalog`; a test fails when it is stale. */
import type { Catalog } from './catalog';
import generated from './catalog.generated.json';

// JSON literals widen to string; the conformance tests compare the file with the typed original.
export const catalog = generated as unknown as Catalog;
