/** The recorded sessions that come with the app: read where they lie, never written. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SessionRow } from '../contract/session';
import { rowOf, SESSION_ENDING } from './library';

const PLACE = join('examples', 'sessions');

/** The built code and the sources lie at different depths of the app's folder. */
function shippedFolder(): string | null {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, PLACE))) return join(folder, PLACE);
    if (dirname(folder) === folder) return null;
  }
}

export function shippedFiles(): string[] {
  const folder = shippedFolder();
  if (!folder) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(SESSION_ENDING))
    .sort()
    .map((name) => join(folder, name));
}

export const shippedSessions = (): SessionRow[] => shippedFiles().map(rowOf);
