import type { Contender } from '../contender.js';
import { rivalVersion } from '../rivals.js';
import { predictByCalls, trainBySteps } from '../stepping.js';
import { loadTensorFlow, TensorFlowNet } from '../support/tensorflow.js';

export const contender: Contender = {
  name: 'TensorFlow.js cpu',
  family: 'JavaScript',
  variants: [{ threads: 1, dtype: 'float32' }],
  async about() {
    await loadTensorFlow('cpu');
    return rivalVersion('@tensorflow/tfjs');
  },
  train: trainBySteps(async (setup) => new TensorFlowNet(await loadTensorFlow('cpu'), setup)),
  predict: predictByCalls(async (setup) => new TensorFlowNet(await loadTensorFlow('cpu'), setup).predictor),
};
