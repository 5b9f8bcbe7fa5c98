import js from '@eslint/js';
import { defineConfigWithVueTs, vueTsConfigs } from '@vue/eslint-config-typescript';
import vue from 'eslint-plugin-vue';
import { globalIgnores } from 'eslint/config';

/** Rooms and what each may import from the others (docs/architecture.md); everything else is an error. */
const ALLOWED = {
  envs: ['contract'],
  'src-main/contract': [],
  'src-main/engine': ['contract', 'envs'],
  'src-main/datasets': ['contract'],
  'src-main/targets': ['contract'],
  'src-main/sessions': ['contract', 'charts'],
  'src-main/worker': ['contract', 'engine', 'envs', 'datasets', 'targets', 'sessions'],
  'src-main/cli': ['contract', 'engine', 'envs', 'datasets', 'targets', 'sessions', 'worker', 'charts'],
  'src-main/main': ['contract', 'sessions'],
  'src-main/preload': ['contract'],
  'src-renderer': ['contract'],
};
const ROOMS = ['contract', 'engine', 'datasets', 'targets', 'sessions', 'worker', 'cli', 'main', 'preload'];

/** The part of the window that knows no window: pure functions from series to charts. Reports are drawn with it. */
const CHARTS = '(?!/(charts/|format$|theme/(inks|paper)$))';

/** `(../)+room` as an import path, but not a folder of that name inside the own room (those start with ./). */
const roomPattern = (room, allowed) =>
  room === 'envs'
    ? '^(\\.\\./)+envs(/|$)'
    : room === 'src-renderer'
      ? `src-renderer${allowed.includes('charts') ? CHARTS : ''}`
      : `^(\\.\\./)+(src-main/)?${room}(/|$)`;

/** Outside packages that would break a room's promise: the engine is pure, main and renderer never load TensorFlow. */
const FORBIDDEN_PACKAGES = {
  envs: '^(node:|electron|vue|@tensorflow|fs$|path$)',
  'src-main/contract': '^(node:|electron|vue|@tensorflow|fs$|path$)',
  'src-main/engine': '^(node:|electron|vue|@tensorflow/tfjs-node|fs$|path$)',
  'src-main/main': '^@tensorflow',
  'src-main/preload': '^(node:|@tensorflow)',
  'src-renderer': '^(node:|electron|@tensorflow|fs$|path$)',
};

const importRules = Object.entries(ALLOWED).map(([folder, allowed]) => {
  const own = folder.split('/').at(-1);
  const closed = [...ROOMS, 'envs', 'src-renderer'].filter((room) => room !== own && !allowed.includes(room));
  const patterns = closed.map((room) => ({
    regex: roomPattern(room, allowed),
    message: `${folder} may import only from ${allowed.join(', ') || 'no other room'}.`,
  }));
  const packages = FORBIDDEN_PACKAGES[folder];
  if (packages) patterns.push({ regex: packages, message: `${folder} must not depend on this package.` });
  return {
    files: [`${folder}/**/*.{ts,vue}`],
    rules: { 'no-restricted-imports': ['error', { patterns }] },
  };
});

/** What makes the charts usable outside the window. */
const windowless = {
  files: ['src-renderer/charts/**/*.ts', 'src-renderer/format.ts', 'src-renderer/theme/{inks,paper}.ts'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex:
              '^(vue|pinia|node:|electron|@tensorflow|element-plus)|^\\.+/([\\w-]+/)*(stores|components|views|lab|theme/palette)(/|$)',
            message:
              'Charts are drawn in reports too, without a window: contract, format, theme/inks and ECharts only.',
          },
          ...ROOMS.filter((room) => room !== 'contract').map((room) => ({
            regex: roomPattern(room, []),
            message: 'src-renderer may import only from contract.',
          })),
        ],
      },
    ],
  },
};

/** Randomness and time are arguments of engine, environments and contract: a recording must be reproducible. */
const pure = {
  files: ['src-main/engine/**/*.ts', 'src-main/contract/**/*.ts', 'envs/**/*.ts'],
  rules: {
    'no-restricted-properties': [
      'error',
      { object: 'Math', property: 'random', message: 'Use a stream of context.random(purpose).' },
      {
        object: 'Date',
        property: 'now',
        message: 'The engine knows no clock; use host.now() for `seconds` fields.',
      },
      {
        object: 'performance',
        property: 'now',
        message: 'The engine knows no clock; use host.now() for `seconds` fields.',
      },
    ],
    'no-restricted-globals': ['error', 'process', 'window', 'document', 'fetch'],
  },
};

export default defineConfigWithVueTs(
  globalIgnores(['out/**', 'node_modules/**', 'test-results/**', 'src-main/contract/*.generated.json']),
  js.configs.recommended,
  vue.configs['flat/recommended'],
  vueTsConfigs.recommended,
  {
    files: ['**/*.vue'],
    rules: {
      // Formatting is Prettier's.
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/multi-word-component-names': 'off',
    },
  },
  {
    files: ['scripts/**/*.mjs', 'bench/**/*.mjs', 'examples/**/*.mjs', 'eslint.config.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        AbortSignal: 'readonly',
        AbortController: 'readonly',
        Buffer: 'readonly',
        fetch: 'readonly',
        performance: 'readonly',
        setImmediate: 'readonly',
      },
    },
  },
  {
    // Functions of this folder's scripts are sent to the page by Playwright.
    files: ['bench/ui/*.mjs'],
    languageOptions: {
      globals: { window: 'readonly', document: 'readonly', requestAnimationFrame: 'readonly' },
    },
  },
  {
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
    },
  },
  pure,
  ...importRules,
  windowless,
);
