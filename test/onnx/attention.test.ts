import { join } from 'node:path';
import test from 'ava';
import {
  ActivationLayer,
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  input,
  type Layer,
  MultiHeadAttentionLayer,
  NeuralNet,
  TransformerEncoderLayer,
} from 'blasnet';
import { temporaryFolder } from '../support/files.js';
import { differences, randomTensor } from '../support/numerics.js';
import { runtimeOf } from './runtime.js';

/** onnxruntime has no gelu or silu of float64. */
const smooth = (dtype: string) => (dtype === 'float32' ? 'gelu' : 'tanh');

const layers: Readonly<Record<string, (dtype: string) => Layer>> = {
  attention: () => new MultiHeadAttentionLayer({ heads: 2, keySize: 3, valueSize: 5 }),
  'causal attention without biases': () => new MultiHeadAttentionLayer({ heads: 2, causal: true, useBias: false }),
  encoder: () => new TransformerEncoderLayer({ heads: 2, feedForward: 7, dropout: 0.2 }),
  'encoder with norms first': (dtype) =>
    new TransformerEncoderLayer({ heads: 2, feedForward: 7, activation: smooth(dtype), normFirst: true, causal: true }),
};

for (const [name, make] of Object.entries(layers)) {
  for (const dtype of ['float32', 'float64'] as const) {
    test(`${name}: onnxruntime computes the same, and so does the file read again, ${dtype}`, async (t) => {
      const x = input([6, 4]);
      const nodes = make(dtype).apply(new FullyConnectedLayer(4).apply(x));
      const output = new FullyConnectedLayer(2).apply(
        new FlattenLayer().apply(new ActivationLayer('tanh').apply(nodes)),
      );
      const params = new HyperParameters({ netType: 'fitting', dtype, seed: 4 });
      const net = NeuralNet.fromGraph({ inputs: [x], outputs: [output] }, params, 'net');
      const file = join(await temporaryFolder(t), 'net.onnx');
      await net.exportOnnx(file);
      const run = await runtimeOf(file);
      const close = dtype === 'float32' ? { rtol: 1e-5, atol: 1e-5 } : { rtol: 1e-12, atol: 1e-12 };
      // onnxruntime fuses the scale into the product, as a float.
      const near = dtype === 'float32' ? close : { rtol: 1e-7, atol: 1e-7 };
      const read = await NeuralNet.fromOnnx(file);
      for (const rows of [1, 3]) {
        const some = randomTensor([rows, 6, 4], rows).clone(dtype);
        const expected = net.inference(some).data;
        t.deepEqual(differences(await run(some), expected, near), []);
        t.deepEqual(differences(read.inference(some).data, expected, close), []);
      }
    });
  }
}
