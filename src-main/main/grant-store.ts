/** The files and folders the user let Sparring read: remembered, and withdrawn when the user says so. */
import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import type { Problem } from '../contract/events';
import { grantsOf, realPath } from '../sessions/grants';
import { JsonFile } from './json-file';

export class GrantStore {
  private readonly file: JsonFile<string[]>;

  constructor(path: string) {
    this.file = new JsonFile(path, z.array(z.string()), []);
  }

  list(): string[] {
    return this.file.read();
  }

  /** Answers the real path that was granted. */
  grant(path: string): string {
    const real = realPath(path);
    if (!this.list().includes(real)) this.file.write([...this.list(), real].sort());
    return real;
  }

  withdraw(path: string): void {
    this.file.write(this.list().filter((granted) => granted !== path));
  }

  /**
   * Makes sure that an experiment's paths may be read, asking for each that was not granted yet. Answers what stands
   * in the way.
   */
  async ensure(
    paths: { place: string; path: string }[],
    ask: (path: string) => Promise<boolean>,
  ): Promise<Problem[]> {
    const problems: Problem[] = [];
    for (const { place, path } of paths) {
      if (!isAbsolute(path)) {
        problems.push({
          place,
          message: `found “${path}”; expected an absolute path`,
          remedy: 'Drop the file or folder on the window, or choose it.',
        });
      } else if (!existsSync(path)) {
        problems.push({
          place,
          message: `there is no file or folder “${path}”`,
          remedy: 'Correct the path.',
        });
      } else if (!grantsOf(this.list()).allows(path)) {
        if (await ask(path)) this.grant(path);
        else
          problems.push({
            place,
            message: `reading “${path}” was not allowed`,
            remedy: 'Start again and allow it, or choose other data.',
          });
      }
    }
    return problems;
  }
}
