/** Where Sparring keeps its own files. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `SPARRING_HOME`, or the platform's folder for application data. */
export function homeFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform = process.platform,
): string {
  if (environment['SPARRING_HOME']) return environment['SPARRING_HOME'];
  switch (platform) {
    case 'darwin':
      return join(homedir(), 'Library', 'Application Support', 'Sparring');
    case 'win32':
      return join(environment['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'Sparring');
    default:
      return join(environment['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'sparring');
  }
}
