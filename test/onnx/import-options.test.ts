import test from 'ava';
import { NeuralNet, Tensor } from 'blasnet';
import { badArgument, badFile, untyped } from '../support/errors.js';
import { differences, randomTensor } from '../support/numerics.js';
import { activation, convolution, dense, random } from './importable.js';
import { type ModelSpec, modelOf, tensor, writeModel } from './models.js';
import { runtimeOf } from './runtime.js';

const logits: ModelSpec = { tensors: dense, nodes: [['Gemm', ['x', 'w', 'b'], 'y']] };

test('a net that ends in logits gets the classification layer of its netType', async (t) => {
  const file = await writeModel(t, logits);
  const x = randomTensor([2, 3], 1).clone('float32');
  const plain = (await NeuralNet.fromOnnx(file)).inference(x);
  const multiple = await NeuralNet.fromOnnx(file, { params: { netType: 'multipleClassifier' } });
  t.is(multiple.layers.at(-1)!.kind, 'softmax');
  const share = (row: number) => 1 / (1 + Math.exp(plain.data[2 * row + 1]! - plain.data[2 * row]!));
  t.deepEqual(
    differences(
      [0, 2].map((i) => multiple.inference(x).data[i]!),
      [share(0), share(1)],
      { rtol: 1e-5 },
    ),
    [],
  );
  const binary = await NeuralNet.fromOnnx(file, { params: { netType: 'binaryClassifier' } });
  t.is(binary.layers.at(-1)!.kind, 'sigmoid');
});

test('a sigmoid at the end may be one for fitting', async (t) => {
  const file = await writeModel(t, activation('Sigmoid'));
  t.is((await NeuralNet.fromOnnx(file)).params.netType, 'binaryClassifier');
  const net = await NeuralNet.fromOnnx(file, { params: { netType: 'fitting' } });
  t.deepEqual(net.layers[0]!.config, { type: 'ActivationLayer', name: 'sigmoid' });
});

test('a netType that does not go with the last layer is refused', async (t) => {
  const file = await writeModel(t, activation('Softmax'));
  const message =
    /^Expected 'multipleClassifier', since the last layer is node 1 \(Softmax\) of .* for netType but received 'fitting'$/;
  await t.throwsAsync(NeuralNet.fromOnnx(file, { params: { netType: 'fitting' } }), badArgument(message));
});

test('options give name, hyperparameters and the shape that a model leaves open', async (t) => {
  const file = await writeModel(t, { ...convolution({}), inputShape: ['n', 1, 'height', 'width'] });
  const message =
    /^Expected a shape of rows for input 'x', or the option inputShape with the shape of one row, in '.*' but received \[\?, 1, \?, \?\]$/;
  await t.throwsAsync(NeuralNet.fromOnnx(file), badFile(message));
  const params = { learningRate: 0.3, dtype: 'float64' } as const;
  const net = await NeuralNet.fromOnnx(file, { inputShape: [1, 4, 4], name: 'own', params });
  t.is(net.name, 'own');
  t.is(net.params.learningRate, 0.3);
  t.deepEqual(net.inference(Tensor.zeros([2, 1, 4, 4], 'float64')).shape, [2, 2, 2, 3]);
});

test('a bad option is refused', async (t) => {
  const file = await writeModel(t, logits);
  await t.throwsAsync(NeuralNet.fromOnnx(file, { inputShape: [0] }), badArgument(/for inputShape/));
  await t.throwsAsync(NeuralNet.fromOnnx(file, { maxBytes: 0 }), badArgument(/for maxBytes but received 0/));
  await t.throwsAsync(NeuralNet.fromOnnx(''), badArgument(/^Expected the name of a file for path but received ''$/));
  await t.throwsAsync(NeuralNet.fromOnnx(untyped(undefined)), badArgument(/for path but received undefined$/));
  await t.throwsAsync(NeuralNet.fromOnnx(file, untyped(null)), badArgument(/an object for options/));
});

test('an operator set may be imported twice in one version', async (t) => {
  const [first] = modelOf(logits).opsetImport;
  for (const domain of ['', 'ai.onnx']) {
    const opsetImport = [first!, { domain: 'ai.onnx.ml', version: 3 }, { ...first!, domain }];
    const net = await NeuralNet.fromOnnx(await writeModel(t, { ...modelOf(logits), opsetImport }));
    t.is(net.layers.length, 1);
  }
  const opsetImport = [first!, { domain: 'ai.onnx', version: 18 }];
  const file = await writeModel(t, { ...modelOf(logits), opsetImport });
  await t.throwsAsync(NeuralNet.fromOnnx(file), badFile(/^Expected one version of .* but received 17 and 18$/));
});

