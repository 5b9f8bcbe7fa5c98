/** Starts engine processes as Electron's utility processes. */
import { join } from 'node:path';
import { app, utilityProcess } from 'electron';
import type { EngineProcess } from './engine-host';

/**
 * Twice as fast with these: Chromium's allocator is slow with large buffers. The first changes the last bits of
 * results, so the session records it. What the user set stays.
 */
const ENVIRONMENT = { TF_ENABLE_ONEDNN_OPTS: '1', TF_CPU_ALLOCATOR_USE_BFC: '1', TF_CPP_MIN_LOG_LEVEL: '2' };

/** How much of a process's standard error is kept to explain its end, in characters. */
const LAST_WORDS = 600;

export function spawnEngine(): EngineProcess {
  const child = utilityProcess.fork(join(app.getAppPath(), 'out', 'main', 'worker.js'), [], {
    serviceName: 'Sparring engine',
    env: { ...ENVIRONMENT, ...process.env },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let lastWords = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    process.stderr.write(chunk);
    lastWords = (lastWords + chunk.toString()).slice(-LAST_WORDS);
  });
  return {
    post: (command) => child.postMessage(command),
    onReport: (listener) => void child.on('message', listener),
    onExit: (listener) => void child.on('exit', (code) => listener(code, lastWords.trim())),
    kill() {
      // Not child.kill(): that is SIGTERM, which a process deep in a TensorFlow kernel does not hear.
      try {
        if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL');
      } catch {
        // It is gone already.
      }
    },
  };
}
