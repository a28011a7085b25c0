// blasnet.node for one target, and its native tests: the same sources and flags as in binding.gyp, everything linked in.
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root } from '../lib/root.mjs';
import { ScriptError } from '../lib/run.mjs';
import { sourcesOf } from '../sources.mjs';
import { compileAll } from './compile.mjs';
import { link, nativeTestsOf, systemIncludes } from './link.mjs';
import { buildOpenBlas } from './openblas.mjs';
import { sourcesFrom, workFolder } from './sources.mjs';
import { zig, zigEnvironment, zigFolder } from './zig.mjs';

const require = createRequire(import.meta.url);
const folderOf = (name) => dirname(require.resolve(`${name}/package.json`));

const common = [
  '-O3',
  '-g0',
  '-fPIC',
  '-fvisibility=hidden',
  '-pthread',
  '-fno-sanitize=undefined',
  '-fomit-frame-pointer',
];
const cxx = ['-std=c++20', '-fvisibility-inlines-hidden'];
// As in binding.gyp; GCC contracts products and sums of different statements without being told.
const numeric = ['-fno-math-errno', '-fno-trapping-math', '-ffp-contract=fast'];
const defines = [
  'NAPI_VERSION=9',
  'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
  'NAPI_CPP_EXCEPTIONS',
  'NODE_ADDON_API_CPP_EXCEPTIONS_ALL',
  'BUILDING_NODE_EXTENSION',
];
const highwaySources = ['abort', 'aligned_allocator', 'per_target', 'print', 'targets', 'timer'];

/**
 * Compiles and links the addon of a target.
 * @returns {Promise<{ file: string, compiled: number }>} where it is, and how many files had changed
 */
export async function buildAddon(name, target) {
  const { compileSet, libraries, folder } = await toolchainFor(name, target);
  const { objects, compiled } = await compileSet('blasnet.node', sourcesOf('addon'));
  const file = join(folder, 'blasnet.node');
  link(target, { folder, objects, libraries, file, isAddon: true });
  return { file, compiled };
}

/** Compiles and links the native tests of a target: a program for the target, beside its addon. */
export async function buildNativeTests(name, target) {
  const { compileSet, libraries, folder } = await toolchainFor(name, target);
  const core = await compileSet('native tests', sourcesOf('core'));
  const tests = await compileSet('native tests', sourcesOf('tests'), ['-O1', '-isystem', doctestFolder()]);
  const file = join(folder, nativeTestsOf(target));
  link(target, { folder, objects: [...core.objects, ...tests.objects], libraries, file, isAddon: false });
  return file;
}

/** A folder with doctest's header alone: other headers of this system are not for the target. */
function doctestFolder() {
  const installed = ['/usr/include', '/usr/local/include', '/opt/homebrew/include'].map((path) =>
    join(path, 'doctest'),
  );
  const header = installed.find((path) => existsSync(path));
  if (!header) throw new ScriptError('Expected doctest, which is doctest-dev on Debian');
  const folder = join(workFolder, 'include');
  cpSync(header, join(folder, 'doctest'), { recursive: true });
  return folder;
}

/** Builds the libraries that the addon and the tests of a target need, and returns a function that compiles sources. */
async function toolchainFor(name, target) {
  const folder = join(workFolder, 'addon', name);
  const highway = await sourcesFrom('highway');
  const openblas = target.openblas ? await buildOpenBlas(name, target) : null;
  mkdirSync(folder, { recursive: true });
  const compiler = [zig(), 'c++', '-target', target.zig];
  const includes = [
    join(root, 'native'),
    highway,
    ...(openblas ? [join(openblas, 'include')] : []),
    ...systemIncludes(target, folder),
    folderOf('node-addon-api'),
    join(folderOf('node-api-headers'), 'include'),
  ];
  const flags = [
    ...common,
    ...cxx,
    ...[...defines, ...target.defines].map((text) => `-D${text}`),
    '-Inative',
    ...includes.slice(1).flatMap((path) => ['-isystem', path]),
  ];
  const isFixed = (path) => path.startsWith(zigFolder());
  const compileSet = async (what, sources, further = []) => {
    const own = sources.map((source) => ({
      source,
      object: join(folder, `${source}.o`),
      command: [...compiler, ...flags, ...numeric, ...warnings(source), ...further],
    }));
    const highwayUnits = highwaySources.map((source) => ({
      source: join(highway, `hwy/${source}.cc`),
      object: join(folder, `highway/${source}.o`),
      command: [...compiler, ...flags],
    }));
    const units = [...own, ...highwayUnits];
    const compiled = await compileAll(`building ${what} for ${name}`, units, { env: zigEnvironment, isFixed });
    return { objects: own.map(({ object }) => object), compiled };
  };
  const libraries = [
    ...highwaySources.map((source) => join(folder, `highway/${source}.o`)),
    ...(openblas ? [join(openblas, 'libopenblas.a')] : []),
  ];
  return { compileSet, libraries, folder };
}

const warnings = () => ['-Wall', '-Wextra', '-Wno-unused-parameter'];
