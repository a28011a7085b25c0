// Run by mpirun: what a training step exchanges, sums of gradients for each rank's piece and then the pieces of all, beside a
// copy of as many bytes. Rank 0 prints a list of figures. Usage: mpirun -n 2 node exchange.js <numbers>[,<numbers>…] [seconds]
import { mpi } from 'blasnet/mpi';
import { EagerRunner } from '#blasnet/runtime/runner';
import { median } from '../statistics.js';

/** Microseconds of a sum over all ranks, and of a copy, of so many float32. */
export interface ExchangeFigure {
  readonly numbers: number;
  readonly sum: number;
  readonly copy: number;
}

const communicator = await mpi();
const { rank, exchange } = communicator;
const runner = new EagerRunner('float32');
const seconds = Number(process.argv[3] ?? 0.5);
const figures: ExchangeFigure[] = [];
for (const numbers of process.argv[2]!.split(',').map(Number)) {
  const own = new Float32Array(numbers).fill(rank + 1);
  const sum = new Float32Array(numbers);
  const operands = { own: { data: own, shape: [1, numbers] }, sum: { data: sum, shape: [numbers] } };
  const exchanged = () => {
    runner.run('sum_shards', { ...operands, whole: 0, communicator: exchange! });
    runner.run('gather_pieces', { values: operands.sum, communicator: exchange! });
  };
  exchanged();
  if (sum.at(-1) !== (communicator.size * (communicator.size + 1)) / 2) throw new Error('a wrong sum');
  const calls = await communicator.broadcast(callsFor(exchanged));
  await communicator.barrier();
  const sums = timed(exchanged, calls);
  const copies = timed(() => sum.set(own), calls);
  figures.push({ numbers, sum: median(sums), copy: median(copies) });
}
if (rank === 0) process.stdout.write(`${JSON.stringify(figures)}\n`);

/** As many calls as the time allows; all ranks must make the same number. */
function callsFor(call: () => void): number {
  const [time] = timed(call, 1);
  return Math.min(20_000, Math.max(10, Math.round((seconds * 1e6) / time!)));
}

/** Microseconds of each call. */
function timed(call: () => void, calls: number): number[] {
  return Array.from({ length: calls }, () => {
    const start = performance.now();
    call();
    return (performance.now() - start) * 1000;
  });
}
