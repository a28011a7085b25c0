import { writeFile } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ActivationLayer,
  ClassificationLayer,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  MnistImageDataReader,
  NeuralNet,
  setThreads,
  Tensor,
} from 'blasnet';
import type { Contender, Delays, TrainingJob } from '../contender.js';
import { type DataFiles, readFloats } from '../data.js';
import { summarize } from '../statistics.js';
import { findWorkload, layerParts, type Workload } from '../workloads.js';

/** The library through its public API: shuffling, gathering, loss and accuracy included. */
export const contender: Contender = {
  name: 'blasnet',
  threads: [1, 2],

  async train(job) {
    const { net, run } = await prepare(job);
    const { seconds, iterations, records } = await run();
    if (job.out !== undefined) {
      const values = net.layers.flatMap(({ weights }) => Object.values(weights).map(({ data }) => data));
      await writeFile(job.out, Buffer.concat(values.map((part) => new Uint8Array(Float32Array.from(part).buffer))));
    }
    return { steps: iterations, microsecondsPerStep: (seconds * 1e6) / iterations, loss: records.at(-1)!.lossTrain };
  },

  async predict({ workload, data, weights, rows, threads, seconds }) {
    setThreads(threads);
    const net = await buildNet(findWorkload(workload), 1, weights);
    const x = (await readRows(findWorkload(workload), data)).xTrain.slice(0, rows);
    const output = Array.from(net.inference(x).data);
    timedCalls(() => net.inference(x), seconds / 5); // to warm up
    return { times: summarize(timedCalls(() => net.inference(x), seconds)), output };
  },

  async delay(job) {
    const { run } = await prepare(job);
    const started = performance.now();
    const training = await delaysWhile(run);
    const milliseconds = performance.now() - started;
    return { training, idle: await delaysWhile(() => sleep(milliseconds)) };
  },
};

/** Everything up to the training that is timed. */
async function prepare({ workload: name, data, warmup, weights, steps, threads, shuffle }: TrainingJob) {
  setThreads(threads);
  const workload = findWorkload(name);
  const epochs = Math.max(1, Math.round(steps / Math.ceil(data.rows / workload.batch)));
  const reader = await readRows(workload, data);
  const net = await buildNet(workload, epochs, weights);
  const options = { checkpoint: epochs, shuffle };
  if (warmup) await net.train(await readRows(workload, warmup), options);
  return { net, run: () => net.train(reader, options) };
}

async function readRows({ widths }: Workload, { rows, x, y, images, labels }: DataFiles): Promise<DataReader> {
  if (images !== undefined && labels !== undefined) {
    const reader = new MnistImageDataReader({ trainImages: images, trainLabels: labels });
    await reader.readData();
    reader.normalizeX();
    reader.normalizeY('multipleClassifier');
    return reader;
  }
  const [xTrain, yTrain] = await Promise.all([readFloats(x), readFloats(y)]);
  return DataReader.fromTensors({
    xTrain: Tensor.from(xTrain, [rows, widths[0]!]),
    yTrain: Tensor.from(yTrain, [rows, widths.at(-1)!]),
  });
}

async function buildNet(workload: Workload, maxEpoch: number, weights: string): Promise<NeuralNet> {
  const { netType, learningRate, batch: batchSize, hidden } = workload;
  const net = new NeuralNet(
    new HyperParameters({ netType, learningRate, batchSize, maxEpoch, seed: 1 }),
    workload.name,
  );
  const parts = layerParts(workload, await readFloats(weights));
  parts.forEach(({ inputs, outputs, weights, bias }, i) => {
    const layer = new FullyConnectedLayer(inputs, outputs);
    net.addLayer(layer);
    layer.setWeights({ W: Tensor.from(weights, [inputs, outputs]), B: Tensor.from(bias, [1, outputs]) });
    if (i < parts.length - 1) net.addLayer(new ActivationLayer(hidden));
  });
  if (netType === 'multipleClassifier') net.addLayer(new ClassificationLayer('softmax'));
  return net;
}

/** Microseconds of each call, for that many seconds. */
function timedCalls(call: () => void, seconds: number): number[] {
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  for (let start = performance.now(); start < end; ) {
    call();
    const now = performance.now();
    times.push((now - start) * 1000);
    start = now;
  }
  return times;
}

async function delaysWhile(work: () => Promise<unknown>): Promise<Delays> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await work();
  histogram.disable();
  return { p99: histogram.percentile(99) / 1e6, max: histogram.max / 1e6 };
}
