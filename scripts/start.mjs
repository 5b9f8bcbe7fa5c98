/** `npm start`: the lab's window, or, where there is no display, the default bout in the terminal. */
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import {
  hasDisplay,
  needsSoftwareRendering,
  runAttached,
  runCommandLine,
  runsAsRoot,
  warnOfRoot,
  windowEnvironment,
} from './launch.mjs';
import { electronExecutable } from './set-up/electron.mjs';
import { ensureSetUp } from './set-up/index.mjs';
import { repository } from './set-up/paths.mjs';

await ensureSetUp();
await ensureBuilt();

if (hasDisplay) {
  warnOfRoot();
  const switches = [runsAsRoot && '--no-sandbox', needsSoftwareRendering && '--disable-gpu'].filter(Boolean);
  process.exitCode = await runAttached(
    electronExecutable(),
    [...switches, repository, ...process.argv.slice(2)],
    {
      env: windowEnvironment(),
    },
  );
} else {
  process.stderr.write(
    'sparring: there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so the default bout runs in this terminal.\n' +
      '          "npx sparring --help" shows what else the command line can do.\n',
  );
  process.exitCode = await runCommandLine(['run', join(repository, 'examples', 'article.yaml')]);
}
