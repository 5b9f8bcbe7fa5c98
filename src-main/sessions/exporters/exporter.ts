/** What an exporter's file says of itself; `index.ts` finds the files of `formats/` by folder. */
import type { Definition } from '../../contract/catalog';
import type { SessionReader } from '../reader';

export interface Exporter extends Definition<Record<string, never>> {
  /** Ending of the file, with its dot; empty for a folder. */
  extension: string;
  /**
   * Writes the session. `place()` is the path to write to, `place('-curves')` that of a second file beside it; they
   * get their final names when all is written.
   */
  write(session: SessionReader, place: (suffix?: string) => string): Promise<void>;
}

export const defineExporter = (exporter: Omit<Exporter, 'params'>): Exporter => ({ ...exporter, params: {} });
