import { type Communicator, checkCommunicator } from '../core/communicator.js';
import { BlasnetError, badArgument, reasonOf } from '../core/errors.js';

/** A message of a rank: what its tasks gave, by their numbers, or why one of them failed. */
interface Share<Result> {
  readonly results: readonly (readonly [index: number, result: Result])[];
  readonly failure?: { readonly index: number; readonly reason: string };
}

/**
 * Shares independent tasks among the ranks, such as nets that differ in their seed, fold or hyperparameters: task i runs on
 * rank i modulo `size`, one after the other there. All ranks call it with the same tasks, and receive all results.
 * @param run - does a task; its result is a value that `structuredClone` takes. It must not use the communicator.
 * @returns the results in the order of the tasks, on all ranks
 * @throws BlasnetError `ERR_BAD_ARGUMENT` on all ranks where they have not as many tasks; `ERR_RANK_FAILED` on all ranks
 *   where a task fails, with its number and its rank, once each rank has ended its tasks or failed; the rank's own error
 *   is the cause there
 * @example
 * ```ts
 * import { mpi, shareOut } from 'blasnet/mpi';
 *
 * const communicator = await mpi();
 * await shareOut(communicator, [2, 3, 4], (seed) => seed ** 2); // → [ 4, 9, 16 ]
 * ```
 */
export async function shareOut<Task, Result>(
  communicator: Communicator,
  tasks: readonly Task[],
  run: (task: Task, index: number) => Result | Promise<Result>,
): Promise<Result[]> {
  checkCommunicator(communicator);
  if (!Array.isArray(tasks)) throw badArgument('tasks', 'a list', tasks);
  if (typeof run !== 'function') throw badArgument('run', 'a function', run);
  await communicator.agree('number of tasks', tasks.length);
  const { rank, size } = communicator;
  const results: [number, Result][] = [];
  let error: unknown;
  let own: Share<Result> = { results };
  for (let index = rank; index < tasks.length && !own.failure; index += size) {
    try {
      results.push([index, structuredClone(await run(tasks[index]!, index))]);
    } catch (thrown) {
      error = thrown;
      own = { results: [], failure: { index, reason: reasonOf(thrown) } };
    }
  }
  const shares = await communicator.allGather(own);
  const failures = shares.flatMap(({ failure }) => failure ?? []).sort((a, b) => a.index - b.index);
  const [first] = failures;
  if (first) {
    const message = `Expected all tasks to succeed but task ${first.index} on rank ${first.index % size} failed: ${first.reason}`;
    throw new BlasnetError('ERR_RANK_FAILED', message, first.index === own.failure?.index ? { cause: error } : {});
  }
  const all: Result[] = new Array(tasks.length);
  for (const { results: some } of shares) for (const [index, result] of some) all[index] = result;
  return all;
}
