import { isMainThread } from 'node:worker_threads';
import type { Communicator } from '../core/communicator.js';
import { BlasnetError, badArgument, reasonOf } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { native } from '../runtime/native.js';
import { loadMpiAddon } from './addon.js';
import { MpiCommunicator, SoleCommunicator } from './communicators.js';
import { isLaunchedByMpi, launchedRank, localSize, paysToOverlap } from './launcher.js';

export type { Communicator } from '../core/communicator.js';

export * from './share-out.js';

/** Options of `mpi`. */
export interface MpiOptions {
  /**
   * Milliseconds after which a rank that gives no sign of life, because its process is stopped or its network is lost, ends the
   * run on all ranks: from 1000 on, or 0 for never; default 60,000. A rank that computes, or whose event loop is busy, gives
   * them.
   */
  readonly timeoutMs?: number | undefined;
}

const defaultTimeout = 60_000;

let joined: Promise<Communicator> | undefined;

/**
 * Joins the processes that `mpirun`, `mpiexec` or `srun` has started together with this one. A process that was started
 * alone is the only one of its run: `size` is 1, and no MPI is needed.
 *
 * Ranks on one machine share its cores: each computes with as many threads as its share has, unless `BLASNET_THREADS` or
 * `setThreads` says otherwise. A process joins once: further calls return the same communicator, whatever their options.
 *
 * At the end of the process MPI is left as it has to be. A rank that ends with another exit code than 0, or while it takes
 * part in something, ends all ranks.
 * @throws BlasnetError `ERR_NATIVE_LOAD` where the addon for MPI has not been compiled, or cannot be loaded;
 *   `ERR_BAD_ARGUMENT` in a worker thread
 * @example
 * ```ts
 * import { mpi } from 'blasnet/mpi';
 *
 * const communicator = await mpi();
 * communicator.rank; // → 0
 * communicator.size; // → 1
 * await communicator.allReduce(2.5); // → 2.5
 * ```
 */
export async function mpi(options: MpiOptions = {}): Promise<Communicator> {
  checkOptions(options, ['timeoutMs']);
  const { timeoutMs = defaultTimeout } = options;
  if (!(timeoutMs === 0 || (Number.isSafeInteger(timeoutMs) && timeoutMs >= 1000))) {
    throw badArgument('timeoutMs', 'a whole number from 1000 on, or 0,', timeoutMs);
  }
  joined ??= join(timeoutMs);
  return joined;
}

async function join(timeout: number): Promise<Communicator> {
  if (!isMainThread) throw new BlasnetError('ERR_BAD_ARGUMENT', 'Call mpi() in the main thread, not in a worker');
  if (!isLaunchedByMpi()) return new SoleCommunicator();
  const addon = loadMpiAddon();
  shareCores();
  process.on('exit', (code) => addon.leave(code));
  // Node.js itself would print it later than the other ranks are ended.
  process.on('uncaughtExceptionMonitor', (error) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`blasnet: rank ${launchedRank() ?? '?'} failed: ${text}\n`);
  });
  try {
    const { exchange: functions, ...world } = await addon.start(timeout);
    const exchange = native.registerExchange(functions);
    const { physicalCores: cores } = native;
    const own = paysToOverlap({ size: world.size, cores, threads: native.getThreads() });
    const wishes = await new MpiCommunicator(addon, { ...world, exchange, overlaps: false }).allGather(own);
    return new MpiCommunicator(addon, { ...world, exchange, overlaps: wishes.every(Boolean) });
  } catch (cause) {
    throw new BlasnetError('ERR_NATIVE_LOAD', `Expected MPI to start but received: ${reasonOf(cause)}`, { cause });
  }
}

function shareCores(): void {
  const { physicalCores } = native;
  if (process.env.BLASNET_THREADS || native.getThreads() !== physicalCores) return;
  native.setThreads(Math.max(1, Math.floor(physicalCores / localSize())));
}
