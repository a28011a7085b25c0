import { setTimeout as sleep } from 'node:timers/promises';
import { readFloats } from '../data.js';
import type { Comparison, Row } from '../report.js';
import { summarize } from '../statistics.js';
import type { Bench } from '../training.js';
import type { Workload } from '../workloads.js';
import { LastingClients } from './lasting-clients.js';
import type { LoadResult } from './load.js';
import { load, type Server, startServer } from './processes.js';
import { inferPath, modelName, requestsFor } from './requests.js';

/** What is served, and the rows that are asked for. */
interface Served {
  readonly workload: Workload;
  readonly file: string;
  /** A net with the same inputs that takes more time than reading its requests does: otherwise no queue fills. */
  readonly slowFile: string;
  readonly x: string;
}

/** Ten times as many requests at once as may wait. */
const [overloadQueue, overloadConnections] = [64, 640];
const reloadEvery = 200; // ms
const usualConnections = 64;

/**
 * How long answers take when there is more to do than the queue may hold, and while the model is loaded anew every
 * 200 ms; and that no request is lost then, nor when the server is told to end under load.
 * @throws Error where one is, or is answered what it should not be
 */
export async function measureTrouble(served: Served, { effort: { quick } }: Bench): Promise<Comparison> {
  const times = quick ? { seconds: 1, warmUp: 0.5 } : { seconds: 5, warmUp: 1 };
  const usual = { x: served.x, format: 'JSON', connections: usualConnections, ...times } as const;
  const rows = [
    ...(await overload(served, { ...usual, connections: overloadConnections })),
    ...(await reloads(served, usual)),
    await ending(served),
  ];
  return { id: 'serve trouble', title: 'Serving in trouble: time to an answer', unit: 'ms', rows };
}

type Load = {
  readonly format: 'JSON';
  readonly x: string;
  readonly connections: number;
  readonly seconds: number;
  readonly warmUp: number;
};

async function overload(served: Served, job: Load): Promise<Row[]> {
  const server = await startServer({ kind: 'blasnet', file: served.slowFile, maxQueue: overloadQueue, maxWaitMs: 0 });
  try {
    const { memory: before } = await server.usage();
    const loaded = load({ ...job, port: server.port });
    const memory: number[] = [];
    let isOver = false;
    const watching = (async () => {
      while (!isOver) {
        memory.push((await server.usage()).memory);
        await sleep(100);
      }
    })();
    const result = await loaded;
    isOver = true;
    await watching;
    requireStatuses('an overloaded server', result, [200, 503]);
    const most = `${megabytes(before)} MB of memory before, up to ${megabytes(Math.max(...memory))} MB`;
    return [
      rowOf(result, 200, `wide net, overload (${job.connections} at once, queue of ${overloadQueue}), accepted`, most),
      rowOf(result, 503, 'wide net, overload, refused by 503'),
    ];
  } finally {
    await server.end();
  }
}

async function reloads(served: Served, job: Load): Promise<Row[]> {
  const server = await startServer({ kind: 'blasnet', file: served.file });
  try {
    let isOver = false;
    let count = 0;
    const reloading = (async () => {
      for (; !isOver; count++) {
        await reload(server);
        await sleep(reloadEvery);
      }
    })();
    const result = await load({ ...job, port: server.port });
    isOver = true;
    await reloading;
    requireStatuses('a server that loads its model anew', result, [200]);
    return [rowOf(result, 200, `a new load of the model every ${reloadEvery} ms`, `${count} loads`)];
  } finally {
    await server.end();
  }
}

async function reload({ port }: Server): Promise<void> {
  const url = `http://127.0.0.1:${port}/v2/repository/models/${modelName}/load`;
  const { status } = await fetch(url, { method: 'POST' });
  if (status !== 200) throw new Error(`Expected a model to be loaded but received status ${status}`);
}

/** SIGTERM under load: the time until the process has ended. */
async function ending({ workload, file, x }: Served): Promise<Row> {
  const requests = requestsFor(workload, await readFloats(x), 'JSON');
  const server = await startServer({ kind: 'blasnet', file });
  const url = new URL(`http://127.0.0.1:${server.port}${inferPath}`);
  const clients = new LastingClients(url, requests, usualConnections);
  await sleep(500);
  const before = clients.answers[200] ?? 0;
  const started = performance.now();
  const code = await server.end();
  const taken = [performance.now() - started];
  const { answers, lost } = await clients.ended();
  const unexpected = Object.keys(answers).filter((status) => !['200', '503'].includes(status));
  if (lost > 0 || unexpected.length > 0 || code !== 0 || before === 0)
    throw new Error(
      `Expected a server that ends by SIGTERM to lose no request, but ${lost} were lost; statuses ` +
        `${JSON.stringify(answers)}; exit code ${code}`,
    );
  return {
    name: 'SIGTERM, until the process has ended',
    family: 'blasnet',
    values: taken,
    summary: summarize(taken),
    note: `${answers[200]! - before} answered after it, none lost`,
  };
}

function rowOf({ answers, seconds }: LoadResult, status: number, name: string, note = ''): Row {
  const { count, times } = answers.find((one) => one.status === status)!;
  const rate = `${Math.round(count / seconds)} a second`;
  return {
    name,
    family: 'blasnet',
    values: [times.median],
    summary: { ...times, count: 1 },
    note: note ? `${rate}, ${note}` : rate,
  };
}

/** @throws Error for lost requests and for other statuses, or where one of these did not occur */
function requireStatuses(what: string, { answers, lost }: LoadResult, wanted: readonly number[]): void {
  const statuses = answers.map(({ status }) => status).sort((a, b) => a - b);
  if (lost === 0 && statuses.join() === wanted.join()) return;
  throw new Error(
    `Expected ${what} to answer every request by ${wanted.join(' or ')} but received ${statuses.join()}, ${lost} lost`,
  );
}

const megabytes = (bytes: number) => Math.round(bytes / 1e6);