const branches: ModelSpec = {
  tensors: [...dense, random('c', 3, 1)],
  nodes: [
    ['Relu', ['x'], 'r'],
    ['Gemm', ['r', 'w', 'b'], 'two'],
    ['Gemm', ['r', 'c'], 'one'],
    ['Sin', ['two'], 'wave'],
  ],
};

test('the chosen output decides which nodes are read', async (t) => {
  const model = modelOf(branches);
  const output = ['two', 'one', 'wave'].map((name) => ({ ...model.graph!.output[0]!, name }));
  const file = await writeModel(t, { ...model, graph: { ...model.graph!, output } });
  const x = randomTensor([4, 3], 1).clone('float32');
  for (const outputs of ['one', 'two'] as const) {
    const net = await NeuralNet.fromOnnx(file, { outputs });
    const run = await runtimeOf(file, { input: 'x', output: outputs });
    t.deepEqual(differences((await net.predict(x)).outputs.data, await run(x), { rtol: 0, atol: 1e-5 }), []);
  }
  await t.throwsAsync(NeuralNet.fromOnnx(file, { outputs: 'wave' }), badFile(/ received Sin \(node 4\)$/));
  await t.throwsAsync(NeuralNet.fromOnnx(file), badFile(/ received Sin \(node 4\)$/));
  const both = await NeuralNet.fromOnnx(file, { outputs: ['two', 'one'] });
  t.deepEqual(both.outputs, [{ name: 'two' }, { name: 'one' }]);
  const results = both.inference<Record<string, Tensor>>(x);
  for (const output of ['one', 'two']) {
    const run = await runtimeOf(file, { input: 'x', output });
    t.deepEqual(differences(results[output]!.data, await run(x), { rtol: 0, atol: 1e-5 }), []);
  }
});

test('an inputShape that contradicts the model is refused', async (t) => {
  const file = await writeModel(t, { ...activation('Relu'), inputShape: ['n', 3, 'height'] });
  const message = /^Expected the shape \[3, any\] of input 'x' in '.*' for inputShape but received '\[4, 2\]'$/;
  await t.throwsAsync(NeuralNet.fromOnnx(file, { inputShape: [4, 2] }), badArgument(message));
  await t.throwsAsync(NeuralNet.fromOnnx(file, { inputShape: [3] }), badArgument(/ received '\[3\]'$/));
  t.deepEqual(
    (await NeuralNet.fromOnnx(file, { inputShape: [3, 2] })).inference(Tensor.zeros([5, 3, 2])).shape,
    [5, 3, 2],
  );
});

test('a model without a shape of its input takes the option', async (t) => {
  const model = modelOf(logits);
  const input = [{ name: 'x', type: { tensorType: { elemType: 1, shape: null } } }];
  const file = await writeModel(t, { ...model, graph: { ...model.graph!, input } });
  await t.throwsAsync(NeuralNet.fromOnnx(file), badFile(/ received none$/));
  await t.throwsAsync(
    NeuralNet.fromOnnx(file, { inputShape: [4] }),
    badFile(/^Expected rows of 3 numbers for its weights/),
  );
  t.is((await NeuralNet.fromOnnx(file, { inputShape: [3] })).layers.length, 1);
});

test('rows cast to float64 make a net of float64', async (t) => {
  const tensors = [tensor('w', [3, 1], Float64Array.of(1, 1e-12, 0)), tensor('b', [1], Float64Array.of(0))];
  const file = await writeModel(t, {
    tensors,
    nodes: [
      ['Cast', ['x'], 'd', { attributes: { to: 11 } }],
      ['Gemm', ['d', 'w', 'b'], 'y'],
    ],
  });
  const net = await NeuralNet.fromOnnx(file);
  t.is(net.params.dtype, 'float64');
  t.is((await net.predict(Tensor.from([[1, 1, 0]]))).outputs.data[0], 1 + 1e-12);
});

test('initializers may be listed as inputs, too', async (t) => {
  const model = modelOf(logits);
  const input = [...model.graph!.input, ...model.graph!.initializer.map(({ name }) => ({ name: name! }))];
  const net = await NeuralNet.fromOnnx(await writeModel(t, { ...model, graph: { ...model.graph!, input } }));
  t.is(net.layers.length, 1);
});
