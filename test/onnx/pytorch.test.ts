import { readFileSync } from 'node:fs';
import test from 'ava';
import { DataReader, type NetType, NeuralNet, Tensor } from 'blasnet';
import { badFile } from '../support/errors.js';
import { differences, randomTensor } from '../support/numerics.js';

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

const refused: Readonly<Record<string, RegExp>> = {
  residual:
    /^Expected a chain of layers without branches in node '\/1\/Add' \(Add\) of '.*residual.onnx' but received both '\/0\/Gemm_output_0' and '\/1\/Relu_output_0'$/,
  'log-softmax':
    /^Expected operators that blasnet can import .* in '.*' but received LogSoftmax \(node '\/1\/LogSoftmax'\)$/,
  upsample: / received Resize \(node '\/1\/Resize'\)$/,
  padded: / received ConstantOfShape \(node '\/0\/ConstantOfShape'\), Transpose \(node '\/0\/Transpose'\)$/,
  'ceil-mode':
    /^Expected the same padding on both sides in node '\/MaxPool' .* received \[0, 0, 1, 1\] \(top, left, bottom, right\)$/,
  'padding-not-counted': /^Expected padding that counts as zeros \(count_include_pad = 1\) in node '\/AveragePool'/,
  'gelu-tanh': /^Expected a chain of layers without branches in node '\/1\/Mul' \(Mul\)/,
  'in-the-middle':
    /^Expected arithmetic with constants only in front of all layers or behind all layers in node '\/2\/Mul' \(Mul\)/,
};

for (const [name, message] of Object.entries(refused)) {
  test(`a net that we cannot be is refused: ${name}`, async (t) => {
    await t.throwsAsync(NeuralNet.fromOnnx(`${folder}/refused/${name}.onnx`), badFile(message));
  });
}
