/**
 * Records the sessions that come with the app anew: `node scripts/record-sessions.mjs [NAME …]`. Each is the session of the
 * bout of its name, as the command line records it.
 */
import { mkdtempSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { DatabaseSync } from '@photostructure/sqlite';
import { ensureBuilt } from './build.mjs';
import { runCommandLine } from './launch.mjs';
import { ensureSetUp } from './set-up/index.mjs';
import { repository } from './set-up/paths.mjs';

const given = process.argv.slice(2);
const BOUTS = given.length ? given : ['first-look', 'first-look-agent'];
const folder = join(repository, 'examples', 'sessions');

/** In small pages its many small images leave less room between them. */
function pack(file) {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA page_size = 1024');
  database.exec('VACUUM');
  database.close();
}

await ensureSetUp();
await ensureBuilt();
mkdirSync(folder, { recursive: true });
for (const bout of BOUTS) {
  const out = mkdtempSync(join(tmpdir(), 'sparring-record-'));
  try {
    const code = await runCommandLine(['run', bout, '--out', out]);
    if (code !== 0) process.exit(code);
    const [session] = readdirSync(out).filter((name) => name.endsWith('.sparring'));
    const file = join(folder, `${bout}.sparring`);
    await copyFile(join(out, session), file);
    pack(file);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
