// Writes src-main/contract/catalog.generated.json from the definitions: window and main know every form and rule from
// it without loading an engine. A conformance test fails when it is stale.
import { writeFileSync } from 'node:fs';
import { runnerImport } from 'vite';

const { module } = await runnerImport('./src-main/worker/full-catalog.ts');
const file = 'src-main/contract/catalog.generated.json';
const catalog = module.fullCatalog();
writeFileSync(file, `${JSON.stringify(catalog, null, 2)}\n`);
console.log(`${file}: ${catalog.length} definitions`);
