// Builds one target of CMakeLists.txt and prints where the program is.
// Usage: node scripts/cmake.mjs native_tests|cblas_loop [--sanitize address,undefined|thread]
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { isMain, root } from './lib/root.mjs';
import { main, run, ScriptError, say } from './lib/run.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

const folders = { '': 'cmake', 'address,undefined': 'cmake-asan', thread: 'cmake-tsan' };

/**
 * Builds a target with the system packages it takes, under sanitizers if any are named, and returns the program's path.
 * Quick where nothing has changed.
 */
export function buildTarget(target, sanitize = '') {
  if (!Object.hasOwn(folders, sanitize)) {
    throw new ScriptError(`Expected address,undefined or thread for --sanitize but received ${sanitize}`);
  }
  ensureSystemPackages(['build', 'dev']);
  const folder = join('build', folders[sanitize]);
  say(`building ${target}${sanitize && ` with the sanitizers ${sanitize}`} in ${folder} …`);
  run('cmake', ['-S', '.', '-B', folder, `-DBLASNET_SANITIZE=${sanitize}`], { what: 'configuring by CMake' });
  const jobs = String(Math.max(2, availableParallelism()));
  run('cmake', ['--build', folder, '--target', target, '--parallel', jobs], { what: `building ${target}` });
  return join(root, folder, target);
}

if (isMain(import.meta.url)) {
  const [target, flag, sanitize] = process.argv.slice(2);
  await main(() => {
    if (!target) throw new ScriptError('Expected a target, such as native_tests');
    console.log(buildTarget(target, flag === '--sanitize' ? sanitize : ''));
  });
}
