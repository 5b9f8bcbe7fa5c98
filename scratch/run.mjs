import process from 'node:process';
import { runnerImport } from 'vite';
import { engineEnvironment } from '../scripts/environment.mjs';
Object.assign(process.env, engineEnvironment());
const { module } = await runnerImport(process.argv[2]);
await module.main(process.argv.slice(3));
