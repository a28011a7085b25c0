import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { addonInputs, sourcesOf } from '../sources.mjs';
import { buildProgress, roughly, secondsFor } from './build-progress.mjs';
import { filesUnder, hashOf, readOr } from './files.mjs';
import { headersMessage, isClone, mendCommand } from './install-messages.mjs';
import { takePrebuilt } from './prebuilt.mjs';
import { root } from './root.mjs';
import { runByLines, ScriptError, say } from './run.mjs';

const require = createRequire(import.meta.url);
const addon = join(root, 'build/Release/blasnet.node');
const stampFile = join(root, 'build/Release/.blasnet-stamp');
const objects = join(root, 'build/Release/obj.target/blasnet');
const objectsFile = join(root, 'build/Release/.blasnet-objects');
const headersFile = join(root, 'build/Release/.blasnet-headers');
const environment = ['BLASNET_BLAS_LIBS', 'BLASNET_BLAS_INCLUDE', 'CC', 'CXX', 'CFLAGS', 'CXXFLAGS', 'LDFLAGS'];

/**
 * Compiles build/Release/blasnet.node where it is older than what it is made of. It compiles only what changed:
 * never `node-gyp rebuild`, which would delete build/dev along with it.
 * @param options - `stream` shows how far it is
 */
export async function buildNative({ force = false, stream = process.stderr } = {}) {
  if (!force && isUpToDate()) return;
  const started = performance.now();
  rmSync(objectsFile, { force: true });
  dropStaleObjects(force);
  const jobs = Math.max(2, availableParallelism());
  const files = staleSources();
  const seconds = files.reduce((sum, file) => sum + file.seconds, 0) / Math.min(jobs, availableParallelism());
  stream.write(`blasnet: building the addon: ${files.length} files to compile, about ${roughly(seconds)} …\n`);
  const progress = buildProgress({ what: 'building the addon', files, jobs, stream });
  let advice;
  const read = (line) => {
    progress.line(line);
    advice ??= headersMessage(line);
  };
  try {
    const args = [nodeGyp(), 'configure', 'build', '--jobs', String(jobs), ...headersOption()];
    await runByLines(process.execPath, args, read, { what: 'building the addon' });
  } catch (error) {
    if (advice && error instanceof ScriptError) throw new ScriptError(`${error.message}\n${advice}`);
    throw error;
  } finally {
    progress.stop();
  }
  const made = stamp();
  writeFileSync(stampFile, made);
  writeFileSync(objectsFile, made);
  say(`addon built in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

/**
 * The folder of the object files that build/Release/blasnet.node was linked from: `<folder>/native/core/plan.o` and so on.
 * Null where node-gyp did not compile that addon here, or where a source or a setting has changed since.
 */
export const addonObjects = () => (readOr(objectsFile) === stamp() ? objects : null);

/** Whether build/Release/blasnet.node is made of the files and the settings that are there now. */
const isUpToDate = () => readOr(stampFile) === stamp();

/**
 * Makes sure that there is an addon without a compiler: true where build/Release/blasnet.node is up to date, or where a
 * prebuilt one was put there. False where it has to be compiled.
 */
export function hasAddonWithoutCompiler() {
  if (isUpToDate()) return true;
  if (!takePrebuilt({ destination: addon })) return false;
  writeFileSync(stampFile, stamp());
  return true;
}

/**
 * Removes all objects where a header has changed, or where it is forced to. The compiler's own list of dependencies leaves out what is included
 * from a system header, and Highway includes each kernel file, with all our headers, from one of its own.
 */
function dropStaleObjects(force) {
  const headers = hashOf(addonInputs().filter((path) => path.endsWith('.h')));
  if (!force && readOr(headersFile) === headers) return;
  rmSync(objects, { recursive: true, force: true });
  mkdirSync(dirname(headersFile), { recursive: true });
  writeFileSync(headersFile, headers);
}

/** Sources that make will compile: those without an object or with an older one. */
function staleSources() {
  const timeOf = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);
  return sourcesOf('addon')
    .filter((path) => timeOf(join(objects, path.replace(/\.cc$/, '.o'))) <= timeOf(join(root, path)))
    .map((path) => ({ path, seconds: secondsFor(path) }));
}

/** What the addon is made of, and which file came of it. */
function stamp() {
  const recipe = [
    'binding.gyp',
    ...filesUnder('scripts', (path) => /(sources|blas|highway|pkg-config)\.mjs$/.test(path)),
  ];
  const { size, mtimeMs } = existsSync(addon) ? statSync(addon) : { size: 0, mtimeMs: 0 };
  const values = environment.map((name) => process.env[name] ?? '');
  const api = require('node-addon-api/package.json').version;
  return hashOf([...recipe, ...addonInputs()], api, process.platform, process.arch, ...values, size, mtimeMs);
}

/** node-gyp of this project, or the one that npm brings along when it installs the package. */
function nodeGyp() {
  try {
    return require.resolve('node-gyp/bin/node-gyp.js');
  } catch {
    const fromNpm = process.env.npm_config_node_gyp;
    if (fromNpm) return fromNpm;
    throw new ScriptError(`node-gyp not found: run ${mendCommand(isClone())}, which brings it along`);
  }
}

/** Uses the headers installed beside this Node, where they are of its version, instead of downloading them. */
function headersOption() {
  if (process.env.npm_config_nodedir) return [];
  const prefix = resolve(dirname(process.execPath), '..');
  const header = join(prefix, 'include/node/node_version.h');
  if (!existsSync(header)) return [];
  const text = readFileSync(header, 'utf8');
  const part = (name) => text.match(new RegExp(`#define NODE_${name}_VERSION (\\d+)`))?.[1];
  const version = `v${part('MAJOR')}.${part('MINOR')}.${part('PATCH')}`;
  return version === process.version ? ['--nodedir', prefix] : [];
}
