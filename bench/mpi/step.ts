// Trains a workload's net on the ranks that mpirun has started, or alone, against the clock; rank 0 prints the microseconds
// of a step and the loss of the first epoch. Usage: [mpirun -n 2] node step.js <job as JSON>
import { setThreads } from 'blasnet';
import { mpi } from 'blasnet/mpi';
import type { DataFiles } from '../data.js';
import { buildNet, readRows } from '../support/blasnet.js';
import type { Workload } from '../workloads.js';

/** The part of a comparison that this program does. */
export interface StepJob {
  readonly workload: Workload;
  readonly data: DataFiles;
  readonly weights: string;
  readonly threads: number;
  readonly seconds: number;
}

const { workload, data, weights, threads, seconds }: StepJob = JSON.parse(process.argv[2]!);
setThreads(threads);
const communicator = await mpi();
const reader = await readRows(workload, data, 'float32');

async function trained(maxEpoch: number) {
  const net = await buildNet(workload, { maxEpoch, weights, dtype: 'float32' });
  // Ranks compare their weights at each checkpoint, which is seldom beside the steps of a longer epoch than this one.
  return net.train(reader, { communicator, checkpoint: maxEpoch, shuffle: false });
}

const first = await trained(1);
const warm = await trained(2);
const epochs = await communicator.broadcast(Math.max(1, Math.round((2 * seconds) / warm.seconds)));
const { seconds: taken, iterations } = await trained(epochs);
if (communicator.rank === 0) {
  process.stdout.write(
    `${JSON.stringify({ microseconds: (taken / iterations) * 1e6, loss: first.records[0]!.lossTrain })}\n`,
  );
}
