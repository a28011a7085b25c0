import { readFile } from 'node:fs/promises';
import test from 'ava';
import { NeuralNet, Tensor } from 'blasnet';
import { operatorNames } from '#blasnet/onnx/import/operators/index';
import { badArgument, badFile, untyped } from '../support/errors.js';
import { differences, randomTensor, uniforms } from '../support/numerics.js';
import { type ModelSpec, modelOf, type NodeSpec, tensor, whole, writeModel } from './models.js';
import { runtimeOf } from './runtime.js';

const random = (name: string, ...dims: number[]) =>
  tensor(
    name,
    dims,
    Float32Array.from(
      uniforms(
        dims.reduce((product, size) => product * size, 1),
        name.length + dims.length,
      ),
    ),
  );

const dense = [random('w', 3, 2), random('b', 2)];
const filters = random('f', 2, 1, 3, 2);
const images = { inputShape: ['n', 1, 5, 6] };

/** A net of one convolution. */
const convolution = (attributes: NonNullable<NodeSpec['attributes']>): ModelSpec => ({
  ...images,
  tensors: [filters],
  nodes: [['Conv', ['x', 'f'], 'y', { attributes }]],
});
const pool = (operator: string, attributes: NonNullable<NodeSpec['attributes']>, opset = 17): ModelSpec => ({
  ...images,
  opset,
  nodes: [[operator, ['x'], 'y', { attributes: { kernel_shape: [2, 3], ...attributes } }]],
});
const activation = (operator: string, attributes: NonNullable<NodeSpec['attributes']> = {}, opset = 17): ModelSpec => ({
  opset,
  nodes: [[operator, ['x'], 'y', { attributes }]],
});
const flattened = (nodes: ModelSpec['nodes'], more: Partial<ModelSpec> = {}): ModelSpec => ({
  inputShape: ['n', 1, 3, 1],
  ...more,
  tensors: [...dense, ...(more.tensors ?? [])],
  nodes: [['Relu', ['x'], 'r'], ...nodes, ['Gemm', ['flat', 'w', 'b'], 'y']],
});

