/** Native dialogs, of the window when there is one. */
import { dialog, type BrowserWindow, type OpenDialogOptions, type SaveDialogOptions } from 'electron';
import type { NamedPath } from '../contract/experiment';

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

  /** Asks whether an experiment may read a path, or send images to an address, that it names. */
  async allow({ path, what }: NamedPath): Promise<boolean> {
    const [message, about] =
      what === 'address'
        ? [
            'May this experiment send images to this address?',
            'It is sent the test images and what attacks make of them. ',
          ]
        : ['May this experiment read these data?', ''];
    const options = {
      type: 'question' as const,
      message,
      detail: `${path}\n\n${about}Sparring remembers the answer; it can be withdrawn in the settings.`,
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
