// @internal
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BlasnetError, reasonOf } from '../core/errors.js';
import { packageRoot, requirePackage } from '../core/own-package.js';

/** The functions of the compiled addon for MPI. */
export interface NativeMpi {
  /** @param timeout - milliseconds for which another rank may give no sign of life; 0 for ever */
  start(timeout: number): Promise<{
    readonly rank: number;
    readonly size: number;
    readonly library: string;
    /** The functions for kernels, for the addon of the library. */
    readonly exchange: object;
  }>;
  barrier(): Promise<void>;
  broadcast(bytes: Uint8Array, root: number): Promise<Uint8Array>;
  allGather(bytes: Uint8Array): Promise<Uint8Array[]>;
  allReduce(bytes: Uint8Array, isDouble: boolean): Promise<Uint8Array>;
  /** Bytes that sums hold for numbers of other ranks. */
  heldBytes(): Promise<number>;
  leave(code: number): void;
  abort(code: number): never;
}

const mend = "install an MPI (Debian: apt-get install libopenmpi-dev openmpi-bin) and run 'npx blasnet build mpi'";

/**
 * Loads the addon that the environment variable BLASNET_MPI_ADDON names, or else the one of this package.
 * @throws BlasnetError `ERR_NATIVE_LOAD` where it has not been compiled, or its MPI is not there
 */
export function loadMpiAddon(): NativeMpi {
  const chosen = process.env.BLASNET_MPI_ADDON;
  const file = chosen ? resolve(chosen) : builtFile();
  if (!existsSync(file)) {
    throw new BlasnetError('ERR_NATIVE_LOAD', `Expected the compiled addon for MPI but there is no '${file}'; ${mend}`);
  }
  try {
    return requirePackage(file) as NativeMpi;
  } catch (cause) {
    const why = reasonOf(cause).split('\n')[0];
    const message = `Expected an addon for MPI that can be loaded but received: ${why}; ${mend}`;
    throw new BlasnetError('ERR_NATIVE_LOAD', message, { cause });
  }
}

/** Where `blasnet build mpi` puts the addon: in a clone, else in the package blasnet-source. */
function builtFile(): string {
  const inClone = join(packageRoot, 'build/mpi/blasnet-mpi.node');
  if (existsSync(inClone)) return inClone;
  try {
    return join(dirname(requirePackage.resolve('blasnet-source/package.json')), 'build/mpi/blasnet-mpi.node');
  } catch {
    return inClone;
  }
}