/** Models that we read, and that onnxruntime runs. */
const models: Readonly<Record<string, ModelSpec>> = {
  'Gemm with all its attributes': {
    tensors: [random('w', 2, 3), random('b', 1, 2)],
    nodes: [['Gemm', ['x', 'w', 'b'], 'y', { attributes: { transB: 1, alpha: { float: 0.5 }, beta: { float: -2 } } }]],
  },
  'Gemm with a bias of one number': {
    tensors: [random('w', 3, 2), random('b')],
    nodes: [['Gemm', ['x', 'w', 'b'], 'y']],
  },
  'Gemm without a bias': { tensors: [random('w', 3, 2)], nodes: [['Gemm', ['x', 'w'], 'y']] },
  'MatMul and Add, the bias first': {
    tensors: dense,
    nodes: [
      ['MatMul', ['x', 'w'], 'm'],
      ['Add', ['b', 'm'], 'y'],
    ],
  },
  'Gemm and Add': {
    tensors: [...dense, random('c', 1, 2)],
    nodes: [
      ['Gemm', ['x', 'w', 'b'], 'm'],
      ['Add', ['m', 'c'], 'y'],
    ],
  },
  'a constant of a node, by way of Identity': {
    tensors: [random('b', 2)],
    nodes: [
      ['Constant', [], 'c', { attributes: { value: { tensor: random('', 3, 2) } } }],
      ['Identity', ['c'], 'w'],
      ['Identity', ['x'], 'i'],
      ['Gemm', ['i', 'w', 'b'], 'y'],
    ],
  },
  'convolution, auto_pad VALID': convolution({ auto_pad: 'VALID' }),
  'convolution, auto_pad SAME_UPPER': convolution({ auto_pad: 'SAME_UPPER', strides: [2, 1] }),
  'convolution, pads at the end only': convolution({ pads: [1, 0, 1, 1] }),
  'convolution, pads at the end that no window reaches': convolution({ pads: [0, 0, 1, 0], strides: [2, 1] }),
  'convolution, and a bias by Add': {
    ...images,
    tensors: [filters, random('b', 1, 2, 1, 1)],
    nodes: [
      ['Conv', ['x', 'f'], 'c'],
      ['Add', ['c', 'b'], 'y'],
    ],
  },
  'convolution of what Pad has surrounded': {
    ...images,
    tensors: [filters, whole('p', [0, 0, 1, 0, 0, 0, 1, 1])],
    nodes: [
      ['Pad', ['x', 'p'], 'z'],
      ['Conv', ['z', 'f'], 'y'],
    ],
  },
  'max pool, ceil_mode that changes nothing': pool('MaxPool', { ceil_mode: 1, strides: [1, 3] }),
  'max pool, pads': pool('MaxPool', { pads: [1, 1, 1, 1], strides: [2, 2] }),
  'average pool without padding': pool('AveragePool', { strides: [1, 2] }),
  'average pool, pads that count': pool('AveragePool', { pads: [1, 1, 1, 1], count_include_pad: 1 }),
  'Elu and its default': activation('Elu'),
  'LeakyRelu and its default': activation('LeakyRelu'),
  Tanh: activation('Tanh'),
  'Gelu of operator set 20': activation('Gelu', {}, 20),
  'softmax of images before operator set 13': { ...activation('Softmax', { axis: 1 }, 11), inputShape: ['n', 1, 3, 2] },
  'Flatten along its default axis': flattened([['Flatten', ['r'], 'flat']]),
  'Flatten, the axis from the end': flattened([['Flatten', ['r'], 'flat', { attributes: { axis: -3 } }]]),
  'Reshape to rows left open': flattened([['Reshape', ['r', 's'], 'flat']], { tensors: [whole('s', [-1, 3])] }),
  'Reshape that keeps the rows': flattened([['Reshape', ['r', 's'], 'flat']], { tensors: [whole('s', [0, -1])] }),
  'Reshape by the shape of the rows': flattened(
    [
      ['Shape', ['r'], 'all'],
      ['Slice', ['all', 'from', 'to'], 'rows'],
      ['Concat', ['rows', 'rest'], 's', { attributes: { axis: 0 } }],
      ['Reshape', ['r', 's'], 'flat'],
    ],
    { tensors: [whole('from', [0]), whole('to', [1]), whole('rest', [-1])] },
  ),
  'Reshape by a number of rows that is cast, unsqueezed and multiplied by 1': flattened(
    [
      ['Shape', ['r'], 'all', { attributes: { end: 1 } }],
      ['Squeeze', ['all'], 'scalar'],
      ['Cast', ['scalar'], 'cast', { attributes: { to: 7 } }],
      ['Mul', ['cast', 'one'], 'product'],
      ['Reshape', ['product', 'list'], 'rows'],
      ['Concat', ['rows', 'rest'], 's', { attributes: { axis: 0 } }],
      ['Reshape', ['r', 's'], 'flat', { attributes: { allowzero: 1 } }],
    ],
    { tensors: [whole('one', [1], []), whole('list', [-1]), whole('rest', [-1])] },
  ),
  'Reshape by a product of dimensions': flattened(
    [
      ['Shape', ['r'], 'all'],
      ['Gather', ['all', 'first'], 'rows'],
      ['Gather', ['all', 'second'], 'channels'],
      ['Gather', ['all', 'third'], 'height'],
      ['Mul', ['channels', 'height'], 'size'],
      ['Unsqueeze', ['rows', 'first1'], 'rows1'],
      ['Unsqueeze', ['size', 'first1'], 'size1'],
      ['Concat', ['rows1', 'size1'], 's', { attributes: { axis: 0 } }],
      ['Reshape', ['r', 's'], 'flat'],
    ],
    { tensors: [whole('first', [0], []), whole('second', [1], []), whole('third', [2], []), whole('first1', [0])] },
  ),
  'Squeeze of rows': flattened([['Squeeze', ['r', 'axes'], 'flat']], { tensors: [whole('axes', [1, -1])] }),
  'Unsqueeze of rows': {
    tensors: [random('f', 2, 1, 1, 2), whole('axes', [1, -2])],
    nodes: [
      ['Relu', ['x'], 'r'],
      ['Unsqueeze', ['r', 'axes'], 'i'],
      ['Conv', ['i', 'f'], 'y'],
    ],
  },
  'Cast of float to float, and of constants': {
    tensors: [...dense, whole('k', [3], [])],
    nodes: [
      ['Cast', ['x'], 'x1', { attributes: { to: 1 } }],
      ['Cast', ['k'], 'k1', { attributes: { to: 1 } }],
      ['Gemm', ['x1', 'w', 'b'], 'g'],
      ['CastLike', ['k1', 'g'], 'k2'],
      ['Mul', ['g', 'k2'], 'y'],
    ],
  },
  'numbers that change nothing between layers': {
    tensors: [...dense, tensor('one', [], [1]), tensor('zero', [1], [0])],
    nodes: [
      ['Gemm', ['x', 'w', 'b'], 'g'],
      ['Mul', ['one', 'g'], 'm'],
      ['Div', ['m', 'one'], 'd'],
      ['Sub', ['d', 'zero'], 's'],
      ['Elu', ['s'], 'y'],
    ],
  },
  'ReduceMean over height and width': {
    ...images,
    tensors: [filters, whole('axes', [-1, -2]), random('w', 2, 2)],
    nodes: [
      ['Conv', ['x', 'f'], 'c'],
      ['ReduceMean', ['c', 'axes'], 'm', { attributes: { keepdims: 0 } }],
      ['Gemm', ['m', 'w'], 'y'],
    ],
    opset: 18,
  },
  'ReduceMean that keeps its dimensions': {
    ...images,
    nodes: [['ReduceMean', ['x'], 'y', { attributes: { axes: [2, 3] } }]],
  },
  'softplus with a threshold': {
    tensors: [tensor('threshold', [], [20])],
    nodes: [
      ['Softplus', ['x'], 's'],
      ['Greater', ['x', 'threshold'], 'g'],
      ['Where', ['g', 'x', 's'], 'y'],
    ],
  },
  'rows of five dimensions that are flattened first': {
    inputShape: ['n', 1, 3, 1, 1],
    tensors: dense,
    nodes: [
      ['Flatten', ['x'], 'flat'],
      ['Gemm', ['flat', 'w', 'b'], 'y'],
    ],
  },
  'batch norm of two dimensions': {
    inputShape: ['n', 2, 3],
    tensors: [random('s', 2), random('m', 2), tensor('v', [2], [0.5, 2])],
    nodes: [['BatchNormalization', ['x', 's', 's', 'm', 'v'], 'y']],
  },
  'Dropout with its inputs': {
    tensors: [...dense, tensor('ratio', [], [0.25])],
    nodes: [
      ['Gemm', ['x', 'w', 'b'], 'g'],
      ['Dropout', ['g', 'ratio'], 'd', { attributes: { seed: 3 } }],
      ['Relu', ['d'], 'y'],
    ],
  },
  'Dropout that is told not to train': {
    tensors: [...dense, tensor('ratio', [], [0.25]), { name: 'mode', dims: [], dataType: 9, int32Data: [0] }],
    nodes: [
      ['Gemm', ['x', 'w', 'b'], 'g'],
      ['Dropout', ['g', 'ratio', 'mode'], 'y'],
    ],
  },
  'Dropout with its attribute, of operator set 10': {
    opset: 10,
    tensors: dense,
    nodes: [
      ['Gemm', ['x', 'w', 'b'], 'g'],
      ['Dropout', ['g'], 'y', { attributes: { ratio: { float: 0.3 } } }],
    ],
  },
  'arithmetic in front and behind': {
    tensors: [
      ...dense,
      tensor('m', [3], [1, 2, 3]),
      tensor('s', [1, 3], [2, 4, 8]),
      tensor('k', [], [10]),
      random('o', 2),
    ],
    nodes: [
      ['Div', ['x', 'k'], 'x1'],
      ['Sub', ['m', 'x1'], 'x2'],
      ['Div', ['x2', 's'], 'x3'],
      ['Gemm', ['x3', 'w', 'b'], 'g'],
      ['Mul', ['k', 'g'], 'y1'],
      ['Sub', ['y1', 'o'], 'y'],
    ],
  },
};

