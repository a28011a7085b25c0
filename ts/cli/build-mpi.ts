import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BlasnetError } from '../core/errors.js';

const script = fileURLToPath(new URL('../../scripts/build-mpi.mjs', import.meta.url));

/**
 * Compiles the addon for MPI; the compiler's messages go to the standard error.
 * @throws BlasnetError `ERR_NATIVE_LOAD` where the sources are not there; a script that fails has said why
 */
export async function runBuildMpi(): Promise<void> {
  if (!existsSync(script)) {
    throw new BlasnetError('ERR_NATIVE_LOAD', `Expected the sources of the addon for MPI but there is no '${script}'`);
  }
  const child = spawn(process.execPath, [script], { stdio: 'inherit' });
  const [code] = await once(child, 'close');
  if (code !== 0) process.exitCode = 1;
}
