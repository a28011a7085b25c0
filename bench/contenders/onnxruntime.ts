import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Contender } from '../contender.js';
import { rival, rivalVersion } from '../rivals.js';
import { sequenceNets } from '../sequences/nets.js';
import { predictByOnnxRuntime } from '../sequences/onnx.js';
import { predictByCalls } from '../stepping.js';
import { buildNet } from '../support/blasnet.js';
import type { OnnxRuntime } from '../support/onnxruntime.js';
import { inputsOf } from '../workloads.js';

/** Inference only, by the model that blasnet's net with the same weights is exported as. */
export const contender: Contender = {
  name: 'onnxruntime-node',
  family: 'C++',
  convolves: true,
  variants: [{ threads: 1, dtype: 'float32' }],
  async about() {
    rival<OnnxRuntime>('onnxruntime-node');
    return rivalVersion('onnxruntime-node');
  },
  sequenceNets: sequenceNets.filter(({ layers }) => layers[0]!.kind !== 'bag').map(({ name }) => name),
  sequences: predictByOnnxRuntime,
  predict: predictByCalls(async ({ workload, weights, x, threads }) => {
    const { InferenceSession, Tensor } = rival<OnnxRuntime>('onnxruntime-node');
    const inputs = inputsOf(workload);
    const net = await buildNet(workload, { maxEpoch: 1, weights, dtype: 'float32' });
    const folder = await mkdtemp(join(tmpdir(), 'blasnet-bench-'));
    const file = join(folder, 'net.onnx');
    await net.exportOnnx(file, { inputShape: [inputs] });
    const options = { intraOpNumThreads: threads, interOpNumThreads: 1, graphOptimizationLevel: 'all' };
    const session = await InferenceSession.create(file, options);
    await rm(folder, { recursive: true });
    return (rows) => {
      const values = x.slice(0, rows * inputs);
      return async () => (await session.run({ input: new Tensor('float32', values, [rows, inputs]) })).output!.data;
    };
  }),
};
