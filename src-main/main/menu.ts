/** The native menus. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { app, Menu, shell, type MenuItemConstructorOptions } from 'electron';
import type { LabPushes, RecentFile, Settings } from '../contract/lab-api';
import { isDevelopment } from './page';
import type { SettingsStore } from './settings';

type Command = LabPushes['command'];

export interface MenuParts {
  command(command: Command): void;
  settings: SettingsStore;
  recent: RecentFile[];
  /** Opens one of the recent files. */
  open(path: string): void;
}

/** Sets the menus anew: the chosen theme is marked in them, and the recent files are listed. */
export function setUpMenu({ command, settings, recent, open }: MenuParts): void {
  const item = (label: string, name: Command, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    ...(accelerator ? { accelerator } : {}),
    click: () => command(name),
  });
  const theme = (label: string, value: Settings['theme']): MenuItemConstructorOptions => ({
    label,
    type: 'radio',
    checked: settings.current().theme === value,
    click: () => settings.setTheme(value),
  });
  const docs = join(app.getAppPath(), 'docs');
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const template: MenuItemConstructorOptions[] = [
    ...(process.platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        item('New experiment', 'new-experiment', 'CmdOrCtrl+N'),
        item('Open experiment…', 'open-experiment', 'CmdOrCtrl+O'),
        {
          label: 'Open recent',
          enabled: recent.length > 0,
          submenu: recent.map(({ path }) => ({ label: path, click: () => open(path) })),
        },
        item('Save experiment…', 'save-experiment', 'CmdOrCtrl+S'),
        separator,
        { role: process.platform === 'darwin' ? 'close' : 'quit' },
      ],
    },
    { label: '&Edit', role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        item('Live run', 'live'),
        item('Sessions', 'sessions'),
        item('All commands…', 'commands', 'CmdOrCtrl+K'),
        separator,
        {
          label: 'Theme',
          submenu: [theme('As the system', 'system'), theme('Light', 'light'), theme('Dark', 'dark')],
        },
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        ...(isDevelopment
          ? [separator, { role: 'reload' } as const, { role: 'toggleDevTools' } as const]
          : []),
      ],
    },
    {
      label: '&Help',
      role: 'help',
      submenu: [
        item('Guide', 'guide'),
        ...(existsSync(docs)
          ? [{ label: 'Documentation', accelerator: 'F1', click: () => void shell.openPath(docs) }]
          : []),
        item('About Sparring', 'about'),
      ],
    },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
