import { BlasnetError, reasonOf } from './errors.js';

/**
 * Makes a loader of optional dependencies, so that `import 'blasnet'` needs none of them.
 * @param purpose - what they are for, and `packages` all that it takes, for the message
 * @returns loads a package by its name and a function that imports or resolves it; it throws a BlasnetError
 *   `ERR_NATIVE_LOAD` that says what to install
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
