/** Experiment files that were opened or saved last, the newest first. */
import { basename } from 'node:path';
import { z } from 'zod';
import type { RecentFile } from '../contract/lab-api';
import { JsonFile } from './json-file';

const MOST = 10;

export class RecentFiles {
  private readonly file: JsonFile<string[]>;

  /** @param changed told of every change */
  constructor(
    path: string,
    private readonly changed: () => void,
  ) {
    this.file = new JsonFile(path, z.array(z.string()), []);
  }

  list(): RecentFile[] {
    return this.file.read().map((path) => ({ path, name: basename(path) }));
  }

  add(path: string): void {
    this.write([path, ...this.file.read().filter((other) => other !== path)].slice(0, MOST));
  }

  remove(path: string): void {
    this.write(this.file.read().filter((other) => other !== path));
  }

  private write(paths: string[]): void {
    this.file.write(paths);
    this.changed();
  }
}
