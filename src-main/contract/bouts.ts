/** The built-in bouts: the experiment files of `examples/`, bundled as text. */
import type { Bout } from './lab-api';
import { rawFromText } from './experiment-text';

const files = import.meta.glob('../../examples/*.yaml', {
  query: '?raw',
  import: 'default',
  eager: true,
}) as Record<string, string>;

export const bouts: Bout[] = Object.entries(files)
  .map(([path, text]): Bout => {
    const id = path.replace(/^.*\/|\.yaml$/g, '');
    const parsed = rawFromText(text, id);
    const { name = id, description = '' } = (parsed.ok ? parsed.raw : {}) as {
      name?: string;
      description?: string;
    };
    return { id, name, description, text };
  })
  .sort((a, b) => (a.id < b.id ? -1 : 1));
