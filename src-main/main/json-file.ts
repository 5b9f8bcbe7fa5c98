/** Small settings kept as JSON: validated when read, replaced as a whole when written. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { z } from 'zod';

export class JsonFile<T> {
  constructor(
    private readonly path: string,
    private readonly schema: z.ZodType<T>,
    private readonly fallback: T,
  ) {}

  /** What was written last; the fallback when there is nothing, or nothing sound. */
  read(): T {
    try {
      return this.schema.parse(JSON.parse(readFileSync(this.path, 'utf8')));
    } catch {
      return this.fallback;
    }
  }

  write(value: T): void {
    mkdirSync(dirname(this.path), { recursive: true });
    const draft = `${this.path}.new`;
    writeFileSync(draft, JSON.stringify(value, null, 2));
    renameSync(draft, this.path);
  }
}
