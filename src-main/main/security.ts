/** What no page may do, whatever it is: leave, open windows, embed others, ask for devices. */
import { app, session } from 'electron';
import { pageOrigin } from './page';
import { originOf } from './page-files';

export function setUpSecurity(): void {
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.defaultSession.setPermissionCheckHandler(() => false);
  session.defaultSession.setDevicePermissionHandler(() => false);
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    // A reload in development is a navigation to the page itself.
    contents.on('will-navigate', (event, url) => {
      if (originOf(url) !== pageOrigin) event.preventDefault();
    });
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
  });
}
