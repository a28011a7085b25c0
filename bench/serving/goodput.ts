import { join } from 'node:path';
import { ActivationLayer, FullyConnectedLayer, HyperParameters, NeuralNet } from 'blasnet';
import type { Comparison, Row } from '../report.js';
import { summarize } from '../statistics.js';
import type { Bench } from '../training.js';
import type { LoadResult } from './load.js';
import { load, type Server, startServer } from './processes.js';
import { hostileBodies } from './requests.js';

/** The queue of a server has room for 16 such requests. */
const [rows, width] = [64, 4];
const connectionCounts = [8, 64, 200, 400];
const hostileConnections = 8;

/**
 * Time from answer to answer under requests of 64 rows, from few connections to many more than the queue holds: a server
 * that spends its time on requests that it refuses answers fewer the more there are.
 */
export async function measureGoodput({ effort: { quick }, folder }: Bench): Promise<Comparison> {
  const times = quick ? { seconds: 1, warmUp: 0.5 } : { seconds: 4, warmUp: 1 };
  const file = join(folder, 'served-small.safetensors');
  await smallNet().save(file);
  const server = await startServer({ kind: 'blasnet', file });
  try {
    const results: Measured[] = [];
    for (const connections of connectionCounts) {
      const { cpu } = await server.usage();
      const result = await load({ port: server.port, connections, rows, width, ...times });
      results.push({ ...result, cpu: (await server.usage()).cpu - cpu });
    }
    const best = Math.max(...results.map(rateOf));
    return {
      id: 'serve goodput',
      title: `Serving requests of ${rows} rows of ${width} numbers: time from answer to answer`,
      unit: 'µs',
      rows: results.map((result, i) => goodputRow(result, connectionCounts[i]!, best)),
    };
  } finally {
    await server.end();
  }
}

function smallNet(): NeuralNet {
  return new NeuralNet(new HyperParameters({ netType: 'fitting', seed: 1 }), 'small')
    .addLayer(new FullyConnectedLayer(width, 32))
    .addLayer(new ActivationLayer('relu'))
    .addLayer(new FullyConnectedLayer(32, 1));
}

type Measured = LoadResult & {
  /** Microseconds of the server's threads, warm-up included. */
  readonly cpu: number;
};

const countOf = ({ answers }: LoadResult, status: number) => answers.find((one) => one.status === status)?.count ?? 0;
const rateOf = (result: LoadResult) => countOf(result, 200) / result.seconds;

function goodputRow(result: Measured, connections: number, best: number): Row {
  const rate = rateOf(result);
  const refused = countOf(result, 503);
  const times = result.answers.find(({ status }) => status === 200)?.times;
  return {
    name: `${connections} connections`,
    family: 'blasnet',
    values: [1e6 / rate],
    summary: summarize([1e6 / rate]),
    note:
      `${Math.round(rate)} a second, ${Math.round((100 * rate) / best)} % of the best; ` +
      `${Math.round(result.cpu / result.answered)} µs of CPU for an answer, of any status; ` +
      `${Math.round(times?.median ?? 0)} ms to an answer; ${refused} refused, ${result.lost} lost`,
  };
}

/** Time to an answer of the route for health, alone and while hostile bodies come on 8 connections. */
export async function measureHealth(file: string, { effort: { quick } }: Bench): Promise<Comparison> {
  const seconds = quick ? 1.5 : 5;
  const server = await startServer({ kind: 'blasnet', file });
  try {
    const found: Row[] = [healthRow('alone', await healthTimes(server, 0.5))];
    for (const hostile of hostileBodies) {
      const job = { port: server.port, connections: hostileConnections, hostile, seconds, warmUp: 0.1 };
      const loading = load(job);
      const times = await healthTimes(server, seconds);
      const statuses = (await loading).answers.map(({ status, count }) => `${count} × ${status}`);
      found.push(healthRow(`${hostileConnections} connections send ${hostile}`, times, statuses.join(', ')));
    }
    return { id: 'serve health', title: 'Serving: time to an answer of /v2/health/live', unit: 'ms', rows: found };
  } finally {
    await server.end();
  }
}

/** Milliseconds of requests one after the other. */
async function healthTimes({ port }: Server, seconds: number): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {
    const began = performance.now();
    await (await fetch(`http://127.0.0.1:${port}/v2/health/live`)).text();
    times.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return times;
}

const healthRow = (name: string, values: number[], statuses = ''): Row => ({
  name,
  family: 'blasnet',
  values,
  summary: summarize(values),
  note: `at most ${Math.max(...values).toFixed(1)} ms${statuses ? `; answers to the bodies: ${statuses}` : ''}`,
});
