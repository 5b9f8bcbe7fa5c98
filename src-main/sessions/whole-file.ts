/** Files that are there as a whole or not at all: a full disk or a kill leaves the one before. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { LabError } from '../contract/problem';

/** What kept `path` from being written, told to a person. */
export function writingError(error: unknown, path: string): LabError {
  // TensorFlow, which writes event files itself, has the system's words alone.
  if ((error as NodeJS.ErrnoException).code === 'ENOSPC' || /no space left on device/i.test(String(error))) {
    return new LabError(
      path,
      'the disk is full: nothing was written',
      'Free some space, or choose a place on another disk.',
    );
  }
  return new LabError(
    path,
    `the file cannot be written (${error instanceof Error ? error.message : String(error)})`,
    'Check the folder, its permissions and the free space.',
  );
}

/** Replaces the file at `path`; throws LabError, and then leaves what was there. */
export function writeWhole(path: string, data: string | Uint8Array): void {
  const draft = join(dirname(path), `.${basename(path)}-${process.pid}.new`);
  try {
    writeFileSync(draft, data);
    renameSync(draft, path);
  } catch (error) {
    throw writingError(error, path);
  } finally {
    rmSync(draft, { force: true });
  }
}
