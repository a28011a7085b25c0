import type { Contender } from '../contender.js';
import { rivalVersion } from '../rivals.js';
import { predictByTensorFlow } from '../sequences/tensorflow.js';
import { predictByCalls, trainBySteps } from '../stepping.js';
import { loadTensorFlow, TensorFlowNet } from '../support/tensorflow.js';

/** On one thread: under Node.js this backend starts no others. */
export const contender: Contender = {
  name: 'TensorFlow.js wasm',
  family: 'WebAssembly',
  variants: [{ threads: 1, dtype: 'float32' }],
  isForFullRuns: true,
  async about() {
    await loadTensorFlow('wasm');
    return rivalVersion('@tensorflow/tfjs-backend-wasm');
  },
  train: trainBySteps(async (setup) => new TensorFlowNet(await loadTensorFlow('wasm'), setup)),
  sequenceNets: ['lstm', 'gru'],
  sequences: predictByTensorFlow,
  predict: predictByCalls(async (setup) => new TensorFlowNet(await loadTensorFlow('wasm'), setup).predictor),
};
