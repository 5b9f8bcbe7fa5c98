/** The one window. */
import { join } from 'node:path';
import { app, BrowserWindow, nativeTheme, screen } from 'electron';
import type { LabPushes } from '../contract/lab-api';
import { JsonFile } from './json-file';
import { isDevelopment, pageUrl } from './page';
import { FIRST_PLACE, MIN_SIZE, reachable, windowPlace } from './window-place';

/** The page's own background, so that nothing flashes before it is drawn. */
const background = (): string => (nativeTheme.shouldUseDarkColors ? '#10141a' : '#f4f5f7');

export class LabWindow {
  private window: BrowserWindow | null = null;

  constructor(private readonly placeFile: string) {}

  get browserWindow(): BrowserWindow | null {
    return this.window;
  }

  get isFocused(): boolean {
    return this.window?.isFocused() ?? false;
  }

  open(): void {
    const file = new JsonFile(this.placeFile, windowPlace, FIRST_PLACE);
    const {
      maximized,
      zoom = 1,
      ...bounds
    } = reachable(
      file.read(),
      screen.getAllDisplays().map(({ workArea }) => workArea),
    );
    const window = new BrowserWindow({
      ...bounds,
      minWidth: MIN_SIZE.width,
      minHeight: MIN_SIZE.height,
      title: 'Sparring',
      backgroundColor: background(),
      show: false,
      webPreferences: {
        preload: join(app.getAppPath(), 'out', 'preload', 'index.js'),
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        webviewTag: false,
        devTools: isDevelopment,
        spellcheck: false,
      },
    });
    this.window = window;
    if (maximized) window.maximize();
    window.once('ready-to-show', () => window.show());
    window.webContents.on('did-finish-load', () => window.webContents.setZoomFactor(zoom));
    window.on('close', () =>
      file.write({
        ...window.getNormalBounds(),
        maximized: window.isMaximized(),
        zoom: window.webContents.getZoomFactor(),
      }),
    );
    window.on('closed', () => (this.window = null));
    nativeTheme.on('updated', () => this.window?.setBackgroundColor(background()));
    void window.loadURL(pageUrl);
  }

  focus(): void {
    if (this.window?.isMinimized()) this.window.restore();
    this.window?.focus();
  }

  push<P extends keyof LabPushes>(push: P, value: LabPushes[P]): void {
    this.window?.webContents.send(`lab:push:${push}`, value);
  }
}
