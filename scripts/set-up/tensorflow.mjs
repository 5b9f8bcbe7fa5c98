import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { engineEnvironment } from '../environment.mjs';
import { run } from './child.mjs';
import { say } from './console.mjs';
import { discard, fromAddress, fromNpm, fromPip, makeFolder } from './download.mjs';
import { cacheFolder, link, nodeModules, packageManifest } from './paths.mjs';
import { compiler, fallbackFits, pythonWithPip } from './preflight.mjs';
import { Problem, problemFrom } from './problem.mjs';

const STALL_SECONDS = 15;

/** The library that tfjs-node 4.22 downloads itself. Its SHA-256 is the one nixpkgs and others pin. */
const OFFICIAL = {
  folder: join(cacheFolder, 'tensorflow-2.9.1-libtensorflow'),
  version: '2.9.1',
  source: 'libtensorflow 2.9.1, the official C library',
  path: '/tensorflow/libtensorflow/libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz',
  sha256: '7f510d2546e3db5e10b1d119463689003d587842892ad3c95bca51cf82820173',
  megabytes: 105,
};

/** The same C library inside TensorFlow's own Python package, for networks that block the former's host. */
const WHEEL = {
  folder: join(cacheFolder, 'tensorflow-2.16.2-wheel'),
  version: '2.16.2',
  source: 'tensorflow-cpu 2.16.2, the wheel for Python',
  package: 'tensorflow-cpu==2.16.2',
  file: 'tensorflow_cpu-2.16.2-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
  python: '3.11',
  platform: 'manylinux2014_x86_64',
  sha256: 'c855cb6bf05d32dd5928086b03a5f6b4189b63c22b95e017703cbee4291023ca',
  megabytes: 214,
};

/** The C interface that Node and Electron share, so that one addon loads in both. */
const NODE_HEADERS = {
  package: 'node-api-headers@1.5.0',
  sha256: '59d0c186cb2db56fb5219219fdbcfb0573c33ff772494a23940564b9cfff881c',
  megabytes: 1,
};
const NAPI_VERSION = 8;

const tfjsNode = join(nodeModules, '@tensorflow', 'tfjs-node');
const addonPath = join(tfjsNode, 'lib', `napi-v${NAPI_VERSION}`, 'tfjs_binding.node');

/** Whether the library must still be downloaded. */
export function libraryMissing() {
  return !existsSync(OFFICIAL.folder) && !existsSync(WHEEL.folder);
}

/** Whether the addon must still be compiled; asked before the packages are there, hence by any version of it. */
export function addonMissing() {
  const folder = [OFFICIAL, WHEEL].map((library) => library.folder).find(existsSync);
  return !folder || !readdirSync(folder).some((name) => name.endsWith('.node'));
}

/** What must exist for TensorFlow to load. */
export const tensorflowFiles = [addonPath, join(tfjsNode, 'deps', 'lib')];

/**
 * Gives tfjs-node its C library (a link into the cache) and its addon (compiled once, kept in the cache).
 * @returns {Promise<{ version: string, source: string }>}
 */
export async function ensureTensorFlow() {
  if (!fallbackFits) return officialInstaller();
  const library = await ensureLibrary();
  const addon = await ensureAddon(library);
  link(library.folder, join(tfjsNode, 'deps'));
  mkdirSync(dirname(addonPath), { recursive: true });
  copyFileSync(addon, `${addonPath}.part`);
  renameSync(`${addonPath}.part`, addonPath); // never written over: a running engine may have it mapped
  await check(library.version);
  return { version: library.version, source: library.source };
}

async function ensureLibrary() {
  const present = [OFFICIAL, WHEEL].find((library) => existsSync(library.folder));
  if (present) return present;
  try {
    await makeFolder(OFFICIAL.folder, unpackOfficial);
    return OFFICIAL;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    say(`${error.message}\n    TensorFlow's C library is taken from ${WHEEL.source}, instead.`);
    await makeFolder(WHEEL.folder, unpackWheel);
    return WHEEL;
  }
}

async function unpackOfficial(folder) {
  const host = packageManifest('@tensorflow/tfjs-node').binary.host;
  const archive = await fromAddress({
    ...OFFICIAL,
    url: new URL(OFFICIAL.path, host).href,
    stallSeconds: STALL_SECONDS,
  });
  const result = await run('Unpacking TensorFlow', 'tar', ['-xzf', archive, '-C', folder, '--no-same-owner']);
  if (!result.ok) throw problemFrom('TensorFlow could not be unpacked.', result.output);
  discard(archive);
}

