import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [vue()],
  test: {
    include: ['test/{unit,conformance,reference,integration}/**/*.test.ts'],
    // tfjs-node is a native addon: processes, not threads; two, for two cores.
    pool: 'forks',
    maxWorkers: 2,
    // Reports take their inks from the tokens; other styles are left out.
    css: { include: [/tokens\.css/] },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    env: { TF_ENABLE_ONEDNN_OPTS: '1', TF_CPU_ALLOCATOR_USE_BFC: '1', TF_CPP_MIN_LOG_LEVEL: '2' },
  },
});
