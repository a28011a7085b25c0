// Run by mpirun: all that ranks do together, then an end of some kind.
import { mpi } from 'blasnet/mpi';

const how = process.argv[2] ?? 'end';
const communicator = await mpi();
const { rank, size } = communicator;
const last = size - 1;
const values = await communicator.allGather({ rank, numbers: Float32Array.of(rank, 0.5), text: 'ä'.repeat(rank) });
const told = await communicator.broadcast(rank === last ? new Map([['from', rank]]) : undefined, last);
const sum = await communicator.allReduce(Float32Array.from({ length: 1003 }, (_, i) => i + rank / 3));
const total = await communicator.allReduce(rank + 0.5);
await communicator.barrier();
await communicator.agree('value', { same: [1, 2] });
const refusal = await communicator.agree('value', rank === 1 ? 'other' : 'own').catch(({ message }) => message);
const uneven = await communicator.allReduce(new Float32Array(rank === 0 ? 3 : 4)).catch(({ message }) => message);
process.stdout.write(
  `${JSON.stringify({ rank, size, values: values.map(({ numbers, text }) => [...numbers, text]), told: told.get('from'), last: sum[1002], total, refusal, uneven: typeof uneven === 'string' ? uneven : 'even' })}\n`,
);

const ends = {
  end: () => {},
  // Promises that nobody waits for keep the process until they settle.
  open: () => void communicator.barrier().then(() => process.stdout.write(`{"settled":${rank}}\n`)),
  exit: async () => {
    if (rank === 0) setTimeout(() => process.exit(0), 20);
    if (rank === 0) await communicator.broadcast(1, last); // the last rank does not take part
    else await new Promise((resolve) => setTimeout(resolve, 600_000));
  },
  throw: async () => {
    if (rank === last) throw new Error('nobody catches this');
    await communicator.barrier();
  },
  gone: async () => {
    if (rank === 0) return;
    const failure = await communicator.barrier().catch(({ code, message }) => `${code} ${message}`);
    process.stdout.write(`${JSON.stringify({ failure })}\n`);
  },
  code: () => {
    process.exitCode = 3;
  },
  abort: async () => {
    if (rank === last) communicator.abort(new Error('enough'));
    await communicator.barrier();
  },
};
await ends[how]();
