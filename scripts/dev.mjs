/** `npm run dev`: the lab with hot reload. */
import { join } from 'node:path';
import { needsSoftwareRendering, runAttached, runsAsRoot, warnOfRoot, windowEnvironment } from './launch.mjs';
import { ensureSetUp } from './set-up/index.mjs';
import { repository } from './set-up/paths.mjs';

await ensureSetUp();
warnOfRoot();
process.exitCode = await runAttached(
  process.execPath,
  [
    join(repository, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js'),
    'dev',
    ...(runsAsRoot ? ['--noSandbox'] : []),
    ...(needsSoftwareRendering ? ['--', '--disable-gpu'] : []),
  ],
  { cwd: repository, env: windowEnvironment() },
);
