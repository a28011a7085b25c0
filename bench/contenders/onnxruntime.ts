import type { Contender } from '../contender.js';
import { rival, rivalVersion } from '../rivals.js';
import { predictByCalls } from '../stepping.js';
import { onnxModel } from '../support/onnx.js';

/** As much of onnxruntime-node as is used here. */
interface OnnxTensor {
  readonly data: Float32Array;
}
interface OnnxRuntime {
  InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{ run(feeds: Record<string, OnnxTensor>): Promise<Record<string, OnnxTensor>> }>;
  };
  Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => OnnxTensor;
}

/** Inference only, by a model that is written for it from the same weights. */
export const contender: Contender = {
  name: 'onnxruntime-node',
  family: 'C++',
  variants: [{ threads: 1, dtype: 'float32' }],
  async about() {
    rival<OnnxRuntime>('onnxruntime-node');
    return rivalVersion('onnxruntime-node');
  },
  predict: predictByCalls(async ({ workload, parameters, x, threads }) => {
    const { InferenceSession, Tensor } = rival<OnnxRuntime>('onnxruntime-node');
    const options = { intraOpNumThreads: threads, interOpNumThreads: 1, graphOptimizationLevel: 'all' };
    const session = await InferenceSession.create(onnxModel(workload, parameters), options);
    const inputs = workload.widths[0]!;
    return (rows) => {
      const values = x.slice(0, rows * inputs);
      return async () => (await session.run({ x: new Tensor('float32', values, [rows, inputs]) })).y!.data;
    };
  }),
};
