import { writeFile } from 'node:fs/promises';
import { show } from '../../show';
import { defineExporter } from '../exporter';

export default defineExporter({
  id: 'json',
  title: 'JSON',
  summary:
    'Spec, status, metrics of every arm and attack, and the summary over seeds: what “sparring show --json” prints.',
  reference: {
    authors: 'T. Bray',
    title: 'The JavaScript Object Notation (JSON) Data Interchange Format',
    year: 2017,
    where: 'RFC 8259',
  },
  extension: '.json',
  async write(session, place) {
    await writeFile(place(), `${JSON.stringify(show(session), null, 2)}\n`);
  },
});
