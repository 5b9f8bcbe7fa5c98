import { resolve } from 'node:path';
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: __dirname,
  outputDir: resolve(__dirname, '../../test-results'),
  // The README's pictures are made on demand.
  testIgnore: process.env['SPARRING_PICTURES'] === '1' ? [] : ['pictures.spec.ts'],
  // Each test runs a TensorFlow process of its own: one at a time.
  workers: 1,
  timeout: 180_000,
  expect: { timeout: 60_000 },
  reporter: 'list',
});
