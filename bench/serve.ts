import { join } from 'node:path';
import { WrongNumbers } from './check.js';
import { readFloats, writeData, writeInitialWeights } from './data.js';
import { naivePrediction } from './naive.js';
import type { Comparison, Row } from './report.js';
import type { Entrant } from './roster.js';
import { answerOf } from './serving/asking.js';
import { measureGoodput, measureHealth } from './serving/goodput.js';
import type { LoadJob, LoadResult } from './serving/load.js';
import { load, type Server, startServer } from './serving/processes.js';
import { type BodyFormat, requestsFor } from './serving/requests.js';
import type { ServerJob } from './serving/server.js';
import { measureTrouble } from './serving/trouble.js';
import { measureWorkers } from './serving/workers.js';
import { largestDifference, median, summarize } from './statistics.js';
import { buildNet } from './support/blasnet.js';
import type { Bench } from './training.js';
import { inTurns, type Rank } from './trials.js';
import { findWorkload, inputsOf, shapeOf, type Workload } from './workloads.js';

/** Who serves, and how it is asked. */
interface Contestant {
  readonly name: string;
  readonly family: Row['family'];
  readonly kind: ServerJob['kind'];
  readonly format: BodyFormat;
  readonly rank: Rank;
}

const contestants: readonly Contestant[] = [
  { name: 'blasnet', family: 'blasnet', kind: 'blasnet', format: 'JSON', rank: 0 },
  { name: 'blasnet, binary tensors', family: 'blasnet', kind: 'blasnet', format: 'binary', rank: 1 },
  { name: 'Fastify and onnxruntime-node', family: 'C++', kind: 'onnxruntime', format: 'JSON', rank: 0 },
  {
    name: 'Fastify and onnxruntime-node, rows gathered',
    family: 'C++',
    kind: 'onnxruntime, gathering',
    format: 'JSON',
    rank: 1,
  },
];

const connections = 64;
/**
 * Until V8 has compiled what answers them, requests take a server several times as long: the first 2000 five times. A
 * warm-up that lasts a time would have most of them among those that count on a busy machine.
 */
const answersToWarmUp = 10_000;
/** Different rows that are asked for in turn. */
const rows = 32;
/** Answers in JSON are written in decimal, products summed in float32. */
const tolerance = 1e-5;

/**
 * What a request costs a server under the load of 64 connections, how long its answers take, and whether it loses any
 * when it has more to do than it can, loads its model anew, or ends. Servers and load have a process each.
 * @throws WrongNumbers where an answer of blasnet is not what plain loops predict; others are left out
 */
export async function measureServing(entrants: readonly Entrant[], bench: Bench): Promise<Comparison[]> {
  const { effort, folder, leaveOut } = bench;
  const workload = findWorkload('mnist');
  const weights = await writeInitialWeights(workload, folder);
  const { x } = await writeData(workload, rows, folder);
  const files = await writeModels(workload, weights, folder);
  const expected = naivePrediction(workload, await readFloats(weights), await readFloats(x));
  const hasRival = entrants.some(({ name }) => name === 'onnxruntime-node');
  const taking = contestants.filter(({ kind }) => kind === 'blasnet' || hasRival);
  const seconds = effort.quick ? 1 : 3;
  const runners = taking.map((contestant) => async () => {
    const { kind, format } = contestant;
    const server = await startServer({ kind, file: kind === 'blasnet' ? files.blasnet : files.onnx });
    try {
      await requireAnswers(workload, server, contestant, await readFloats(x), expected);
      return await trial(server, contestant, { port: server.port, format, x, connections, seconds, warmUp: 0.1 });
    } finally {
      await server.end();
    }
  });
  const results = await inTurns(
    { ...effort, runs: effort.quick ? 3 : effort.runs },
    runners,
    (i, error) => {
      const { name, kind } = taking[i]!;
      if (kind === 'blasnet') throw error;
      leaveOut(`serve: ${name} is left out: ${error instanceof Error ? error.message : error}`);
    },
    (i) => taking[i]!.rank,
  );
  const title = `Serving single rows of MNIST through ${shapeOf(workload).split(',')[0]} to ${connections} connections`;
  const rowsOf = (read: (trials: readonly Trial[]) => Pick<Row, 'values' | 'summary' | 'note'>) =>
    taking.flatMap(({ name, family }, i) => (results[i]!.length > 0 ? [{ name, family, ...read(results[i]!) }] : []));
  return [
    { id: 'serve requests', title: `${title}: time from answer to answer`, unit: 'µs', rows: rowsOf(costs) },
    { id: 'serve cpu', title: `${title}: the server's CPU time for a request`, unit: 'µs', rows: rowsOf(cpuTimes) },
    { id: 'serve answers', title: `${title}: time to an answer`, unit: 'ms', rows: rowsOf(latencies) },
    await measureGoodput(bench),
    await measureWorkers(files.blasnet, x, bench),
    await measureHealth(files.blasnet, bench),
    await measureTrouble({ file: files.blasnet, slowFile: await writeWideModel(folder), x, workload }, bench),
  ];
}

