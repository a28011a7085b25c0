// Compiles the addon for MPI, build/mpi/blasnet-mpi.node, with the MPI that is installed here: what `blasnet/mpi` loads.
// Usage: node scripts/build-mpi.mjs [--force]
//   MPICXX=/opt/mpich/bin/mpicxx   the compiler wrapper of another MPI
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { filesUnder, hashOf, readOr } from './lib/files.mjs';
import { hasProgram } from './lib/probe.mjs';
import { isMain, root } from './lib/root.mjs';
import { main, run, ScriptError, say, tryRun } from './lib/run.mjs';

const require = createRequire(import.meta.url);
const folder = join(root, 'build/mpi');
const addon = join(folder, 'blasnet-mpi.node');
const stampFile = join(folder, '.stamp');
const headers = ['native/core/exchange.h', 'native/core/float_mode.h'];

/**
 * Compiles the addon where it is older than what it is made of.
 * @returns {string} its path
 */
export function buildMpi({ force = false } = {}) {
  const compiler = process.env.MPICXX ?? 'mpicxx';
  if (!process.env.MPICXX && !hasProgram('mpicxx')) {
    throw new ScriptError(
      'Expected the compiler of an MPI, mpicxx, but found none; install Open MPI (Debian: apt-get install ' +
        'libopenmpi-dev openmpi-bin) or MPICH, or name it: MPICXX=/path/to/mpicxx',
    );
  }
  const inputs = filesUnder('native/mpi', (path) => /\.(cc|h)$/.test(path));
  const wrapped = tryRun(compiler, ['-show']) ?? '';
  const stamp = hashOf([...inputs, ...headers, 'scripts/build-mpi.mjs'], compiler, wrapped, process.version);
  if (!force && existsSync(addon) && readOr(stampFile) === stamp) return addon;
  mkdirSync(folder, { recursive: true });
  const fresh = `${addon}.${process.pid}`;
  const flags = ['-std=c++20', '-O3', '-fPIC', '-shared', '-pthread', '-fvisibility=hidden', '-Wall', '-Wextra'];
  const quiet = ['-Wno-unused-parameter', '-Wno-cast-function-type'];
  const defines = ['-DNAPI_VERSION=9', '-DNAPI_CPP_EXCEPTIONS', '-DNODE_ADDON_API_CPP_EXCEPTIONS_ALL'];
  const system = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : [];
  const includes = [join(root, 'native'), ...includeFolders()].map(
    (path, i) => `${i === 0 ? '-I' : '-isystem'}${path}`,
  );
  const sources = inputs.filter((path) => path.endsWith('.cc')).map((path) => join(root, path));
  say(`building the addon for MPI by ${compiler} …`);
  run(compiler, [...flags, ...quiet, ...defines, ...includes, ...sources, ...system, '-o', fresh], {
    what: 'building the addon for MPI',
  });
  renameSync(fresh, addon);
  writeFileSync(stampFile, stamp);
  return addon;
}

/** The folders of the headers of node-addon-api and of Node-API. */
function includeFolders() {
  const api = dirname(require.resolve('node-addon-api/package.json'));
  const prefix = resolve(dirname(process.execPath), '..');
  const candidates = [
    join(prefix, 'include/node'),
    join(homedir(), '.cache/node-gyp', process.version.slice(1), 'include/node'),
    packageFolder('node-api-headers', 'include'),
  ];
  const found = candidates.find((path) => path && existsSync(join(path, 'node_api.h')));
  if (!found) {
    throw new ScriptError(
      `Expected the headers of Node.js, such as ${candidates[0]}/node_api.h, but found none; npm install node-api-headers`,
    );
  }
  return [api, found];
}

function packageFolder(name, folderName) {
  try {
    return join(dirname(require.resolve(`${name}/package.json`)), folderName);
  } catch {
    return undefined;
  }
}

if (isMain(import.meta.url)) {
  await main(() => {
    console.log(buildMpi({ force: process.argv.includes('--force') }));
  });
}
