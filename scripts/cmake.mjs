// Builds one target of CMakeLists.txt by cmake-js and prints the path of what it built.
// Usage: node scripts/cmake.mjs native_tests|cblas_loop|blasnet [--sanitize address,undefined|thread] [--quick | --linked]
//   blasnet        the addon, in build/cmake/Release/blasnet.node: BLASNET_ADDON=<that path> loads it
//   --quick        compiles for the instruction set of this machine only, with few optimisations, in build/cmake-quick
//   --linked       links the native tests with the object files of the addon that node-gyp compiled, in build/cmake-linked;
//                  where these are missing or out of date, as --quick
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { buildProgress } from './lib/build-progress.mjs';
import { addonObjects } from './lib/native.mjs';
import { isMain, root } from './lib/root.mjs';
import { main, runByLines, ScriptError, say } from './lib/run.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

const require = createRequire(import.meta.url);
const folders = { 'address,undefined': 'cmake-asan', thread: 'cmake-tsan' };

/**
 * Builds a target with the system packages it needs, under sanitizers if any are named. Quick where nothing has changed.
 * @returns {Promise<string>} the path of the program or addon
 */
export async function buildTarget(target, { sanitize = '', quick = false, linked = false } = {}) {
  if (sanitize !== '' && !Object.hasOwn(folders, sanitize)) {
    throw new ScriptError(`Expected address,undefined or thread for --sanitize but received ${sanitize}`);
  }
  ensureSystemPackages(['build', 'dev']);
  const { name, settings } = configurationOf({ sanitize, quick, linked });
  const folder = join('build', name);
  dropForeignCache(folder);
  const what = `building ${target}${sanitize && ` with the sanitizers ${sanitize}`} in ${folder}`;
  say(`${what} …`);
  const jobs = Math.max(2, availableParallelism());
  const defines = Object.entries(settings).map(([setting, value]) => `--CD${setting}=${value}`);
  const progress = buildProgress({ what, files: [], jobs });
  const args = ['build', '--out', folder, '--target', target, '--parallel', String(jobs), ...defines];
  try {
    await runByLines(process.execPath, [cmakeJs(), ...args], progress.line, { what: `building ${target}` });
  } finally {
    progress.stop();
  }
  return join(root, folder, target === 'blasnet' ? 'Release/blasnet.node' : target);
}

/**
 * The name of the build folder and the settings that CMake is configured with there: always the same ones, since a
 * folder is configured once.
 */
export function configurationOf({ sanitize, quick, linked }, findObjects = addonObjects) {
  if (sanitize !== '') return { name: folders[sanitize], settings: { BLASNET_SANITIZE: sanitize } };
  const objects = linked ? findObjects() : null;
  if (objects !== null) return { name: 'cmake-linked', settings: { BLASNET_OBJECTS: objects } };
  return quick || linked ? { name: 'cmake-quick', settings: { BLASNET_QUICK: 'ON' } } : { name: 'cmake', settings: {} };
}

const cmakeJs = () => join(dirname(require.resolve('cmake-js/package.json')), 'bin/cmake-js');

/** Removes a build folder that cmake-js did not configure, or that was configured for a clone in another place. */
function dropForeignCache(folder) {
  const cache = join(root, folder, 'CMakeCache.txt');
  if (!existsSync(cache)) return;
  const text = readFileSync(cache, 'utf8');
  const home = text.match(/^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$/m)?.[1];
  if (text.includes('CMAKE_JS_VERSION:') && home && join(home, '/') === root) return;
  rmSync(join(root, folder), { recursive: true });
}

if (isMain(import.meta.url)) {
  const [target, ...options] = process.argv.slice(2);
  const at = options.indexOf('--sanitize');
  await main(async () => {
    if (!target) throw new ScriptError('Expected a target, such as native_tests');
    const sanitize = at < 0 ? '' : (options[at + 1] ?? 'nothing');
    const [quick, linked] = ['--quick', '--linked'].map((option) => options.includes(option));
    console.log(await buildTarget(target, { sanitize, quick, linked }));
  });
}
