import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import {
  ActivationLayer,
  FullyConnectedLayer,
  HyperParameters,
  NeuralNet,
  setThreads,
  Tensor,
  type TrainingHistory,
  versions,
} from 'blasnet';
import type { Contender, TrainingJob } from '../contender.js';
import { writeFloats } from '../data.js';
import { summarize } from '../statistics.js';
import { buildNet, parametersOf, readRows } from '../support/blasnet.js';
import { trySequences } from '../support/blasnet-sequences.js';
import { responsivenessDuring } from '../support/responsiveness.js';
import { timeCalls } from '../timing.js';

/** The library through its public API: shuffling, gathering, loss and accuracy included. */
export const contender: Contender = {
  name: 'blasnet',
  family: 'blasnet',
  convolves: true,
  variants: [
    { threads: 1, dtype: 'float32' },
    { threads: 2, dtype: 'float32' },
    { threads: 1, dtype: 'float64' },
  ],
  about: async () => `${versions.blasnet}, ${versions.simd}, ${versions.openblas}`,

  async train(job) {
    setThreads(job.threads);
    const checkLoss = job.check && (await checkLossOf(job));
    const timed = job.seconds > 0 ? await timeTraining(job) : { steps: 0, microsecondsPerStep: 0 };
    return { ...timed, ...(checkLoss !== undefined && { checkLoss }) };
  },

  async predict({ workload, data, weights, rows, threads, dtype, seconds }) {
    setThreads(threads);
    const net = await buildNet(workload, { maxEpoch: 1, weights, dtype });
    const { xTrain } = await readRows(workload, data, dtype);
    // Images come as float32 whatever the net computes with.
    const x = dtype === 'float64' ? Tensor.from(Float64Array.from(xTrain.data), [...xTrain.shape]) : xTrain;
    const results = [];
    for (const count of rows) {
      const part = x.slice(0, count);
      const call = () => net.inference(part);
      const output = Array.from(call().data);
      await timeCalls(call, seconds / 5); // to warm up
      results.push({ times: summarize(await timeCalls(call, seconds)), output });
    }
    return results;
  },

  async reach({ workload, data, weights, threads, dtype, heldOut, accuracy: wanted, interval }) {
    setThreads(threads);
    const reader = await readRows(workload, data, dtype);
    reader.generateValidationSet(data.rows / heldOut);
    const net = await buildNet(workload, { maxEpoch: 100, weights, dtype });
    const iterationsPerEpoch = Math.ceil((data.rows - heldOut) / workload.batch);
    const enough = new AbortController();
    let [found, steps] = [0, 0];
    const started = performance.now();
    const training = net.train(reader, {
      checkpoint: interval / iterationsPerEpoch,
      signal: enough.signal,
      onCheckpoint({ accuracyValidation = 0, iteration }) {
        if (accuracyValidation < wanted) return;
        [found, steps] = [accuracyValidation, iteration];
        enough.abort();
      },
    });
    await training.catch((error) => {
      if (!enough.signal.aborted) throw error;
    });
    if (found === 0) throw new Error(`an accuracy of ${wanted} was never reached`);
    return { seconds: (performance.now() - started) / 1000, steps, accuracy: found };
  },

  sequences: trySequences,

  async delay(job) {
    setThreads(job.threads);
    const run = await prepareRun(job, 1);
    const { seconds } = await run();
    const longer = await prepareRun(job, Math.max(1, Math.round(job.seconds / seconds)));
    const answer = servedPrediction();
    const started = performance.now();
    const training = await responsivenessDuring(longer, answer);
    const milliseconds = performance.now() - started;
    const pause = () => sleep(milliseconds);
    const worker = new Worker('for (;;) {}', { eval: true });
    const busy = await responsivenessDuring(pause, answer);
    await worker.terminate();
    return { training, busy, idle: await responsivenessDuring(pause, answer) };
  },
};

/** Everything up to the training of so many epochs. */
async function prepareRun({ workload, data, weights, dtype }: TrainingJob, maxEpoch: number) {
  const reader = await readRows(workload, data, dtype);
  const net = await buildNet(workload, { maxEpoch, weights, dtype });
  return (): Promise<TrainingHistory> => net.train(reader, { checkpoint: maxEpoch });
}

async function checkLossOf({ workload, weights, dtype, check }: TrainingJob): Promise<number> {
  const reader = await readRows(workload, check!.data, dtype);
  const net = await buildNet(workload, { maxEpoch: 1, weights, dtype });
  const { records } = await net.train(reader, { shuffle: false });
  await writeFloats(check!.out, parametersOf(net));
  return records[0]!.lossTrain;
}

/** Whole epochs, after some to warm up: about as many as take the time, but at least one. */
async function timeTraining(job: TrainingJob): Promise<{ steps: number; microsecondsPerStep: number }> {
  const epochsIn = (seconds: number, epoch: number) => Math.max(1, Math.round(seconds / epoch));
  const first = await (await prepareRun(job, 1))();
  const warmUp = epochsIn(job.seconds / 4, first.seconds);
  const second = await (await prepareRun(job, warmUp))();
  const { seconds, iterations } = await (await prepareRun(job, epochsIn(job.seconds, second.seconds / warmUp)))();
  return { steps: iterations, microsecondsPerStep: (seconds * 1e6) / iterations };
}

/** What a server answers with that predicts by a small net while another one trains. */
function servedPrediction(): () => string {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'served');
  net.addLayer(new FullyConnectedLayer(16, 16)).addLayer(new ActivationLayer('relu'));
  net.addLayer(new FullyConnectedLayer(16, 4));
  const x = Tensor.from(new Float32Array(16).fill(0.5), [1, 16]);
  return () => JSON.stringify(net.inference(x).toArray());
}
