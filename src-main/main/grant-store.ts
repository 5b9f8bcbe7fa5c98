/** The files and folders the user let Sparring read, and the addresses it may ask: remembered until withdrawn. */
import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import type { Problem } from '../contract/events';
import type { NamedPath } from '../contract/experiment';
import { grantOf, grantsOf } from '../sessions/grants';
import { JsonFile } from './json-file';

export class GrantStore {
  private readonly file: JsonFile<string[]>;

  constructor(path: string) {
    this.file = new JsonFile(path, z.array(z.string()), []);
  }

  list(): string[] {
    return this.file.read();
  }

  /** Answers the real path, or the address as it is asked. */
  grant(pathOrAddress: string): string {
    const granted = grantOf(pathOrAddress);
    if (!this.list().includes(granted)) this.file.write([...this.list(), granted].sort());
    return granted;
  }

  withdraw(pathOrAddress: string): void {
    this.file.write(this.list().filter((granted) => granted !== pathOrAddress));
  }

  /**
   * Makes sure that an experiment's paths may be read and its addresses asked; the user decides on each that was not
   * granted yet. Answers what stands in the way.
   */
  async ensure(paths: readonly NamedPath[], ask: (named: NamedPath) => Promise<boolean>): Promise<Problem[]> {
    const problems: Problem[] = [];
    for (const named of paths) {
      const { place, path, what } = named;
      if (what !== 'address' && !isAbsolute(path)) {
        problems.push({
          place,
          message: `found “${path}”; expected an absolute path`,
          remedy: 'Drop the file or folder on the window, or choose it.',
        });
      } else if (what !== 'address' && !existsSync(path)) {
        problems.push({
          place,
          message: `there is no file or folder “${path}”`,
          remedy: 'Correct the path.',
        });
      } else if (!grantsOf(this.list()).allows(path)) {
        if (await ask(named)) this.grant(path);
        else
          problems.push({
            place,
            message: `${what === 'address' ? 'sending images to' : 'reading'} “${path}” was not allowed`,
            remedy: `Start again and allow it, or choose ${what === 'address' ? 'another model' : 'other data'}.`,
          });
      }
    }
    return problems;
  }
}
