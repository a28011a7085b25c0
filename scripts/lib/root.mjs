import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The package's folder, ending in a slash. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** True when the module at `url` is the program that Node was started with, not an import of another. */
export function isMain(url) {
  const program = process.argv[1];
  return program !== undefined && realpathSync(program) === realpathSync(fileURLToPath(url));
}
