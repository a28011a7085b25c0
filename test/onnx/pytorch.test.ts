import { readFileSync } from 'node:fs';
import test from 'ava';
import { DataReader, type NetType, NeuralNet, Tensor } from 'blasnet';
import { differences, randomTensor } from '../support/numerics.js';
import { runtimeOf } from './runtime.js';

const folder = 'test/fixtures/onnx';

interface Numbers {
  readonly shape: number[];
  readonly data: number[];
}

/** The folders of models, by what wrote them; rows and predictions are in a file of the same name. */
const exporters = { pytorch: 'the older exporter', dynamo: 'the newer exporter' };

const netTypes: Readonly<Record<string, NetType>> = {
  softmax: 'multipleClassifier',
  binary: 'binaryClassifier',
  'opset-9': 'multipleClassifier',
};
const doubles = ['float64', 'to-double'];

for (const [kind, exporter] of Object.entries(exporters)) {
  const expected = JSON.parse(readFileSync(`${folder}/${kind}.json`, 'utf8')) as Record<
    string,
    Record<'x' | 'y', Numbers>
  >;
  for (const [name, { x, y }] of Object.entries(expected)) {
    test(`a net of PyTorch, ${exporter}, predicts the same here: ${name}`, async (t) => {
      const net = await NeuralNet.fromOnnx(`${folder}/${kind}/${name}.onnx`);
      t.is(net.params.netType, netTypes[name] ?? 'fitting');
      t.is(net.params.dtype, doubles.includes(name) ? 'float64' : 'float32');
      const { outputs } = await net.predict(Tensor.from(x.data, x.shape, net.params.dtype));
      t.deepEqual(outputs.shape, y.shape);
      const scale = Math.max(1, ...y.data.map(Math.abs));
      t.deepEqual(differences(outputs.data, y.data, { rtol: 0, atol: 1e-5 * scale }), []);
    });

    test(`a net of PyTorch, ${exporter}, can be trained further: ${name}`, async (t) => {
      const net = await NeuralNet.fromOnnx(`${folder}/${kind}/${name}.onnx`, {
        params: { learningRate: 0.01, batchSize: 8, maxEpoch: 5 },
      });
      const { dtype, netType } = net.params;
      const xTrain = randomTensor([32, ...x.shape.slice(1)], 3).clone(dtype);
      const yTrain = Tensor.zeros([32, ...y.shape.slice(1)], dtype);
      yTrain.data.forEach((_, i) => {
        const [row, column] = [Math.floor(i / yTrain.rowSize), i % yTrain.rowSize];
        yTrain.data[i] = Number(netType === 'binaryClassifier' ? row % 2 === 0 : row % yTrain.rowSize === column);
      });
      const before = net.test(xTrain, yTrain).loss;
      await net.train(DataReader.fromTensors({ xTrain, yTrain }));
      t.true(net.test(xTrain, yTrain).loss < before);
    });
  }
}

/** Nets that are no chain of layers, with the shape of a row. */
const graphs: Readonly<Record<string, readonly number[]>> = {
  'ceil-mode': [2, 5, 5],
  'gelu-tanh': [6],
  'in-the-middle': [3],
  'log-softmax': [6],
  padded: [1, 4, 4],
  'padding-not-counted': [2, 5, 5],
  residual: [3],
  upsample: [1, 4, 4],
};

for (const [name, rowShape] of Object.entries(graphs)) {
  test(`a net of PyTorch that is no chain predicts what onnxruntime does: ${name}`, async (t) => {
    const file = `${folder}/graphs/${name}.onnx`;
    const net = await NeuralNet.fromOnnx(file);
    t.deepEqual(net.inputs[0]!.rowShape, rowShape);
    const run = await runtimeOf(file, { input: 'x', output: 'y' });
    const x = randomTensor([3, ...rowShape], 4, -2, 2).clone('float32');
    t.deepEqual(differences(net.inference(x).data, await run(x), { rtol: 1e-5, atol: 1e-5 }), []);
  });
}
