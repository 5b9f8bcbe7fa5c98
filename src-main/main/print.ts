/** Pages as PDF, drawn in a window nobody sees. No script of theirs runs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrowserWindow } from 'electron';

/** Millimetres. */
export interface Paper {
  width: number;
  height: number;
}

const INCH = 25.4;

/**
 * @param file the page
 * @param paper null: A4, with the margins the page itself asks for
 */
export async function pdfOf(file: string, paper: Paper | null): Promise<Buffer> {
  const window = new BrowserWindow({
    show: false,
    webPreferences: { javascript: false, sandbox: true, contextIsolation: true, nodeIntegration: false },
  });
  try {
    await window.loadFile(file);
    return await window.webContents.printToPDF({
      printBackground: true,
      ...(paper
        ? {
            pageSize: { width: paper.width / INCH, height: paper.height / INCH },
            margins: { top: 0, bottom: 0, left: 0, right: 0 },
          }
        : { preferCSSPageSize: true }),
    });
  } finally {
    window.destroy();
  }
}

/** A figure on a sheet of its own size. */
export async function figurePdf(svg: string, paper: Paper): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'sparring-figure-'));
  try {
    const file = join(folder, 'figure.html');
    writeFileSync(
      file,
      `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><style>html,body{margin:0;overflow:hidden}svg{display:block}</style>${svg}`,
    );
    return await pdfOf(file, paper);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
