/** Entry of `sparring`, under Electron as Node. */
import { runProgram } from './program';

// A reader that has seen enough (`sparring list | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

void runProgram(process.argv.slice(2)).then((code) => {
  // Not process.exit: what was written to a pipe is to arrive whole. TensorFlow keeps no handles open.
  process.exitCode = code;
});