for (const [name, spec] of Object.entries(models)) {
  test(`what onnxruntime runs predicts the same here: ${name}`, async (t) => {
    const file = await writeModel(t, spec);
    const net = await NeuralNet.fromOnnx(file);
    const rowShape = (spec.inputShape ?? ['n', 3]).slice(1) as number[];
    const run = await runtimeOf(file, { input: 'x', output: String(spec.nodes.at(-1)![2]) });
    for (const rows of [1, 4]) {
      const x = randomTensor([rows, ...rowShape], rows, -2, 2).clone('float32');
      const { outputs } = await net.predict(x);
      t.deepEqual(differences(outputs.data, await run(x), { rtol: 0, atol: 1e-5 }), []);
    }
  });
}

test('arithmetic with constants becomes the preparation of the net', async (t) => {
  const net = await NeuralNet.fromOnnx(await writeModel(t, models['arithmetic in front and behind']!));
  const { x, y, inputShape } = net.preparation!;
  t.deepEqual(inputShape, [3]);
  t.deepEqual(x, { per: 'column', divisor: 10, offset: [1, 2, 3], scale: [-1 / 2, -1 / 4, -1 / 8] });
  t.deepEqual(y?.scale, [10, 10]);
});

test('Swish is silu', async (t) => {
  const net = await NeuralNet.fromOnnx(await writeModel(t, activation('Swish', { alpha: { float: 1 } }, 24)));
  t.is(net.layers[0]!.kind, 'silu');
});

