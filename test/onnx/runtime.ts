import type { FloatArray, Tensor } from 'blasnet';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';

/** Opens a session of onnxruntime, and resolves with a function that predicts rows. */
export async function runtimeOf(
  file: string,
  { input = 'input', output = 'output' } = {},
): Promise<(x: Tensor) => Promise<FloatArray>> {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  return async ({ data, dtype, shape }) => {
    const rows = dtype === 'float32' ? new OnnxTensor('float32', data, shape) : new OnnxTensor('float64', data, shape);
    const results = await session.run({ [input]: rows });
    return results[output]!.data as FloatArray;
  };
}
