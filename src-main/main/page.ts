/** Serves the window's page from its own scheme, with a strict policy. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { app, protocol } from 'electron';
import { CONTENT_SECURITY_POLICY, originOf, PAGE_ORIGIN, pageFile, SCHEME } from './page-files';

/** Set by electron-vite while developing: the page comes from its server, with hot reload and without this policy. */
const developmentUrl = app.isPackaged ? undefined : process.env['ELECTRON_RENDERER_URL'];

export const pageUrl = developmentUrl ?? `${PAGE_ORIGIN}/`;
export const pageOrigin = originOf(pageUrl);
export const isDevelopment = developmentUrl !== undefined;

/** Before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

export function setUpPage(): void {
  const folder = join(app.getAppPath(), 'out', 'renderer');
  protocol.handle(SCHEME, async ({ url, method }) => {
    const headers = {
      'Content-Security-Policy': CONTENT_SECURITY_POLICY,
      'X-Content-Type-Options': 'nosniff',
    };
    const found = method === 'GET' ? pageFile(url, folder) : null;
    try {
      if (found)
        return new Response(await readFile(found.file), {
          headers: { ...headers, 'Content-Type': found.type },
        });
    } catch {
      // Not there: told like every other wrong path.
    }
    return new Response('not found', { status: 404, headers });
  });
}
