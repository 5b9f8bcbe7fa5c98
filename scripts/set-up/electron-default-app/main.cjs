'use strict';
/* global process, require */
/* eslint-disable @typescript-eslint/no-require-imports -- Electron 25 loads CommonJS only */

/*
 * What Electron loads when it has no application of its own: starts the one named on the command line, as in
 *   electron [--switches] [-r FILE]… FOLDER_OR_FILE [arguments]
 * Playwright injects its loader by -r, before the application; tools tell development by process.defaultApp.
 */
const { app } = require('electron');
const { existsSync, statSync } = require('node:fs');
const Module = require('node:module');
const { dirname, join, resolve } = require('node:path');

const { preloads, target } = readArguments(process.argv.slice(1));
Object.defineProperty(process, 'defaultApp', { value: true, enumerable: true });

for (const file of preloads) Module.createRequire(join(process.cwd(), 'argument.js'))(file);
if (target === undefined) {
  fail('Name the folder of the application to start, for instance: electron .');
} else if (!existsSync(target)) {
  fail(`There is no application at ${target}.`);
} else {
  load(target);
}

function readArguments(args) {
  const preloads = [];
  for (let i = 0; i < args.length; i += 1) {
    if (args[i] === '-r' || args[i] === '--require') preloads.push(args[(i += 1)]);
    else if (!args[i].startsWith('-')) return { preloads, target: resolve(args[i]) };
  }
  return { preloads, target: undefined };
}

function load(target) {
  const isFolder = statSync(target).isDirectory();
  const folder = isFolder ? target : dirname(target);
  const manifestPath = join(folder, 'package.json');
  if (existsSync(manifestPath)) {
    const manifest = require(manifestPath);
    if (manifest.productName || manifest.name) app.setName(manifest.productName || manifest.name);
    if (manifest.version) app.setVersion(manifest.version);
    if (manifest.desktopName) app.setDesktopName(manifest.desktopName);
  }
  app.setAppPath(folder);
  // Loaded as the main module, so that require.main and relative paths are the application's own.
  Module._load(target, null, true);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  app.exit(1);
}
