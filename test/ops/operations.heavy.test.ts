// Every operation: the same bits for any number of threads.
import test from 'ava';
import { getThreads, type Ops, setThreads } from 'blasnet';
import { EagerRunner } from '#blasnet/runtime/runner';
import { randomTensor } from '../support/numerics.js';
import { cases } from './cases.js';
import { imageCases } from './image-cases.js';
import { layerCases } from './layer-cases.js';
import { inputsOf, names, pass } from './operation-cases.js';
import { recurrentCases } from './recurrent-cases.js';
import { sequenceCases } from './sequence-cases.js';

/** Shapes large enough to be cut into tiles. */
const large: Partial<Record<keyof Ops, readonly (readonly number[])[]>> = {
  matmul: [
    [300, 257],
    [257, 190],
  ],
  where: [[301, 257], [257]],
  affine: [[300, 257], [257, 190], [190]],
  convolution: [[9, 8, 33, 30], [16, 8, 3, 2], [16]],
  maxPool: [[9, 8, 34, 30]],
  averagePool: [[9, 8, 34, 30]],
  globalAveragePool: [[60, 40, 9, 7]],
  batchNorm: [[500, 3], [3], [3]],
  dropout: [[301, 257]],
  convTranspose: [[9, 8, 17, 30], [8, 16, 3, 2], [16]],
  globalMaxPool: [[60, 40, 9, 7]],
  upsample: [[9, 8, 33, 30]],
  attention: [
    [9, 150, 32],
    [9, 140, 32],
    [9, 140, 16],
  ],
  attentionWeights: [
    [9, 70, 32],
    [9, 60, 32],
  ],
  embedding: [[900, 257]],
  stepWindows: [[40, 101, 17]],
  conv1d: [
    [40, 101, 3],
    [3, 3, 64],
  ],
  layerNorm: [[301, 257], [257], [257]],
  rmsNorm: [[301, 257], [257]],
  groupNorm: [[3001, 64], [64], [64]],
};

test('results are the same to the bit for one, two and three threads', (t) => {
  const before = getThreads();
  t.teardown(() => setThreads(before));
  for (const name of names) {
    const [one] = cases[name];
    const isBinary = one!.shapes.length === 2;
    const shapes = large[name] ?? (isBinary ? [[301, 257], [257]] : [[301, 257]]);
    const isNamed = [layerCases, imageCases, recurrentCases, sequenceCases].some((group) => name in group);
    const isFixed = isNamed || ['reshape', 'concatenate', 'gather'].includes(name);
    const fits = large[name] ?? (isFixed ? one!.shapes : shapes);
    const inputs = inputsOf({ ...one!, shapes: fits }, 'float32');
    const results = [1, 2, 3].map((threads) => {
      setThreads(threads);
      const { y } = pass(new EagerRunner('float32'), one!, inputs);
      const c = randomTensor(y.shape, 7).clone('float32');
      const { gradients } = pass(new EagerRunner('float32'), one!, inputs, c);
      return [y.data, ...gradients.map((gradient) => gradient.data)];
    });
    t.deepEqual(results[1], results[0], name);
    t.deepEqual(results[2], results[0], name);
  }
});
