/** `electron printer.js PAGE OUT FOLDER`: prints a page as PDF and ends. FOLDER is for what Chromium keeps meanwhile. */
import { writeFileSync } from 'node:fs';
import { app } from 'electron';
import { pdfOf } from './print';

const [page, out, folder] = process.argv.slice(-3) as [string, string, string];
app.setPath('userData', folder);
app.disableHardwareAcceleration();
app
  .whenReady()
  .then(() => pdfOf(page, null))
  .then((pdf) => {
    writeFileSync(out, pdf);
    app.exit(0);
  })
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    app.exit(1);
  });
