// Whether a program, a header or a library is there, by looking at files only: a probe takes no child process where
// all is well. Self-built libraries in the usual folders count as well as packages.
import { existsSync, readdirSync } from 'node:fs';
import { delimiter } from 'node:path';
import { pkgConfig } from './pkg-config.mjs';

const pathOf = (name) => (process.env[name] ?? '').split(delimiter).filter(Boolean);
const anyHas = (folders, file) => folders.some((folder) => existsSync(`${folder}/${file}`));

/** True where one of the programs is on the PATH. */
export const hasProgram = (...names) => names.some((name) => anyHas(pathOf('PATH'), name));

/** True where the header lies in a folder that the compiler searches, or in one of `folders`. */
export const hasHeader = (header, folders = []) =>
  anyHas([...folders, ...pathOf('CPLUS_INCLUDE_PATH'), ...pathOf('CPATH'), ...prefixes('include')], header) ||
  anyHas(multiarch('/usr/include'), header);

/** True where the library can be linked: lib<name>.so, .dylib or .a in the usual folders, or known to pkg-config. */
export function hasLibrary(name, packageName) {
  const folders = [
    ...pathOf('LIBRARY_PATH'),
    ...prefixes('lib'),
    ...multiarch('/usr/lib'),
    '/usr/lib64',
    '/usr/local/lib64',
  ];
  const files = ['so', 'dylib', 'a'].map((ending) => `lib${name}.${ending}`);
  return files.some((file) => anyHas(folders, file)) || pkgConfig(packageName) !== null;
}

const prefixes = (folder) =>
  ['/usr', '/usr/local', '/opt/homebrew', '/opt/OpenBLAS', process.env.HOMEBREW_PREFIX]
    .filter(Boolean)
    .map((prefix) => `${prefix}/${folder}`);

/** Debian's folders named after the machine, such as /usr/lib/x86_64-linux-gnu. */
function multiarch(parent) {
  if (process.platform !== 'linux' || !existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((name) => /-linux-(gnu|musl)/.test(name))
    .map((name) => `${parent}/${name}`);
}
