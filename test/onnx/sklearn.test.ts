import { readFileSync } from 'node:fs';
import test from 'ava';
import { DataReader, NeuralNet, Tensor } from 'blasnet';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { badArgument } from '../support/errors.js';
import { differences, type Numbers } from '../support/numerics.js';

const folder = 'test/fixtures/onnx';

interface Expected {
  readonly x: Numbers;
  readonly values?: number[];
  readonly probabilities?: number[][];
  readonly labels?: string[];
}

const expected = JSON.parse(readFileSync(`${folder}/sklearn.json`, 'utf8')) as Record<string, Expected>;
const tolerance = { rtol: 0, atol: 1e-5 };

for (const [name, { x, values, probabilities, labels }] of Object.entries(expected)) {
  const file = `${folder}/sklearn/${name}.onnx`;
  const rows = Tensor.from(Float32Array.from(x.data), x.shape);

  test(`a model of scikit-learn predicts the same here: ${name}`, async (t) => {
    const net = await NeuralNet.fromOnnx(file);
    const { outputs, classes } = await net.predict(rows);
    t.is(net.params.netType, labels ? 'multipleClassifier' : 'fitting');
    t.deepEqual(outputs.shape, [6, probabilities ? probabilities[0]!.length : 1]);
    t.deepEqual(differences(outputs.data, probabilities?.flat() ?? values!, tolerance), []);
    t.deepEqual(classes, labels);
  });

  // The others give maps, which onnxruntime-node does not read.
  if (labels && !name.includes('no-zipmap')) continue;
  test(`onnxruntime predicts the same: ${name}`, async (t) => {
    const session = await InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
    const output = labels ? 'probabilities' : 'variable';
    const { outputs } = await (await NeuralNet.fromOnnx(file, { outputs: output })).predict(rows);
    const input = new OnnxTensor('float32', rows.data as Float32Array, rows.shape);
    const results = await session.run({ X: input }, [output]);
    t.deepEqual(differences(outputs.data, results[output]!.data as Float32Array, tolerance), []);
  });
}

test('the output is chosen by name', async (t) => {
  const file = `${folder}/sklearn/binary-no-zipmap.onnx`;
  for (const outputs of ['probabilities', ['probabilities']]) {
    const net = await NeuralNet.fromOnnx(file, { outputs });
    t.deepEqual(net.preparation?.classes, ['10', '20']);
    t.deepEqual(
      net.layers.map(({ kind }) => kind),
      ['fully connected', 'tanh', 'fully connected', 'softmax'],
    );
  }
});

test('two classes are one output where netType says so', async (t) => {
  const { x, probabilities, labels } = expected['binary-names']!;
  const net = await NeuralNet.fromOnnx(`${folder}/sklearn/binary-names.onnx`, {
    params: { netType: 'binaryClassifier' },
  });
  const { outputs, classes } = await net.predict(Tensor.from(Float32Array.from(x.data), x.shape));
  t.deepEqual(outputs.shape, [6, 1]);
  const second = probabilities!.map((row) => row[1]!);
  t.deepEqual(differences(outputs.data, second, tolerance), []);
  t.deepEqual(classes, labels);
});

test('a classifier of scikit-learn can be trained further', async (t) => {
  const params = { learningRate: 0.1, maxEpoch: 20 };
  const net = await NeuralNet.fromOnnx(`${folder}/sklearn/binary.onnx`, { params });
  const xTrain = Tensor.from(Float32Array.from(expected.binary!.x.data), [6, 4]);
  const yTrain = Tensor.from([0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0], [6, 2]);
  const before = net.test(xTrain, yTrain).loss;
  await net.train(DataReader.fromTensors({ xTrain, yTrain }));
  t.true(net.test(xTrain, yTrain).loss < before);
});

test('an output of labels, or one that there is not, is refused with the outputs that can be chosen', async (t) => {
  const file = `${folder}/sklearn/multiclass-no-zipmap.onnx`;
  const labels =
    /^Expected an output of floating-point numbers, 'probabilities' \(float32\), since 'label' holds int64, such as class labels, which no layer computes, for outputs but received 'label'$/;
  await t.throwsAsync(NeuralNet.fromOnnx(file, { outputs: 'label' }), badArgument(labels));
  const unknown =
    /^Expected one of the outputs of '.*', 'label' \(int64\), 'probabilities' \(float32\), for outputs but received 'x'$/;
  await t.throwsAsync(NeuralNet.fromOnnx(file, { outputs: 'x' }), badArgument(unknown));
  const names = `${folder}/sklearn/multiclass-names.onnx`;
  const zipped =
    /^Expected an output .*, 'output_probability' \(probabilities by class\), since 'output_label' holds string, /;
  await t.throwsAsync(NeuralNet.fromOnnx(names, { outputs: 'output_label' }), badArgument(zipped));
  const message = /^Expected names of outputs for outputs but received/;
  for (const outputs of [[], '']) {
    await t.throwsAsync(NeuralNet.fromOnnx(file, { outputs }), badArgument(message));
  }
});

test('probabilities of several outputs, or of several labels a row, are outputs of a net', async (t) => {
  const columns = await NeuralNet.fromOnnx(`${folder}/graphs/sklearn-columns.onnx`);
  t.deepEqual(columns.outputs, [{ name: 'i0' }, { name: 'i1' }, { name: 'i2' }]);
  const several = await NeuralNet.fromOnnx(`${folder}/graphs/sklearn-multilabel.onnx`);
  t.is(several.params.netType, 'fitting');
});
