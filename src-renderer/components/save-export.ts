/** Exports a session: main asks where to, and the place is told. */
import { ask } from '../lab';
import { tellDone } from './notify';

export async function saveExport(id: string, format: string): Promise<void> {
  const path = await ask('exportSession', { id, format });
  if (path !== null) tellDone(`Exported to ${path}`);
}
