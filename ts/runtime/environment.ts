import { cpus } from 'node:os';
import { badArgument } from '../core/errors.js';
import { version } from '../core/version.js';
import { describeMachine, describeRules } from './machine.js';
import { native } from './native.js';

/**
 * Sets the number of threads that a run uses, the calling one included, in this environment (main thread or worker).
 * Results do not depend on it. The default is the environment variable BLASNET_THREADS, or else the number of physical
 * cores.
 * @param threads - 1 to 256
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for any other value
 */
export function setThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    throw badArgument('threads', 'a whole number from 1 to 256', threads);
  }
  native.setThreads(threads);
}

/** Returns the number of threads that a run uses in this environment. */
export function getThreads(): number {
  return native.getThreads();
}

/**
 * Versions of blasnet, its BLAS and Node.js, the CPU's name and cores, the vector instructions in use, whether
 * `precision: 'bfloat16'` uses instructions of the CPU ('native' for vectors, 'amx' for tiles) or computes the same by float32
 * ('emulated'), and what was read of the machine with the sizes that kernels derive from it: both are one line of text each,
 * for reports.
 */
export const versions = Object.freeze({
  blasnet: version,
  openblas: native.blas,
  cpu: cpus()[0]?.model ?? 'unknown',
  simd: native.simd,
  bfloat16: native.bfloat16,
  node: process.versions.node,
  physicalCores: native.physicalCores,
  machine: describeMachine(native.machine),
  rules: describeRules(native.machine),
});

const fromEnvironment = process.env.BLASNET_THREADS;
if (fromEnvironment !== undefined && fromEnvironment !== '') {
  const threads = Number(fromEnvironment);
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    throw badArgument('BLASNET_THREADS', 'a whole number from 1 to 256', fromEnvironment);
  }
  native.setThreads(threads);
}
