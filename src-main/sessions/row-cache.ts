/**
 * Rows of the library, kept from one start to the next: a long library is listed without opening its files. Nothing is lost
 * with it. It is believed only by the build that wrote it, since rows hold verdicts, which follow that build's rules.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { SessionRow } from '../contract/session';
import { writeWhole } from './whole-file';

export interface KnownRow {
  /** Size and time of change of the file. */
  stamp: string;
  row: SessionRow;
}

/** What the build was made of (scripts/build.mjs); undefined when the sources run as they are. */
function buildStamp(): string | undefined {
  const file = [dirname(__dirname), dirname(dirname(__dirname))]
    .map((folder) => join(folder, 'sources.sha256'))
    .find((path) => existsSync(path));
  return file && readFileSync(file, 'utf8');
}

const stored = z.object({
  build: z.string(),
  rows: z.record(z.string(), z.object({ stamp: z.string(), row: z.custom<SessionRow>() })),
});

export class RowCache {
  private readonly file: string;

  /** @param build undefined: nothing is kept */
  constructor(
    folder: string,
    private readonly build: string | undefined = buildStamp(),
  ) {
    this.file = join(folder, '.rows.json');
  }

  /** By file; empty when there is nothing sound. */
  read(): Map<string, KnownRow> {
    try {
      const { build, rows } = stored.parse(JSON.parse(readFileSync(this.file, 'utf8')));
      return new Map(build === this.build ? Object.entries(rows) : []);
    } catch {
      return new Map();
    }
  }

  write(rows: ReadonlyMap<string, KnownRow>): void {
    if (this.build === undefined) return;
    try {
      writeWhole(this.file, JSON.stringify({ build: this.build, rows: Object.fromEntries(rows) }));
    } catch {
      // A library that may not be written, or a full disk: the next start reads the files.
    }
  }
}
