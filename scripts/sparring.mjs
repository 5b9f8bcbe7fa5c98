#!/usr/bin/env node
/** The command `sparring`: sets up and builds if need be, then runs the command line in Electron's Node. */
import { ensureBuilt } from './build.mjs';
import { runCommandLine } from './launch.mjs';
import { ensureSetUp } from './set-up/index.mjs';

await ensureSetUp();
await ensureBuilt();
process.exitCode = await runCommandLine(process.argv.slice(2));
