/**
 * The window in a plain browser, with a lab that plays made-up events: for looking at views and states that are slow or
 * hard to reach for real. `npx vite -c test/ui-harness/vite.config.ts`, then http://localhost:5199/?scenario=image
 * (scenarios: fake-lab.ts).
 */
import { resolve } from 'node:path';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

const repository = resolve(import.meta.dirname, '../..');

export default defineConfig({
  root: resolve(repository, 'src-renderer'),
  cacheDir: resolve(repository, 'out/ui-harness'),
  plugins: [
    vue(),
    {
      name: 'fake-lab',
      transformIndexHtml: () => [
        {
          tag: 'script',
          attrs: { type: 'module', src: `/@fs${repository}/test/ui-harness/fake-lab.ts` },
          injectTo: 'head-prepend',
        },
      ],
    },
  ],
  server: { port: 5199, fs: { allow: [repository] } },
});
