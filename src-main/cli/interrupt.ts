/** Ctrl-C stops in an orderly way; a second one at once. */
import { EXIT } from './answer';

export function onInterrupt(stop: () => void): void {
  let asked = false;
  const listener = () => {
    if (asked) process.exit(EXIT.interrupted);
    asked = true;
    process.stderr.write('\nStopping; once more to end at once.\n');
    stop();
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
}
