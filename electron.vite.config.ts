import { resolve } from 'node:path';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'electron-vite';

// Targets (node18.15, chrome114, CommonJS) follow from the electron version in package.json; they are set all the same,
// because a newer electron-vite default would go unnoticed until the built app fails.
const node = { target: 'node18.15', sourcemap: true, minify: false } as const;

export default defineConfig({
  main: {
    build: {
      ...node,
      // Optional dependencies are not left out of the bundle by themselves.
      externalizeDeps: { include: ['onnxruntime-node'] },
      outDir: 'out/main',
      rollupOptions: {
        input: {
          index: resolve('src-main/main/index.ts'),
          worker: resolve('src-main/worker/index.ts'),
          cli: resolve('src-main/cli/index.ts'),
          printer: resolve('src-main/main/printer.ts'),
        },
        output: { format: 'cjs', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      ...node,
      outDir: 'out/preload',
      rollupOptions: {
        input: { index: resolve('src-main/preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].js' },
      },
    },
  },
  renderer: {
    root: 'src-renderer',
    plugins: [vue()],
    build: {
      target: 'chrome114',
      outDir: 'out/renderer',
      sourcemap: true,
      rollupOptions: { input: { index: resolve('src-renderer/index.html') } },
    },
  },
});
