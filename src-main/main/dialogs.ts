/** Native dialogs, of the window when there is one. */
import { dialog, type BrowserWindow, type OpenDialogOptions, type SaveDialogOptions } from 'electron';

export class Dialogs {
  constructor(private readonly window: () => BrowserWindow | null) {}

  /** The chosen file or folder; null when cancelled. */
  async open(options: OpenDialogOptions): Promise<string | null> {
    const window = this.window();
    const { canceled, filePaths } = await (window
      ? dialog.showOpenDialog(window, options)
      : dialog.showOpenDialog(options));
    return canceled ? null : (filePaths[0] ?? null);
  }

  async save(options: SaveDialogOptions): Promise<string | null> {
    const window = this.window();
    const { canceled, filePath } = await (window
      ? dialog.showSaveDialog(window, options)
      : dialog.showSaveDialog(options));
    return canceled || !filePath ? null : filePath;
  }

  /** Asks whether an experiment may read a path it names. */
  async allowReading(path: string): Promise<boolean> {
    const options = {
      type: 'question' as const,
      message: 'May this experiment read these data?',
      detail: `${path}\n\nSparring remembers the answer; it can be withdrawn in the settings.`,
      buttons: ['Allow', 'Don’t allow'],
      defaultId: 1,
      cancelId: 1,
    };
    const window = this.window();
    const { response } = await (window
      ? dialog.showMessageBox(window, options)
      : dialog.showMessageBox(options));
    return response === 0;
  }
}
