import type { Communicator } from '../core/communicator.js';
import { isLaunchedByMpi } from '../mpi/launcher.js';
import { nameRank } from './output.js';

/** Joins the processes that mpirun has started with this one; undefined where it was started alone. */
export async function joinRanks(): Promise<Communicator | undefined> {
  if (!isLaunchedByMpi()) return undefined;
  const { mpi } = await import('../mpi/index.js');
  const communicator = await mpi();
  nameRank(communicator.rank);
  return communicator;
}
