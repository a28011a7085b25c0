import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SequencesJob } from '../contender.js';
import { rival } from '../rivals.js';
import { buildSequenceNet } from '../support/blasnet-sequences.js';
import type { OnnxRuntime } from '../support/onnxruntime.js';
import { rowSize } from './nets.js';
import { predictSequences } from './predicting.js';

/** onnxruntime-node with the model that blasnet's net with the same weights is exported as. */
export const predictByOnnxRuntime = predictSequences(async ({ net, threads }: SequencesJob, { x, parameters }) => {
  const { InferenceSession, Tensor } = rival<OnnxRuntime>('onnxruntime-node');
  const folder = await mkdtemp(join(tmpdir(), 'blasnet-bench-'));
  const file = join(folder, 'net.onnx');
  const row = net.features > 0 ? [net.steps, net.features] : [net.steps];
  try {
    await buildSequenceNet(net, parameters).exportOnnx(file, { inputShape: row });
    const options = { intraOpNumThreads: threads, interOpNumThreads: 1, graphOptimizationLevel: 'all' };
    const session = await InferenceSession.create(file, options);
    return (rows) => {
      const values = x.slice(0, rows * rowSize(net));
      const shape = [rows, ...row];
      const input = () =>
        net.features > 0 ? new Tensor('float32', values, shape) : new Tensor('int32', Int32Array.from(values), shape);
      return async () => (await session.run({ input: input() })).output!.data;
    };
  } finally {
    await rm(folder, { recursive: true });
  }
});
