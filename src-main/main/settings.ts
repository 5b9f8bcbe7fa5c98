/** The user's settings: the theme, remembered. */
import { nativeTheme } from 'electron';
import { z } from 'zod';
import type { Settings } from '../contract/lab-api';
import { JsonFile } from './json-file';

type Theme = Settings['theme'];

export class SettingsStore {
  private readonly file: JsonFile<{ theme: Theme }>;

  /** @param changed told of every change, the system's own included */
  constructor(path: string, changed: (settings: Settings) => void) {
    this.file = new JsonFile(path, z.object({ theme: z.enum(['system', 'light', 'dark']) }), {
      theme: 'system',
    });
    nativeTheme.themeSource = this.file.read().theme;
    nativeTheme.on('updated', () => changed(this.current()));
  }

  current(): Settings {
    return { theme: nativeTheme.themeSource, dark: nativeTheme.shouldUseDarkColors };
  }

  setTheme(theme: Theme): Settings {
    this.file.write({ theme });
    nativeTheme.themeSource = theme;
    return this.current();
  }
}
