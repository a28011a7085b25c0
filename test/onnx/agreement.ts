import { BlasnetError, type FloatArray, type NeuralNet, type Tensor } from 'blasnet';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { Budget } from '#blasnet/onnx/import/budget';
import { fromBytes } from '#blasnet/onnx/import/from-onnx';
import { modelCodec } from '#blasnet/onnx/schema';
import { differences } from '../support/numerics.js';
import { type ModelSpec, modelOf } from './models.js';

/** How an import compares with onnxruntime. */
export type Agreement =
  | { readonly kind: 'equal' }
  /** Refused at load, with the message. */
  | { readonly kind: 'refused'; readonly message: string }
  /** onnxruntime does not run the model. */
  | { readonly kind: 'notRun' }
  /** Loaded, and predicts something else, or does not run. */
  | { readonly kind: 'wrong'; readonly what: readonly string[] };

/** Loads a model and compares its predictions with those of onnxruntime, to 1e-5. */
export async function agreementOf(spec: ModelSpec, x: Tensor): Promise<Agreement> {
  const bytes = (await modelCodec()).encode(modelOf(spec));
  let net: NeuralNet;
  try {
    net = await fromBytes(bytes, 'made.onnx', {}, new Budget(2 ** 31, 'made.onnx'));
  } catch (error) {
    if (!(error instanceof BlasnetError) || error.code !== 'ERR_BAD_FILE') throw error;
    return { kind: 'refused', message: error.message };
  }
  let actual: FloatArray;
  try {
    actual = (await net.predict(x)).outputs.data;
  } catch (error) {
    return { kind: 'wrong', what: [error instanceof Error ? error.message : String(error)] };
  }
  const expected = await runtimeOutputs(bytes, x).catch(() => undefined);
  if (!expected) return { kind: 'notRun' };
  const what = differences(actual, expected, { rtol: 1e-6, atol: 1e-5 });
  return what.length === 0 ? { kind: 'equal' } : { kind: 'wrong', what };
}

async function runtimeOutputs(bytes: Uint8Array, { data, shape }: Tensor): Promise<FloatArray> {
  const session = await InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    // Its fusion of Pad and MaxPool loses the zeros.
    graphOptimizationLevel: 'disabled',
  });
  const results = await session.run({ x: new OnnxTensor('float32', data as Float32Array, shape) });
  await session.release();
  return results[session.outputNames[0]!]!.data as FloatArray;
}
