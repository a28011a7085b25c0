// Layers of sequences beside PyTorch's, one thread each, in turns: µs of a training step, and of a prediction for 64 rows.
// node build/dev/bench/sequences.js [--seconds 2] [--rounds 5] [--python python3]
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import {
  DataReader,
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  type Layer,
  NeuralNet,
  type NpyArray,
  readNpz,
  setThreads,
  Tensor,
  TransformerEncoderLayer,
  versions,
} from 'blasnet';
import { root } from './root.js';

const layers: Readonly<Record<string, () => Layer>> = {
  encoder: () => new TransformerEncoderLayer({ heads: 4, feedForward: 128 }),
};

const [batchSize, checkSteps, learningRate] = [64, 5, 0.01];

/** What one process measured, in µs. */
interface Times {
  readonly about: string;
  readonly train: number;
  readonly predict: number;
}

const tensorIn = (arrays: Readonly<Record<string, NpyArray>>, name: string) => {
  const { data, shape } = arrays[name]!;
  return Tensor.from(Float32Array.from(data as Float32Array), [...shape]);
};

function netOf(name: string, arrays: Readonly<Record<string, NpyArray>>, maxEpoch: number): NeuralNet {
  const params = new HyperParameters({ netType: 'fitting', optimizer: 'sgd', learningRate, batchSize, maxEpoch });
  const net = new NeuralNet(params, name);
  net.addLayer(layers[name]!(), 'layer').addLayer(new FlattenLayer()).addLayer(new FullyConnectedLayer(1), 'out');
  net.inference(tensorIn(arrays, 'x').slice(0, 1));
  for (const layer of ['layer', 'out']) {
    const own = Object.keys(arrays).filter((key) => key.startsWith(`${layer}.`));
    const weights = own.map((key) => [key.slice(layer.length + 1), tensorIn(arrays, key)] as const);
    net.getLayer(layer).setWeights(Object.fromEntries(weights));
  }
  return net;
}

/** Checks that a few steps lead where PyTorch's lead, then measures. */
async function measure(name: string, file: string, seconds: number): Promise<Times> {
  setThreads(1);
  const arrays = await readNpz(file);
  const [x, y] = [tensorIn(arrays, 'x'), tensorIn(arrays, 'y')];
  const check = netOf(name, arrays, 1);
  const few = { xTrain: x.slice(0, checkSteps * batchSize), yTrain: y.slice(0, checkSteps * batchSize) };
  await check.train(DataReader.fromTensors(few), { shuffle: false });
  const [received, expected] = [check.inference(x.slice(0, batchSize)).data, tensorIn(arrays, 'answers').data];
  const worst = Math.max(...Array.from(received, (value, i) => Math.abs(value - expected[i]!)));
  if (!(worst < 1e-3)) throw new Error(`${name} differs from PyTorch by ${worst}`);
  const reader = DataReader.fromTensors({ xTrain: x, yTrain: y });
  const [times, epochs] = [[] as number[], 2];
  const end = performance.now() + seconds * 1200;
  while (performance.now() < end || times.length < 3) {
    const run = await netOf(name, arrays, epochs).train(reader, { checkpoint: epochs });
    times.push((run.seconds * 1e6) / run.iterations);
  }
  return { about: versions.simd, train: Math.min(...times.slice(1)), predict: leastCall(check, x, seconds) };
}

function leastCall(net: NeuralNet, x: Tensor, seconds: number): number {
  const rows = x.slice(0, batchSize);
  let least = Number.POSITIVE_INFINITY;
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    const start = performance.now();
    net.inference(rows);
    least = Math.min(least, (performance.now() - start) * 1000);
  }
  return least;
}

async function compare(name: string, options: { seconds: string; rounds: string; python: string }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'blasnet-bench-'));
  const file = join(folder, 'start.npz');
  const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
  const run = async (command: string, args: readonly string[]) =>
    (await promisify(execFile)(command, [...args], { env })).stdout;
  const script = join(root, 'bench/python/torch_sequences.py');
  try {
    await run(options.python, [script, 'start', name, file]);
    const found: Times[][] = [[], []];
    for (let round = 0; round < Number(options.rounds); round++) {
      const own = [fileURLToPath(import.meta.url), '--measure', name, '--file', file, '--seconds', options.seconds];
      found[0]!.push(JSON.parse(await run(process.execPath, own)) as Times);
      found[1]!.push(JSON.parse(await run(options.python, [script, 'time', name, file, options.seconds])) as Times);
    }
    for (const kind of ['train', 'predict'] as const) {
      const [own, theirs] = found.map((times) => Math.min(...times.map((time) => time[kind])));
      const ratio = (theirs! / own!).toFixed(2);
      console.log(
        `${name}, ${kind}: blasnet ${own!.toFixed(0)} µs (${found[0]![0]!.about}), PyTorch ${found[1]![0]!.about} ` +
          `${theirs!.toFixed(0)} µs: ${ratio} × as fast`,
      );
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    python: { type: 'string', default: 'python3' },
    measure: { type: 'string' },
    file: { type: 'string' },
  },
});
if (values.measure !== undefined && values.file !== undefined) {
  console.log(JSON.stringify(await measure(values.measure, values.file, Number(values.seconds))));
} else {
  for (const name of Object.keys(layers)) await compare(name, values);
}
