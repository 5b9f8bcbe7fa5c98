import { defineExporter } from '../exporter';
import { ensurePrinter, printPage } from '../../print';

export default defineExporter({
  id: 'pdf',
  title: 'Report (PDF)',
  summary: 'The HTML report on A4, printed by Electron.',
  limits:
    'Electron draws through a display: without one, and without xvfb-run, the export is refused. Figures stay vector graphics.',
  reference: {
    authors: 'International Organization for Standardization',
    title: 'Document management: Portable document format',
    year: 2020,
    where: 'ISO 32000-2',
  },
  extension: '.pdf',
  async write(session, place) {
    ensurePrinter();
    const { reportPage } = await import('../../report/page');
    await printPage(reportPage(session), place());
  },
});
