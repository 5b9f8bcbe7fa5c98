import { writeFile } from 'node:fs/promises';
import { defineExporter } from '../exporter';

export default defineExporter({
  id: 'html',
  title: 'Report (HTML)',
  summary:
    'One page that needs nothing else: verdict, tables, figures as inline SVG, examples, how to reproduce it, versions and machine, the experiment, references.',
  limits: 'Of agents no episode is shown; of images one of every arm and attack that fell, 24 at most.',
  reference: {
    authors: 'WHATWG',
    title: 'HTML Living Standard',
    year: 2026,
    where: 'html.spec.whatwg.org',
  },
  extension: '.html',
  async write(session, place) {
    // Loaded here: charts are needed by no other command.
    const { reportPage } = await import('../../report/page');
    await writeFile(place(), reportPage(session));
  },
});
