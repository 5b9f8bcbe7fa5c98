/** Reading what the user granted: every path is checked where it really leads, so that no link leads out of a folder. */
import type { Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Grants } from '../contract/dataset';
import { LabError } from '../contract/problem';

const PLACE = 'dataset.path';

/** @throws LabError when the path, or what its link leads to, is not granted */
export function assertGranted(path: string, grants: Grants): void {
  if (grants.allows(path)) return;
  throw new LabError(
    PLACE,
    `“${path}” has not been granted, or is a link to something that has not`,
    'Choose or drop the folder in the window; copy what a link leads to into it.',
  );
}

async function reading<T>(path: string, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    throw new LabError(
      PLACE,
      `“${path}” cannot be read: ${(error as Error).message}`,
      'Correct the path, or see whether the file is damaged or unreadable for you.',
    );
  }
}

/** @throws LabError for a file that is missing, unreadable or not granted */
export async function readGranted(file: string, grants: Grants): Promise<Buffer> {
  assertGranted(file, grants);
  return reading(file, readFile(file));
}

/** What a path leads to. @throws LabError when it is missing or not granted */
export async function statGranted(path: string, grants: Grants): Promise<Stats> {
  assertGranted(path, grants);
  return reading(path, stat(path));
}

/**
 * Names in a folder, hidden ones aside, in the order of their characters' codes, which is the same in every locale.
 * @throws LabError for a folder, or a link in it, that cannot be followed or is not granted
 */
export async function listFolder(
  folder: string,
  grants: Grants,
): Promise<{ folders: string[]; files: string[] }> {
  assertGranted(folder, grants);
  const entries = await reading(folder, readdir(folder, { withFileTypes: true }));
  const names = { folders: [] as string[], files: [] as string[] };
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const kind = entry.isSymbolicLink() ? await statGranted(join(folder, entry.name), grants) : entry;
    if (kind.isDirectory()) names.folders.push(entry.name);
    if (kind.isFile()) names.files.push(entry.name);
  }
  names.folders.sort();
  names.files.sort();
  return names;
}
