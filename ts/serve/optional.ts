import { reasonOf } from '../charts/reason.js';
import { BlasnetError } from '../errors.js';

/**
 * Loads an optional dependency of the server, so that `import 'blasnet/serve'` needs none of them.
 * @param name - the npm package, for the message
 * @throws BlasnetError `ERR_NATIVE_LOAD` that says what to install
 */
export async function loadOptional<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new BlasnetError(
      'ERR_NATIVE_LOAD',
      `Expected the optional package ${name} for serving but received an error when loading it; ` +
        `run \`npm install fastify prom-client\` (${reasonOf(cause)})`,
      { cause },
    );
  }
}
