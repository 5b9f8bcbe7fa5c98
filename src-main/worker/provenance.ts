/** What a session's numbers depend on beside its spec: versions, settings and machine of this process. */
import { cpus, totalmem } from 'node:os';
import * as tf from '@tensorflow/tfjs-node';
import { version as sparring } from '../../package.json';
import type { Machine, Versions } from '../contract/session';

/** Environment variables that change TensorFlow's arithmetic or the order in which it adds. */
const VARIABLES = [
  'TF_ENABLE_ONEDNN_OPTS',
  'TF_CPU_ALLOCATOR_USE_BFC',
  'TF_NUM_INTRAOP_THREADS',
  'TF_NUM_INTEROP_THREADS',
  'OMP_NUM_THREADS',
];

export function provenance(): { versions: Versions; machine: Machine } {
  // The native binding is not part of tfjs-node's types.
  const { binding } = tf.backend() as unknown as { binding: { TF_Version: string } };
  const processors = cpus();
  return {
    versions: {
      sparring,
      node: process.versions.node,
      electron: process.versions['electron'] ?? null,
      v8: process.versions.v8,
      tfjs: tf.version.tfjs,
      tensorflow: binding.TF_Version,
      environment: Object.fromEntries(
        VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
      ),
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
