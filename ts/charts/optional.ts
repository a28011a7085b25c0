import { BlasnetError } from '../errors.js';
import { reasonOf } from './reason.js';

/**
 * Loads an optional dependency of the charts, so that `import 'blasnet'` needs none of them.
 *
 * @param name the npm package, for the message
 * @param load imports or resolves it
 * @throws BlasnetError `ERR_NATIVE_LOAD` that says what to install
 */
export async function loadOptional<T>(name: string, load: () => T | Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new BlasnetError(
      'ERR_NATIVE_LOAD',
      `Expected the optional package ${name} for charts but received an error when loading it; ` +
        `run \`npm install vega vega-lite @resvg/resvg-js dejavu-fonts-ttf\` (${reasonOf(cause)})`,
      { cause },
    );
  }
}
