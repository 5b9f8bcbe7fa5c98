/** The main process: window, menus, security, the queue of runs and the session library. It never loads the engine. */
import { join } from 'node:path';
import { app, shell } from 'electron';
import { labCalls } from '../contract/lab-api';
import { homeFolder } from '../sessions/home';
import { Library } from '../sessions/library';
import { Dialogs } from './dialogs';
import { DuelHost } from './duel-host';
import { EngineHost } from './engine-host';
import { spawnEngine } from './engine-process';
import { setUpGate } from './gate';
import { GrantStore } from './grant-store';
import { labHandlers } from './handlers';
import { readExperiment } from './experiment-files';
import { setUpMenu } from './menu';
import { JsonFile } from './json-file';
import { notifyOfEnd } from './notifications';
import { registerScheme, setUpPage } from './page';
import { RecentFiles } from './recent';
import { Reproducer } from './reproducer';
import { setUpSecurity } from './security';
import { SettingsStore } from './settings';
import { LabWindow } from './window';

/** How long runs may take to stop when the app quits, in milliseconds. */
const QUIT_PATIENCE = 5000;

function setUpFolders(): { userData: string } {
  if (process.env['SPARRING_HOME']) app.setPath('userData', join(homeFolder(), 'window'));
  return { userData: app.getPath('userData') };
}

function setUpLab({ userData }: { userData: string }): void {
  const window = new LabWindow(join(userData, 'window.json'));
  const library = new Library();
  const grants = new GrantStore(join(userData, 'grants.json'));
  const menu = () =>
    setUpMenu({
      command: (command) => window.push('command', command),
      settings,
      recent: recent.list(),
      open: (path) =>
        void readExperiment(path).then(
          (file) => window.push('experiment-opened', file),
          () => recent.remove(path),
        ),
    });
  const recent = new RecentFiles(join(userData, 'recent.json'), menu);
  const settings = new SettingsStore(join(userData, 'settings.json'), (changed) => {
    window.push('settings', changed);
    menu();
  });
  const sessionsChanged = () => window.push('sessions-changed', null);
  const host = new EngineHost(spawnEngine, {
    events: (id, events) => window.push('run-events', { id, events }),
    runs: (rows) => window.push('runs', rows),
    ended(row, seconds) {
      sessionsChanged();
      if (!window.isFocused) notifyOfEnd(row, seconds, () => window.focus());
    },
  });
  const duels = new DuelHost(spawnEngine);
  const reproducer = new Reproducer(spawnEngine, (state) => window.push('reproduction', state));
  const comparisons = new JsonFile(
    join(userData, 'comparisons.json'),
    labCalls.saveComparisons.def.items[0],
    [],
  );
  const dialogs = new Dialogs(() => window.browserWindow);

  setUpSecurity();
  setUpPage();
  setUpGate(
    labHandlers({
      ...{
        library,
        host,
        duels,
        reproducer,
        comparisons,
        grants,
        recent,
        settings,
        dialogs,
        sessionsChanged,
      },
    }),
    (paths) => paths.map((path) => grants.grant(path)),
  );
  menu();
  setUpEnd(host, () => (duels.end(), reproducer.stop()), library);
  app.on('second-instance', () => window.focus());
  window.open();
}

/** Runs end before the app does; what was deleted goes to the system's trash. */
function setUpEnd(host: EngineHost, endOthers: () => void, library: Library): void {
  let ended = false;
  app.on('window-all-closed', () => app.quit());
  app.on('before-quit', (event) => {
    if (ended) return;
    event.preventDefault();
    endOthers();
    void host
      .close(QUIT_PATIENCE)
      // Without a trash (no desktop) the files stay in the library's folder `deleted`.
      .then(() => Promise.allSettled(library.deletedFiles().map((file) => shell.trashItem(file))))
      .finally(() => {
        ended = true;
        app.quit();
      });
  });
}

registerScheme();
const folders = setUpFolders();
if (app.requestSingleInstanceLock()) void app.whenReady().then(() => setUpLab(folders));
else app.quit();