/** Takes the two libraries and the headers of the C interface; the rest of the wheel is for Python. */
async function unpackWheel(folder) {
  const python = pythonWithPip();
  const wheel = await fromPip(WHEEL, python);
  const extract = [
    'import sys, zipfile',
    'wheel = zipfile.ZipFile(sys.argv[1])',
    'wheel.extractall(sys.argv[2], [n for n in wheel.namelist() if n.startswith(tuple(sys.argv[3:]))])',
  ].join('\n');
  const result = await run('Unpacking TensorFlow', python, [
    ...['-c', extract, wheel, folder],
    ...['tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'],
    ...['c/', 'core/platform/'].map((headers) => `tensorflow/include/tensorflow/${headers}`),
    ...['c/', 'platform/'].map((headers) => `tensorflow/include/tsl/${headers}`),
    'tensorflow/include/LICENSE',
  ]);
  if (!result.ok) throw problemFrom('TensorFlow could not be unpacked.', result.output);

  const unpacked = join(folder, 'tensorflow');
  const lib = join(folder, 'lib');
  mkdirSync(lib);
  renameSync(join(unpacked, 'include'), join(folder, 'include'));
  for (const [file, linkName] of [
    ['libtensorflow_cc.so.2', 'libtensorflow.so'],
    ['libtensorflow_framework.so.2', 'libtensorflow_framework.so'],
  ]) {
    renameSync(join(unpacked, file), join(lib, file));
    symlinkSync(file, join(lib, linkName));
  }
  rmSync(unpacked, { recursive: true });
  discard(wheel);
}

/** Compiles tfjs-node's addon against the library, or finds it in the cache by the hash of its sources. */
async function ensureAddon(library) {
  const sources = join(tfjsNode, 'binding');
  const hash = createHash('sha256');
  for (const name of readdirSync(sources).sort()) hash.update(name).update(readFileSync(join(sources, name)));
  const addon = join(library.folder, `tfjs_binding-${hash.digest('hex').slice(0, 16)}.node`);
  if (existsSync(addon)) return addon;

  const result = await run('Compiling the link between Node and TensorFlow', compiler(), [
    ...['-shared', '-fPIC', '-std=c++17', '-O3', `-DNAPI_VERSION=${NAPI_VERSION}`],
    ...['-I', await nodeHeaders(), '-I', join(library.folder, 'include')],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(sources, name)),
    ...['-L', join(library.folder, 'lib'), '-ltensorflow', '-ltensorflow_framework'],
    ...['-Wl,-rpath,$ORIGIN/../../deps/lib', '-o', `${addon}.part`],
  ]);
  if (!result.ok) {
    rmSync(`${addon}.part`, { force: true });
    throw problemFrom(
      "tfjs-node's addon does not compile.",
      result.output,
      'A C++17 compiler is needed (GCC 9 or Clang 9, or newer): install one, or name it in CXX, then start again.',
    );
  }
  renameSync(`${addon}.part`, addon);
  return addon;
}

async function nodeHeaders() {
  const folder = join(cacheFolder, 'node-api-headers-1.5.0');
  await makeFolder(folder, async (part) => {
    const archive = await fromNpm(NODE_HEADERS);
    const result = await run('Unpacking the headers of Node', 'tar', ['-xzf', archive, '-C', part]);
    if (!result.ok) throw problemFrom('The headers of Node could not be unpacked.', result.output);
    discard(archive);
  });
  return join(folder, 'package', 'include');
}

/** Multiplies two matrices: a library for another processor or a spoilt file shows here, not in the lab. */
async function check(version) {
  const program = [
    "const tf = require('@tensorflow/tfjs-node');",
    'const product = tf.matMul([[1, 2]], [[3], [4]]).dataSync()[0];',
    'console.log(`product ${product}, TensorFlow ${tf.backend().binding.TF_Version}.`);',
  ].join('\n');
  const result = await run('Multiplying in TensorFlow once', process.execPath, ['-e', program], {
    env: engineEnvironment(),
  });
  if (result.ok && result.output.includes(`product 11, TensorFlow ${version}.`)) return;
  throw problemFrom(
    'TensorFlow was installed but does not work.',
    result.output,
    `It needs an x86-64 processor with AVX. If this one has it, delete ${cacheFolder} and start again.`,
  );
}

/** Elsewhere than on Linux with x86-64, tfjs-node's own installer is the only way. */
async function officialInstaller() {
  if (!existsSync(addonPath)) {
    const result = await run(
      'Getting TensorFlow by the installer of tfjs-node',
      process.execPath,
      [join(tfjsNode, 'scripts', 'install.js')],
      {
        cwd: tfjsNode,
        env: { PATH: `${join(nodeModules, '.bin')}${delimiter}${process.env.PATH}` },
        growth: { folders: [join(tfjsNode, 'deps')], stallSeconds: 120 },
      },
    );
    if (!result.ok || !existsSync(addonPath)) {
      throw new Problem({
        happened: `TensorFlow could not be installed for ${process.platform}-${process.arch}.\n    ${result.output.trim()}`,
        expected: "tfjs-node's own installer to succeed; another way is known only for Linux on x86-64",
        remedy: 'Let this machine reach its download, then start again.',
      });
    }
  }
  return { version: 'official', source: 'the installer of tfjs-node' };
}
