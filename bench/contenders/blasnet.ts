import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import {
  ActivationLayer,
  FullyConnectedLayer,
  HyperParameters,
  NeuralNet,
  setThreads,
  Tensor,
  versions,
} from 'blasnet';
import type { Contender } from '../contender.js';
import { buildNet, readRows } from '../support/blasnet.js';
import { trySequences } from '../support/blasnet-sequences.js';
import { predictTrial, prepareRun, trainTrial } from '../support/blasnet-trials.js';
import { responsivenessDuring } from '../support/responsiveness.js';

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
  train: trainTrial(),
  predict: predictTrial(),

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

/** What a server answers with that predicts by a small net while another one trains. */
function servedPrediction(): () => string {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'served');
  net.addLayer(new FullyConnectedLayer(16, 16)).addLayer(new ActivationLayer('relu'));
  net.addLayer(new FullyConnectedLayer(16, 4));
  const x = Tensor.from(new Float32Array(16).fill(0.5), [1, 16]);
  return () => JSON.stringify(net.inference(x).toArray());
}
