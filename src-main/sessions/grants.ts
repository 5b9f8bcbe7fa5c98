/** Which of the user's files and folders may be reached: those the user granted, and nothing that a link leads out to. */
import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, isAbsolute, resolve } from 'node:path';
import type { Grants } from '../contract/dataset';

/** Where a path really leads; of a path that does not exist, the part that does is resolved. */
export function realPath(path: string): string {
  const whole = resolve(path);
  try {
    return realpathSync(whole);
  } catch {
    const parent = dirname(whole);
    return parent === whole ? whole : join(realPath(parent), basename(whole));
  }
}

/** Whether `path` is `folder` or lies in it; both must be real paths. */
export function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return (
    way === '' ||
    (way !== '..' && !way.startsWith(`..${process.platform === 'win32' ? '\\' : '/'}`) && !isAbsolute(way))
  );
}

export function grantsOf(paths: readonly string[]): Grants {
  const granted = paths.map(realPath);
  return { allows: (path) => granted.some((folder) => isWithin(realPath(path), folder)) };
}
