// OpenBLAS as a static library for one target: products of float and double matrices, for each generation of CPUs.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { buildProgress } from '../lib/build-progress.mjs';
import { runByLines, ScriptError, tryRun } from '../lib/run.mjs';
import { keepProducts, kept } from './openblas-products.mjs';
import { useLeanHeader } from './openblas-windows.mjs';
import { archives, sourcesFrom, workFolder } from './sources.mjs';
import { targets } from './targets.mjs';
import { clangFor, zig, zigEnvironment, zigVersion } from './zig.mjs';

/** Files that are compiled, roughly, for the display of progress: those of each set of kernels, and the others. */
const filesPerKernelSet = 46;
const otherFiles = 40;

/**
 * Folder with libopenblas.a, its licence and include/cblas.h, built where it is not there yet.
 * @param {string} name - of the target
 * @param {import('./targets.mjs').Target} target
 */
export async function buildOpenBlas(name, target) {
  const folder = join(workFolder, 'openblas', name);
  const settings = makeSettings(target);
  const made = JSON.stringify({
    version: archives.openblas.version,
    compiler: zigVersion,
    target: target.zig,
    settings,
    kept,
  });
  const stamp = join(folder, 'made.json');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === made) return folder;
  const kernels = target.openblas.kernelsOf;
  const from = kernels ? join(await buildOpenBlas(kernels, targets[kernels]), 'build') : await sourcesFrom('openblas');
  const sources = join(folder, 'build');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(from, sources, { recursive: true, preserveTimestamps: true });
  if (kernels) removeAllButKernels(sources);
  else keepProducts(sources);
  const options = target.os === 'win32' ? useLeanHeader(sources) : '-fPIC';
  await make(sources, name, target, settings, options);
  requireAllKernels(sources);
  cpSync(join(sources, libraryIn(sources)), join(folder, 'libopenblas.a'));
  cpSync(join(sources, 'LICENSE'), join(folder, 'LICENSE'));
  writeHeaders(sources, join(folder, 'include'));
  writeFileSync(stamp, made);
  return folder;
}

/** OpenBLAS leaves kernels out where it takes the compiler for one that cannot compile them. */
function requireAllKernels(sources) {
  const missing = readFileSync(join(sources, 'Makefile.conf'), 'utf8').match(/^NO_(AVX|AVX2|AVX512|SVE)=1$/m);
  if (missing) throw new ScriptError(`Expected OpenBLAS with all kernels but received one with ${missing[0]}`);
}

/** Leaves of what was compiled only the kernels: they call nothing of a C library, and serve another one as well. */
function removeAllButKernels(sources) {
  for (const path of readdirSync(sources, { recursive: true })) {
    if (/\.o(bj)?$/.test(path) && !path.startsWith('kernel')) rmSync(join(sources, path));
  }
  rmSync(join(sources, libraryIn(sources)));
}

/** Name of the library that was built; libopenblas.a is a link to it, or it. */
const libraryIn = (sources) =>
  readdirSync(sources).find((name) => /^libopenblas-?\w.*\.a$/.test(name)) ?? 'libopenblas.a';

/** Variables of OpenBLAS's makefiles. */
export function makeSettings({ openblas }) {
  return [
    'BINARY=64',
    'CROSS=1', // nothing that is compiled for the target runs while it is built
    'DYNAMIC_ARCH=1',
    `DYNAMIC_LIST=${openblas.kernels.join(' ')}`,
    `TARGET=${openblas.base}`,
    'NO_LAPACK=1',
    'NO_LAPACKE=1',
    'ONLY_CBLAS=1',
    'NOFORTRAN=1',
    'BUILD_SINGLE=1', // no complex numbers
    'BUILD_DOUBLE=1',
    // blasnet calls it from threads of its own, one product on each. Without threads of OpenBLAS's, none are started
    // when the addon is loaded. Further callers at a time than NUM_THREADS wait for memory, or get some for the call.
    'USE_THREAD=0',
    'USE_LOCKING=1',
    'USE_OPENMP=0',
    'NUM_THREADS=64',
    'NO_AFFINITY=1',
  ];
}

async function make(sources, name, target, settings, options) {
  const what = `building OpenBLAS for ${name}`;
  const compiler = zig();
  const tools = [
    `CC=${clangFor(target.zig)} ${options}`,
    `HOSTCC=${tryRun('cc', ['--version']) === null ? `${compiler} cc` : 'cc'}`,
    `AR=${compiler} ar`,
    `RANLIB=${compiler} ranlib`,
  ];
  const files = otherFiles + filesPerKernelSet * (target.openblas.kernels.length + 1);
  const progress = buildProgress({ what, files: [], jobs: 1 });
  let done = 0;
  const onLine = (line) => {
    if (/ -c /.test(line)) progress.count(done++, Math.max(files, done));
  };
  const jobs = `-j${availableParallelism()}`;
  try {
    await runByLines('make', ['-C', sources, jobs, 'libs', ...tools, ...settings], onLine, {
      env: zigEnvironment,
      what,
    });
  } finally {
    progress.stop();
  }
}

/** cblas.h and the header that it includes, as OpenBLAS's own installation makes them. */
export function writeHeaders(sources, folder) {
  mkdirSync(folder, { recursive: true });
  const header = readFileSync(join(sources, 'cblas.h'), 'utf8');
  writeFileSync(join(folder, 'cblas.h'), header.replace('"common.h"', '"openblas_config.h"'));
  const config = readFileSync(join(sources, 'config_last.h'), 'utf8');
  const defines = config.replace(/^#define\s+(\S+)/gm, '#define OPENBLAS_$1');
  const template = readFileSync(join(sources, 'openblas_config_template.h'), 'utf8');
  const text = `#ifndef OPENBLAS_CONFIG_H\n#define OPENBLAS_CONFIG_H\n${defines}\n${template}\n#endif\n`;
  writeFileSync(join(folder, 'openblas_config.h'), text);
}
