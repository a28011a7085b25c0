import { badArgument } from './errors.js';
import { isFields } from './fields.js';

/** The processes of a run under MPI, as one of them sees them: `mpi()` of `blasnet/mpi` returns it. */
export interface Communicator {
  /** The number of this process, from 0. */
  readonly rank: number;
  /** The number of processes. */
  readonly size: number;
  /** Resolves once all ranks have called it. */
  barrier(): Promise<void>;
  /**
   * Gives all ranks the value of one of them.
   * @param value - anything that `structuredClone` takes, such as numbers, plain objects and typed arrays; only that of
   *   `root` counts
   * @param root - the rank whose value all receive; default 0
   */
  broadcast<T>(value: T, root?: number): Promise<T>;
  /** Returns the values of all ranks, in their order. */
  allGather<T>(value: T): Promise<T[]>;
  /**
   * Returns the sum of the numbers of all ranks, added in the order of the ranks, so that each run has the same bits.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` on all ranks where they have not as many numbers of the same type
   */
  allReduce<T extends number | Float32Array | Float64Array>(value: T): Promise<T extends number ? number : T>;
  /**
   * Checks that all ranks have the same value.
   * @param name - of what they agree on, for the message
   * @throws BlasnetError `ERR_BAD_ARGUMENT` on all ranks, with the ranks whose value is another than that of rank 0
   */
  agree(name: string, value: unknown): Promise<void>;
  /** Writes the error to stderr and ends all ranks with exit code 1. */
  abort(error: unknown): never;
  /** The number by which kernels know these processes; undefined where there is only one. */
  readonly exchange: number | undefined;
  /** Whether gradients are summed while the backward pass goes on; alike on all ranks. */
  readonly overlaps?: boolean | undefined;
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but a communicator */
export function checkCommunicator(communicator: unknown): asserts communicator is Communicator {
  const { rank, size, exchange, allGather } = isFields(communicator) ? communicator : {};
  const isOne = Number.isInteger(rank) && Number.isInteger(size) && typeof allGather === 'function';
  if (isOne && (size === 1 || typeof exchange === 'number')) return;
  throw badArgument('communicator', "what mpi() of 'blasnet/mpi' resolves with", communicator);
}
