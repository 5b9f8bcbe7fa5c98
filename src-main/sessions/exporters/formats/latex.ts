import { writeFile } from 'node:fs/promises';
import { toLatex } from '../../../contract/latex';
import { defineExporter } from '../exporter';

export default defineExporter({
  id: 'latex',
  title: 'LaTeX tables',
  summary:
    'Results, trade-off board and verdict as tables for \\input into a paper: mean with its 95 % interval, the best of a column in bold, doubtful numbers with a dagger.',
  limits: 'Needs the package booktabs in the preamble. Wide tables may want \\resizebox or a landscape page.',
  reference: {
    authors: 'S. Fear',
    title: 'Publication quality tables in LaTeX (booktabs)',
    year: 2020,
    where: 'ctan.org/pkg/booktabs',
  },
  extension: '.tex',
  async write(session, place) {
    const { contentOf, tablesOf } = await import('../../report/content');
    const content = contentOf(session);
    const tables = tablesOf(content);
    const head = '% Made by Sparring. In the preamble: \\usepackage{booktabs}\n';
    await writeFile(
      place(),
      tables.length ? `${head}\n${tables.map(toLatex).join('\n')}` : `${head}% Nothing was evaluated yet.\n`,
    );
  },
});
