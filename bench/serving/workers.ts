import { availableParallelism } from 'node:os';
import type { Comparison, Row } from '../report.js';
import { median, summarize } from '../statistics.js';
import type { Bench } from '../training.js';
import type { LoadResult } from './load.js';
import { load, type Server, startServer } from './processes.js';

const workerCounts = [1, 2];
const connectionCounts = [8, 64, 256];
const answersToWarmUp = 10_000;

/**
 * Time from answer to answer of one worker and of two, by the number of connections. The load needs a core as well: on two
 * cores a second worker takes its time away. All have their turn in each round.
 */
export async function measureWorkers(file: string, x: string, { effort: { quick } }: Bench): Promise<Comparison> {
  const [seconds, rounds] = quick ? [0.5, 5] : [1, 11];
  const servers: Server[] = [];
  try {
    for (const workers of workerCounts) servers.push(await startServer({ kind: 'blasnet', file, workers }));
    const common = { format: 'JSON', x, seconds, warmUp: 0.3 } as const;
    for (const [i, { port }] of servers.entries())
      await load({ ...common, port, connections: 64, warmUp: 0, answers: answersToWarmUp * workerCounts[i]! });
    const cases = connectionCounts.flatMap((connections) =>
      servers.map(({ port }, i) => ({ port, connections, workers: workerCounts[i]!, results: [] as LoadResult[] })),
    );
    for (let round = 0; round < rounds; round++) {
      for (const { port, connections, results } of round % 2 === 0 ? cases : cases.toReversed())
        results.push(await load({ ...common, port, connections }));
    }
    const rows = cases.map(({ workers, connections, results }): Row => {
      const values = results.map((result) => (result.seconds * 1e6) / countOf(result));
      const p99 = median(results.map(({ answers }) => answers[0]!.times.p99));
      return {
        name: `${workers} worker${workers > 1 ? 's' : ''}, ${connections} connections`,
        family: 'blasnet',
        values,
        summary: summarize(values),
        note: `${Math.round(1e6 / median(values))} a second, p99 ${p99.toFixed(1)} ms`,
      };
    });
    const cores = availableParallelism();
    const title = `Serving single rows of MNIST by several workers, with the load on the same ${cores} cores: time from answer to answer`;
    return { id: 'serve workers', title, unit: 'µs', rows };
  } finally {
    await Promise.all(servers.map((server) => server.end()));
  }
}

/** @throws Error where a request was lost or refused */
function countOf({ answers, lost }: LoadResult): number {
  const [first] = answers;
  if (lost === 0 && answers.length === 1 && first!.status === 200) return first!.count;
  const statuses = answers.map(({ status }) => status).join();
  throw new Error(`Expected workers to answer all requests with 200 but received ${statuses}, ${lost} lost`);
}
