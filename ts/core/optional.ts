import { BlasnetError, reasonOf } from './errors.js';

/**
 * Makes a loader of optional dependencies, so that `import 'blasnet'` needs none of them.
 * @param purpose - the feature that needs them, for the message
 * @param packages - all packages that the feature needs, for the message
 * @returns a function that takes a package's name and a function that imports it; it throws a BlasnetError
 *   `ERR_NATIVE_LOAD` that names the packages to install
 */
export function optionalLoader(purpose: string, packages: string) {
  return async function loadOptional<T>(name: string, load: () => T | Promise<T>): Promise<T> {
    try {
      return await load();
    } catch (cause) {
      throw new BlasnetError(
        'ERR_NATIVE_LOAD',
        `Expected the optional package ${name} for ${purpose} but received an error when loading it; ` +
          `run \`npm install ${packages}\` (${reasonOf(cause)})`,
        { cause },
      );
    }
  };
}

/**
 * Throws an error of an optional import again. Bundlers treat an import that ends in a `catch` as optional: they do not fail
 * where the package is not installed.
 */
export function rethrow(cause: unknown): never {
  throw cause;
}
