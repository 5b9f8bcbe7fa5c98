/** What main knows of the machine when it queues a run; the engine process completes it before the first event. */
import { cpus, totalmem } from 'node:os';
import { version as sparring } from '../../package.json';
import type { Machine, Versions } from '../contract/session';

export function unstarted(): { versions: Versions; machine: Machine } {
  const processors = cpus();
  return {
    versions: {
      sparring,
      node: process.versions.node,
      electron: process.versions.electron,
      v8: process.versions.v8,
      tfjs: 'not loaded yet',
      tensorflow: 'not loaded yet',
      environment: {},
    },
    machine: {
      platform: process.platform,
      arch: process.arch,
      cpu: processors[0]?.model ?? 'unknown',
      cores: processors.length,
      memoryBytes: totalmem(),
    },
  };
}