/** The same net for both. */
async function writeModels(workload: Workload, weights: string, folder: string) {
  const files = { blasnet: join(folder, 'served.safetensors'), onnx: join(folder, 'served.onnx') };
  const net = await buildNet(workload, { maxEpoch: 1, weights, dtype: 'float32' });
  await net.save(files.blasnet);
  await net.exportOnnx(files.onnx, { inputShape: [inputsOf(workload)] });
  return files;
}

async function writeWideModel(folder: string): Promise<string> {
  const wide = findWorkload('wide');
  const file = join(folder, 'served-wide.safetensors');
  const weights = await writeInitialWeights(wide, folder);
  await (await buildNet(wide, { maxEpoch: 1, weights, dtype: 'float32' })).save(file);
  return file;
}

/** With the microseconds of the server's threads for an answer. */
type Trial = LoadResult & { readonly serverCpu: number };

/** The load after another one to warm up, in a process of its own as well. */
async function trial(server: Server, contestant: Contestant, job: LoadJob): Promise<Trial> {
  requireAll(contestant, await load({ ...job, warmUp: 0, answers: answersToWarmUp }));
  const before = await server.usage();
  const result = requireAll(contestant, await load(job));
  const after = await server.usage();
  return { ...result, serverCpu: (after.cpu - before.cpu) / result.answered };
}

/** Microseconds of CPU time, of all threads of the server. */
function cpuTimes(trials: readonly Trial[]) {
  const values = trials.map(({ serverCpu }) => serverCpu);
  const own = median(trials.map(({ cpuPerAnswer }) => cpuPerAnswer));
  return { values, summary: summarize(values), note: `the load itself ${Math.round(own)} µs` };
}

/** Microseconds between answers. */
function costs(trials: readonly Trial[]) {
  const values = trials.map(({ answers, seconds }) => (seconds * 1e6) / answers[0]!.count);
  return { values, summary: summarize(values), note: `${Math.round(1e6 / median(values))} a second` };
}

/** Medians over the trials of each one's least, median and 99th percentile. */
function latencies(trials: readonly Trial[]) {
  const of = (key: 'min' | 'median' | 'p99') => trials.map(({ answers }) => answers[0]!.times[key]);
  return {
    values: of('median'),
    summary: { count: trials.length, min: median(of('min')), median: median(of('median')), p99: median(of('p99')) },
  };
}

/** @throws WrongNumbers for answers that are not those of plain loops */
async function requireAnswers(
  workload: Workload,
  { port }: Server,
  { name, format }: Contestant,
  x: Float32Array,
  expected: readonly number[],
): Promise<void> {
  const answers = await Promise.all(requestsFor(workload, x, format).map((request) => answerOf(port, request)));
  const difference = largestDifference(Float32Array.from(answers.flat()), Float32Array.from(expected));
  if (difference <= tolerance) return;
  throw new WrongNumbers(`Expected ${name} to answer what plain loops predict but it is off by up to ${difference}`);
}

/** @throws Error for requests that failed or got no answer */
function requireAll({ name }: Contestant, result: LoadResult): LoadResult {
  const { answers, lost } = result;
  if (lost === 0 && answers.length === 1 && answers[0]!.status === 200) return result;
  const counts = answers.map(({ status, count }) => `${count} × ${status}`);
  throw new Error(`Expected ${name} to answer all requests with 200 but received ${counts.join(', ')}, ${lost} lost`);
}
