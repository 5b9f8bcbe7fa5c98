/**
 * What TensorFlow must find in its environment before it is loaded. The first two double its speed in Electron, whose
 * allocator is slow with large buffers; the first also changes the last bits of results, so sessions record it.
 */
const ENGINE_DEFAULTS = {
  TF_ENABLE_ONEDNN_OPTS: '1',
  TF_CPU_ALLOCATOR_USE_BFC: '1',
  TF_CPP_MIN_LOG_LEVEL: '2', // warnings and errors only, not its greeting
};

/** The environment with these defaults; what the user set stays. */
export function engineEnvironment(environment = process.env) {
  return { ...ENGINE_DEFAULTS, ...environment };
}
