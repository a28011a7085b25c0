import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import { BlasnetError, reasonOf } from '../core/errors.js';
import { isBundled, keepExternal, ownFile, packageRoot, requirePackage } from '../core/own-package.js';
import { version } from '../core/version.js';

/** Platforms for which there is a package with a compiled addon. */
export const targets = [
  'linux-x64-gnu',
  'linux-x64-musl',
  'linux-arm64-gnu',
  'linux-arm64-musl',
  'win32-x64',
  'darwin-arm64',
  'darwin-x64',
];

const compileIt = '`npm install blasnet-source` compiles the addon on this machine';
const installAgain = 'delete node_modules and package-lock.json and run `npm install`';

const error = (message: string, cause?: unknown): BlasnetError =>
  new BlasnetError('ERR_NATIVE_LOAD', message, cause === undefined ? undefined : { cause });

/** The first line of what the system says. */
const whyOf = (cause: unknown): string => reasonOf(cause).split('\n')[0]!;

/** The error where the addon that BLASNET_ADDON names does not load. */
export function cannotLoadChosen(file: string, cause: unknown): BlasnetError {
  return error(
    `Expected the path of a compiled addon, such as build/cmake/Release/blasnet.node, for BLASNET_ADDON but received ` +
      `'${file}': ${whyOf(cause)}`,
    cause,
  );
}

/** The error where the package with the addon has another version than blasnet. */
export function differentVersion(name: string, installed: string): BlasnetError {
  return error(
    `Expected version ${version} of ${name}, which is that of blasnet, but received version ${installed}; ` +
      `run \`npm install blasnet@${version}${name === 'blasnet-source' ? ` ${name}@${version}` : ''}\`, or ${installAgain}`,
  );
}

/** The error where there is no addon. */
export function notFound(target: string): BlasnetError {
  return error(`Expected the compiled addon of blasnet for ${target} but received ${whatIsMissing(target)}`);
}

function whatIsMissing(target: string): string {
  if (existsSync(join(packageRoot, 'binding.gyp'))) return 'a clone of the project without one; run `npm run setup`';
  if (isInstalled('blasnet-source')) {
    return 'the package blasnet-source, which is not compiled; `npx blasnet build` compiles it';
  }
  if (isBundled()) {
    return (
      `none: the bundle left the addon behind. The running file, ${ownFile}, is not part of the package blasnet; ` +
      `${keepExternal}, or copy blasnet.node to the folder of that file; see docs/bundlers.md`
    );
  }
  if (!targets.includes(target)) {
    return `a platform without a package; there are packages for ${targets.join(', ')}. ${compileIt}`;
  }
  const name = `@blasnet/${target}`;
  const others = targets.filter((other) => isInstalled(`@blasnet/${other}`));
  if (others.length > 0) {
    return (
      `only the package for ${others.join(' and ')}: node_modules was installed on another system, or for one; ` +
      `delete node_modules and run \`npm install\` on this system, or \`npm install ${platformFlags(target)}\` elsewhere`
    );
  }
  return (
    `no package ${name}: npm leaves it out with --omit=optional, or by a package-lock.json that was made on ` +
    `another system; run \`npm install ${name}@${version}\`, or ${installAgain} without --omit=optional`
  );
}

/** The options with which npm installs for a platform. */
function platformFlags(target: string): string {
  const [os, cpu, libc] = target.split('-');
  const family = libc === 'gnu' ? 'glibc' : libc;
  return `--os=${os} --cpu=${cpu}${family === undefined ? '' : ` --libc=${family}`}`;
}

function isInstalled(name: string): boolean {
  try {
    requirePackage.resolve(`${name}/package.json`);
    return true;
  } catch {
    return false;
  }
}

/** The error where an addon is there and does not load. */
export function cannotLoad(file: string, target: string, cause: unknown): BlasnetError {
  const why = whyOf(cause);
  return error(
    `Expected an addon that Node.js ${process.version} on ${target} can load but received ${file}: ${why}; ` +
      mendOf(why, file, target),
    cause,
  );
}

/** How to mend an addon that does not load, by what the system says. */
export function mendOf(why: string, file: string, target: string): string {
  const isCompiledHere = !file.includes(`${sep}@blasnet${sep}`);
  const inClone = file.startsWith(packageRoot) && existsSync(join(packageRoot, 'binding.gyp'));
  const compileAgain = inClone ? 'run `npm run setup`' : 'run `npx blasnet build`';
  const glibc = /version [`'](GLIBC(?:XX)?_[\d.]+)' not found/.exec(why)?.[1];
  if (glibc !== undefined) {
    if (isCompiledHere) return `it was compiled on a newer system; ${compileAgain} on this one`;
    return `the system's C library is older than ${glibc.replace('_', ' ')}; use a newer system, or ${compileIt}`;
  }
  if (/ffi access|--allow-ffi/.test(why)) return 'run Deno with --allow-ffi --allow-read --allow-env --allow-sys';
  if (/lib(c\.)?musl|ld-linux|Error relocating|symbol not found/.test(why)) {
    return `it is made for another C library; ${isCompiledHere ? compileAgain : installAgain}`;
  }
  const library = /(lib[\w+.-]+?\.(?:so|dylib)[\d.]*)/.exec(why)?.[1];
  if (library !== undefined && /No such file|not found|cannot open|not loaded/i.test(why)) {
    return isCompiledHere
      ? `install the library ${library} (Debian: apt-get install libopenblas-dev libhwy-dev), or ${compileAgain}`
      : `install the library ${library}`;
  }
  if (isCompiledHere) return `the file may be damaged; ${compileAgain}`;
  return `the file may be damaged: delete it with its package, and run \`npm install @blasnet/${target}@${version}\``;
}
