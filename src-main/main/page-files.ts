/** The page as it is served: which file a URL means, and under which policy. */
import { extname, join, normalize, sep } from 'node:path';

export const SCHEME = 'app';
export const PAGE_ORIGIN = `${SCHEME}://sparring`;

/**
 * Everything comes from the app itself; no inline script or style, no eval. Element Plus and ECharts set styles through
 * the CSSOM, which a policy does not concern.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

/** The file in `folder` that a URL of the page means; null for another origin, a way out of the folder or an unknown type. */
export function pageFile(url: string, folder: string): { file: string; type: string } | null {
  const parsed = new URL(url);
  // Node knows no origin of a scheme that is not the web's.
  if (`${parsed.protocol}//${parsed.host}` !== PAGE_ORIGIN) return null;
  let path: string;
  try {
    path = decodeURIComponent(parsed.pathname);
  } catch {
    return null;
  }
  if (path.includes('\0') || path.includes('\\')) return null;
  const file = normalize(join(folder, path === '/' ? 'index.html' : path));
  const type = TYPES[extname(file)];
  return type && file.startsWith(normalize(folder) + sep) ? { file, type } : null;
}

/** Origin of a frame's URL, as the gate compares it. */
export function originOf(url: string): string {
  try {
    const { protocol, host } = new URL(url);
    return `${protocol}//${host}`;
  } catch {
    return '';
  }
}
