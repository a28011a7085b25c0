import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BlasnetError } from './errors.js';

// A bundler that writes CommonJS leaves no import.meta.url.
const url: string = import.meta.url ?? pathToFileURL(__filename).href;

/** The path of this module: within the package, or the bundle that contains it. */
export const ownFile = fileURLToPath(url);

/** The folder of package.json, two above this module: dist/core/, or dist/chunks/ as published. Means nothing in a bundle. */
export const packageRoot = join(ownFile, '../../..');

/** Resolves and loads packages as this package sees them. */
export const requirePackage = createRequire(url);

/** Returns whether a bundler has copied this module out of the package. */
export function isBundled(): boolean {
  try {
    const { name } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { readonly name?: unknown };
    return name !== 'blasnet';
  } catch {
    return true;
  }
}

/** How to keep a bundle from leaving files of the package behind. */
export const keepExternal =
  'keep blasnet out of the bundle (esbuild: --external:blasnet, Vite: ssr.external) and install it where the bundle runs';

/**
 * Reads a file of this package.
 * @throws BlasnetError `ERR_NATIVE_LOAD` where a bundle left it behind
 */
export function readOwnFile(path: string): Promise<Buffer> {
  return orLeftBehind(path, readFile(join(packageRoot, path)));
}

/** Lists the names of the files in a folder of this package, with the errors of `readOwnFile`. */
export function ownFiles(folder: string): Promise<string[]> {
  return orLeftBehind(folder, readdir(join(packageRoot, folder)));
}

async function orLeftBehind<T>(path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw new BlasnetError(
      'ERR_NATIVE_LOAD',
      `Expected ${path} in the package blasnet but received none: the bundle left it behind; ${keepExternal}`,
      { cause },
    );
  }
}
