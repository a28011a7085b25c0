import { type Precision, setThreads, Tensor, type TrainingHistory } from 'blasnet';
import type { PredictionJob, PredictionResult, TrainingJob, TrainingResult } from '../contender.js';
import { writeFloats } from '../data.js';
import { summarize } from '../statistics.js';
import { timeCalls } from '../timing.js';
import { buildNet, parametersOf, readRows } from './blasnet.js';

/** Trains by `net.train`, with products in a precision. */
export const trainTrial =
  (precision?: Precision) =>
  async (job: TrainingJob): Promise<TrainingResult> => {
    setThreads(job.threads);
    const checkLoss = job.check && (await checkLossOf(job, precision));
    const timed = job.seconds > 0 ? await timeTraining(job, precision) : { steps: 0, microsecondsPerStep: 0 };
    return { ...timed, ...(checkLoss !== undefined && { checkLoss }) };
  };

/** Predicts by `net.inference`. */
export const predictTrial =
  (precision?: Precision) =>
  async ({ workload, data, weights, rows, threads, dtype, seconds }: PredictionJob): Promise<PredictionResult> => {
    setThreads(threads);
    const net = await buildNet(workload, { maxEpoch: 1, weights, dtype, precision });
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
  };

/** Everything up to the training of so many epochs. */
export async function prepareRun(job: TrainingJob, maxEpoch: number, precision?: Precision) {
  const { workload, data, weights, dtype } = job;
  const reader = await readRows(workload, data, dtype);
  const net = await buildNet(workload, { maxEpoch, weights, dtype, precision });
  return (): Promise<TrainingHistory> => net.train(reader, { checkpoint: maxEpoch });
}

async function checkLossOf({ workload, weights, dtype, check }: TrainingJob, precision?: Precision): Promise<number> {
  const reader = await readRows(workload, check!.data, dtype);
  const net = await buildNet(workload, { maxEpoch: 1, weights, dtype, precision });
  const { records } = await net.train(reader, { shuffle: false });
  await writeFloats(check!.out, parametersOf(net));
  return records[0]!.lossTrain;
}

/** Whole epochs, after some to warm up: about as many as take the time, but at least one. */
async function timeTraining(job: TrainingJob, precision?: Precision): Promise<TrainingResult> {
  const epochsIn = (seconds: number, epoch: number) => Math.max(1, Math.round(seconds / epoch));
  const train = async (maxEpoch: number) => (await prepareRun(job, maxEpoch, precision))();
  const first = await train(1);
  const warmUp = epochsIn(job.seconds / 4, first.seconds);
  const second = await train(warmUp);
  const { seconds, iterations } = await train(epochsIn(job.seconds, second.seconds / warmUp));
  return { steps: iterations, microsecondsPerStep: (seconds * 1e6) / iterations };
}
