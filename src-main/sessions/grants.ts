/**
 * Which of the user's files, folders and addresses may be reached: those the user granted, and nothing that a link leads
 * out to. An address is granted alone: not its host, and nothing above or below it.
 */
import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, isAbsolute, resolve } from 'node:path';
import { addressOf } from '../contract/address';
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

/** What is remembered of a granted path or address; of two spellings of one thing the same. */
export const grantOf = (pathOrAddress: string): string => addressOf(pathOrAddress) ?? realPath(pathOrAddress);

export function grantsOf(pathsAndAddresses: readonly string[]): Grants {
  const granted = pathsAndAddresses.map(grantOf);
  return {
    allows(pathOrAddress) {
      const wanted = grantOf(pathOrAddress);
      return addressOf(pathOrAddress)
        ? granted.includes(wanted)
        : granted.some((folder) => !addressOf(folder) && isWithin(wanted, folder));
    },
  };
}