test('layers have the names and attributes of their nodes', async (t) => {
  const net = await NeuralNet.fromOnnx(
    await writeModel(t, {
      tensors: dense,
      nodes: [
        ['Gemm', ['x', 'w', 'b'], 'g', { name: '/block/fc/Gemm' }],
        ['Relu', ['g'], 'r', { name: 'act' }],
        ['Dropout', ['r'], 'd', { name: 'act' }],
        ['Elu', ['d'], 'y', { attributes: { alpha: { float: Math.fround(0.3) } } }],
      ],
    }),
  );
  t.deepEqual(net.getLayer('block.fc').config, { type: 'FullyConnectedLayer', inputs: 3, outputs: 2 });
  t.is(net.getLayer('act'), net.layers[1]!);
  t.deepEqual(net.getLayer('dropout-3').config, { type: 'DropoutLayer', rate: 0.5 });
  t.deepEqual(net.getLayer('elu-4').config, { type: 'ActivationLayer', name: 'elu', alpha: 0.3 });
  t.is(net.name, 'made');
});

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
  const message =
    /^Expected one output, or the option outputs with the name of one of them \(outputs: 'two'\) in '.*' but received 3 outputs: 'two' \(float32\), 'one' \(float32\), 'wave' \(float32\)$/;
  await t.throwsAsync(NeuralNet.fromOnnx(file), badFile(message));
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

test('the page on ONNX lists the operators', async (t) => {
  const page = await readFile('docs/onnx.md', 'utf8');
  const [, table = ''] = page.split('\n## Operators\n');
  const listed = table.split('\n').flatMap((line) => /^\| ([A-Z][^|]*) \|/.exec(line)?.[1]?.split(', ') ?? []);
  const names = listed.map((name) => name.replace(' (`ai.onnx.ml`)', ''));
  t.deepEqual(names.toSorted(), operatorNames.toSorted());
});
