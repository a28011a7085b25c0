// Run by mpirun: the memory of a rank that has trained a workload's net, with the other ranks or as a process alone would;
// rank 0 prints its figures. Usage: mpirun -n 2 node --expose-gc memory.js <job as JSON>
import { setThreads } from 'blasnet';
import { mpi } from 'blasnet/mpi';
import { loadMpiAddon } from '#blasnet/mpi/addon';
import type { DataFiles } from '../data.js';
import { buildNet, readRows } from '../support/blasnet.js';
import type { Workload } from '../workloads.js';

export interface MemoryJob {
  readonly workload: Workload;
  readonly data: DataFiles;
  readonly weights: string;
  /** Whether the ranks share batches; else each of them trains by itself. */
  readonly shares: boolean;
}

/** Megabytes of a rank. */
export interface MemoryFigures {
  /** Of arrays: weights, gradients, the plan, and the data set. */
  readonly arrays: number;
  /** For numbers of other ranks. */
  readonly exchange: number;
  /** The most of the whole process, with Node.js and MPI. */
  readonly peak: number;
}

const { workload, data, weights, shares }: MemoryJob = JSON.parse(process.argv[2]!);
setThreads(1);
const communicator = await mpi();
const reader = await readRows(workload, data, 'float32');
const net = await buildNet(workload, { maxEpoch: 2, weights, dtype: 'float32' });
globalThis.gc?.();
const before = process.memoryUsage().arrayBuffers;
// While it runs: what a run holds goes with it.
let during = 0;
const onCheckpoint = () => {
  globalThis.gc?.();
  during = Math.max(during, process.memoryUsage().arrayBuffers);
};
await net.train(reader, { ...(shares && { communicator }), checkpoint: 2, shuffle: false, onCheckpoint });
const figures: MemoryFigures = {
  arrays: Math.max(before, during) / 1e6,
  exchange: (await loadMpiAddon().heldBytes()) / 1e6,
  peak: (process.resourceUsage().maxRSS * 1024) / 1e6,
};
await communicator.barrier();
if (communicator.rank === 0) process.stdout.write(`${JSON.stringify(figures)}\n`);
