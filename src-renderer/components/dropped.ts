/** Files dropped on the window: an experiment is opened, a session goes into the library, everything else may be read from now on. */
import type { RouteLocationRaw } from 'vue-router';
import { ask, grantDropped } from '../lab';
import { useDraft } from '../stores/draft';
import { tellDone } from './notify';

/** Answers where to go then. */
export async function takeDropped(files: File[]): Promise<RouteLocationRaw | null> {
  const paths = await grantDropped(files);
  let to: RouteLocationRaw | null = null;
  const others: string[] = [];
  for (const path of paths) {
    if (/\.sparring$/i.test(path)) {
      const id = await ask('importSession', path);
      to = { name: 'live', params: { id } };
    } else if (/\.(ya?ml|json)$/i.test(path)) {
      const { text, name } = await ask('openDropped', path);
      useDraft().useText(text, name);
      to = { name: 'new' };
    } else others.push(path);
  }
  if (others.length) tellDone(`Experiments may read ${others.join(', ')}`);
  return to;
}
