import { join } from 'node:path';
import { ActivationLayer, FullyConnectedLayer, HyperParameters, NeuralNet } from 'blasnet';
import type { Comparison, Row } from '../report.js';
import { median, summarize } from '../statistics.js';
import type { Bench } from '../training.js';
import type { LoadResult } from './load.js';
import { load, type Server, startServer } from './processes.js';
import { hostileBodies } from './requests.js';

/** The queue of a server has room for 16 such requests. */
const [rows, width] = [64, 4];
export const goodputConnections = [8, 64, 200, 400];
const hostileConnections = 8;
/** Until V8 has compiled what answers them, the first thousands of requests take several times as long. */
const answersToWarmUp = 10_000;

/**
 * Time from answer to answer under requests of 64 rows, from few connections to many more than the queue holds: a server
 * that spends its time on requests that it refuses answers fewer the more there are. Every number of connections has its
 * turn in each round, forth and back, so that all meet the same disturbances. Rounds are many and short, since these last
 * for seconds, but long enough for hundreds of connections to be made. Where others use the machine, the server's CPU time
 * tells more than the time from answer to answer.
 */
export async function measureGoodput({ effort: { quick }, folder }: Bench): Promise<Comparison> {
  const [seconds, rounds] = quick ? [0.5, 9] : [1, 15];
  const file = join(folder, 'served-small.safetensors');
  await smallNet().save(file);
  const server = await startServer({ kind: 'blasnet', file });
  try {
    const job = { port: server.port, rows, width, seconds, warmUp: 0.3 };
    await load({ ...job, connections: 64, warmUp: 0, answers: answersToWarmUp });
    const results = new Map(goodputConnections.map((connections): [number, Measured[]] => [connections, []]));
    for (let round = 0; round < rounds; round++) {
      for (const connections of round % 2 === 0 ? goodputConnections : goodputConnections.toReversed()) {
        const { cpu } = await server.usage();
        const result = await load({ ...job, connections });
        results.get(connections)!.push({ ...result, cpu: (await server.usage()).cpu - cpu });
      }
    }
    const all = [...results.values()];
    const best = { rate: Math.max(...all.map(rateOf)), cpu: Math.min(...all.map(cpuOf)) };
    return {
      id: 'serve goodput',
      title: `Serving requests of ${rows} rows of ${width} numbers: time from answer to answer`,
      unit: 'µs',
      rows: [...results].map(([connections, taken]) => goodputRow(taken, connections, best)),
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
/** Microseconds between answers of status 200. */
const costOf = (result: LoadResult) => (result.seconds * 1e6) / countOf(result, 200);
const rateOf = (results: readonly LoadResult[]) => 1e6 / median(results.map(costOf));

/** Microseconds of the server's CPU for an answer of status 200, those that went into refusals among them. */
const cpuOf = (results: readonly Measured[]) =>
  median(
    results.map((result) => {
      const share = countOf(result, 200) / result.answers.reduce((sum, { count }) => sum + count, 0);
      return result.cpu / (result.answered * share);
    }),
  );

/** A row for a number of connections, compared with the best figures of all. */
function goodputRow(
  results: readonly Measured[],
  connections: number,
  best: { readonly rate: number; readonly cpu: number },
): Row {
  const values = results.map(costOf);
  const rate = rateOf(results);
  const cpu = cpuOf(results);
  const times = results.map(({ answers }) => answers.find(({ status }) => status === 200)?.times.median ?? 0);
  const refused = results.reduce((sum, result) => sum + countOf(result, 503), 0);
  const lost = results.reduce((sum, result) => sum + result.lost, 0);
  return {
    name: `${connections} connections`,
    family: 'blasnet',
    values,
    summary: summarize(values),
    note:
      `${Math.round(rate)} a second, ${Math.round((100 * rate) / best.rate)} % of the best; ` +
      `${Math.round(cpu)} µs of CPU for each, ${Math.round((100 * best.cpu) / cpu)} % of the best; ` +
      `${median(times).toFixed(1)} ms to an answer; ${refused} refused, ${lost} lost`,
  };
}

/** Time to an answer of the route for health, alone and while hostile bodies come on 8 connections. */
export async function measureHealth(file: string, { effort: { quick } }: Bench): Promise<Comparison> {
  const seconds = quick ? 1.5 : 5;
  const server = await startServer({ kind: 'blasnet', file });
  try {
    const found: Row[] = [healthRow('alone', await healthTimes(server, 0.5))];
    for (const hostile of hostileBodies) {
      const job = { port: server.port, connections: hostileConnections, hostile, seconds, warmUp: 0.3 };
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
