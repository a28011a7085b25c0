import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { DataReader, NeuralNet, Tensor } from 'blasnet';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { elementTypes, type ModelMessage } from '#blasnet/onnx/messages';
import { badFile } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { differences, randomTensor } from '../support/numerics.js';
import { random } from './importable.js';
import { type ModelSpec, modelOf, tensor, whole, writeModel } from './models.js';

/** The outputs of onnxruntime, by their names. */
async function computed(file: string, feeds: Readonly<Record<string, Tensor>>) {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const given = Object.entries(feeds).map(([name, x]) => [
    name,
    new OnnxTensor('float32', x.data as Float32Array, x.shape),
  ]);
  return session.run(Object.fromEntries(given));
}

const norm = (i: number, input: string, output: string): ModelSpec['nodes'] => [
  ['ReduceMean', [input], `mean${i}`, { attributes: { axes: [-1] } }],
  ['Sub', [input, `mean${i}`], `centred${i}`],
  ['Pow', [`centred${i}`, 'two'], `square${i}`],
  ['ReduceMean', [`square${i}`], `var${i}`, { attributes: { axes: [-1] } }],
  ['Add', [`var${i}`, 'epsilon'], `shifted${i}`],
  ['Sqrt', [`shifted${i}`], `deviation${i}`],
  ['Div', [`centred${i}`, `deviation${i}`], `unit${i}`],
  ['Mul', [`unit${i}`, 'gamma'], `scaled${i}`],
  ['Add', [`scaled${i}`, 'beta'], output],
];

/** A wake-word model as openWakeWord trains them: layer norms as PyTorch writes them out, and one row fixed. */
const wakeWord: ModelSpec = {
  opset: 13,
  inputShape: [1, 6, 5],
  tensors: [
    ...[random('w1', 8, 30), random('b1', 8), random('w2', 8, 8), random('b2', 8), random('w3', 1, 8), random('b3', 1)],
    ...[tensor('two', [], [2]), tensor('epsilon', [], [1e-5]), random('gamma', 8), random('beta', 8)],
  ],
  nodes: [
    ['Flatten', ['x'], 'flat', { attributes: { axis: 1 } }],
    ['Gemm', ['flat', 'w1', 'b1'], 'h1', { attributes: { transB: 1 } }],
    ...norm(1, 'h1', 'n1'),
    ['Relu', ['n1'], 'r1'],
    ['Gemm', ['r1', 'w2', 'b2'], 'h2', { attributes: { transB: 1 } }],
    ...norm(2, 'h2', 'n2'),
    ['Relu', ['n2'], 'r2'],
    ['Gemm', ['r2', 'w3', 'b3'], 'h3', { attributes: { transB: 1 } }],
    ['Sigmoid', ['h3'], 'y'],
  ],
};

const statistics = (name: string, channels: number) => [
  ...[random(`${name}s`, channels), random(`${name}b`, channels), random(`${name}m`, channels)],
  tensor(
    `${name}v`,
    [channels],
    Array.from({ length: channels }, (_, i) => 0.5 + i / 4),
  ),
];

/** A block of MobileNet v3 as PaddleOCR's classifier has it: hard swish by Clip, squeeze and excitation, a residual connection. */
const mobileNet: ModelSpec = {
  opset: 9,
  inputShape: ['n', 3, 8, 12],
  tensors: [
    ...[random('f1', 4, 3, 3, 3), ...statistics('p', 4), random('f2', 4, 1, 3, 3), ...statistics('q', 4)],
    ...[random('e1', 2, 4, 1, 1), random('e1b', 2), random('e2', 4, 2, 1, 1), random('e2b', 4)],
    ...[tensor('three', [], [3]), tensor('six', [], [6]), random('w', 4, 2), random('c', 2)],
    ...[whole('zero', [0]), whole('one', [1]), whole('open', [-1])],
  ],
  nodes: [
    ['Conv', ['x', 'f1'], 'c1', { attributes: { pads: [1, 1, 1, 1], strides: [2, 2] } }],
    ['BatchNormalization', ['c1', 'ps', 'pb', 'pm', 'pv'], 'b1'],
    ['Add', ['b1', 'three'], 'a1'],
    ['Clip', ['a1'], 'k1', { attributes: { min: { float: 0 }, max: { float: 6 } } }],
    ['Mul', ['b1', 'k1'], 'm1'],
    ['Div', ['m1', 'six'], 'h1'],
    ['Conv', ['h1', 'f2'], 'c2', { attributes: { pads: [1, 1, 1, 1], group: 4 } }],
    ['BatchNormalization', ['c2', 'qs', 'qb', 'qm', 'qv'], 'b2'],
    ['GlobalAveragePool', ['b2'], 'g'],
    ['Conv', ['g', 'e1', 'e1b'], 's1'],
    ['Relu', ['s1'], 's2'],
    ['Conv', ['s2', 'e2', 'e2b'], 's3'],
    ['HardSigmoid', ['s3'], 's4', { attributes: { alpha: { float: 0.2 } } }],
    ['Mul', ['b2', 's4'], 'excited'],
    ['Add', ['excited', 'h1'], 'sum'],
    ['MaxPool', ['sum'], 'pooled', { attributes: { kernel_shape: [2, 2], strides: [2, 2] } }],
    ['GlobalAveragePool', ['pooled'], 'last'],
    ['Shape', ['last'], 'all'],
    ['Slice', ['all'], 'count', { attributes: { starts: [0], ends: [1], axes: [0] } }],
    ['Concat', ['count', 'open'], 'target', { attributes: { axis: 0 } }],
    ['Reshape', ['last', 'target'], 'vectors'],
    ['MatMul', ['vectors', 'w'], 'product'],
    ['Add', ['product', 'c'], 'logits'],
    ['Softmax', ['logits'], 'y', { attributes: { axis: 1 } }],
  ],
};

for (const [name, spec, rows, netType] of [
  ['a wake-word model', wakeWord, 1, 'binaryClassifier'],
  ['a MobileNet', mobileNet, 3, 'multipleClassifier'],
] as const) {
  test(`${name} computes what onnxruntime does, is saved, and can be trained further`, async (t) => {
    const file = await writeModel(t, spec);
    const net = await NeuralNet.fromOnnx(file, { params: { learningRate: 0.01, maxEpoch: 2, batchSize: 4 } });
    t.is(net.params.netType, netType);
    const rowShape = spec.inputShape!.slice(1) as number[];
    const x = randomTensor([rows, ...rowShape], 1, -2, 2).clone('float32');
    const { y } = await computed(file, { x });
    const outputs = net.inference(x);
    t.deepEqual(outputs.shape, y!.dims as number[]);
    t.deepEqual(differences(outputs.data, y!.data as Float32Array, { rtol: 0, atol: 1e-5 }), []);

    const saved = join(await temporaryFolder(t), 'net.safetensors');
    await net.save(saved);
    t.deepEqual((await NeuralNet.load(saved)).inference(x).data, outputs.data);

    const exported = join(await temporaryFolder(t), 'net.onnx');
    await net.exportOnnx(exported);
    const { output } = await computed(exported, { input: x });
    t.deepEqual(differences(output!.data as Float32Array, outputs.data, { rtol: 0, atol: 1e-5 }), []);

    const xTrain = randomTensor([16, ...rowShape], 2).clone('float32');
    const yTrain = Tensor.zeros([16, outputs.shape[1]!]);
    for (let i = 0; i < 16; i++) yTrain.data[i * outputs.shape[1]! + (i % outputs.shape[1]!)] = 1;
    const before = net.test(xTrain, yTrain).loss;
    await net.train(DataReader.fromTensors({ xTrain, yTrain }));
    t.true(net.test(xTrain, yTrain).loss < before);
  });
}

const floatValue = (name: string, ...dims: (number | string)[]) => ({
  name,
  type: {
    tensorType: {
      elemType: elementTypes.float32,
      shape: { dim: dims.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size })) },
    },
  },
});

/** A model of two inputs, one of them used twice, and two outputs with names that files do not have. */
const towers = (): ModelMessage => {
  const { graph, ...model } = modelOf({
    tensors: [random('w', 3, 2), random('v', 4, 2)],
    nodes: [
      ['MatMul', ['user/id', 'w'], 'a'],
      ['MatMul', ['item', 'v'], 'b'],
      ['Mul', ['a', 'b'], 'product'],
      ['ReduceSum', ['product'], 'out/score', { attributes: { keepdims: 1 } }],
      ['Concat', ['a', 'b', 'a'], 'joined', { attributes: { axis: -1 } }],
    ],
  });
  return {
    ...model,
    graph: {
      ...graph!,
      input: [floatValue('user/id', 'n', 3), floatValue('item', 'n', 4)],
      output: [floatValue('out/score', 'n', 1), floatValue('joined', 'n', 6)],
      node: graph!.node.map((node) => (node.opType === 'ReduceSum' ? { ...node, input: ['product', 'axes'] } : node)),
      initializer: [...graph!.initializer, whole('axes', [1])],
    },
  };
};

async function towersNet(t: ExecutionContext) {
  const file = await writeModel(t, towers());
  return { file, net: await NeuralNet.fromOnnx(file) };
}

test('a model of several inputs and outputs takes and gives tensors by name', async (t) => {
  const { file, net } = await towersNet(t);
  t.deepEqual(
    net.inputs.map(({ name }) => name),
    ['user.id', 'item'],
  );
  t.deepEqual(net.outputs, [{ name: 'out.score' }, { name: 'joined' }]);
  const [user, item] = [randomTensor([5, 3], 1), randomTensor([5, 4], 2)].map((x) => x.clone('float32')) as [
    Tensor,
    Tensor,
  ];
  const expected = await computed(file, { 'user/id': user, item });
  const actual = net.inference<Record<string, Tensor>>({ 'user.id': user, item });
  for (const [name, output] of [
    ['out/score', 'out.score'],
    ['joined', 'joined'],
  ] as const) {
    const wanted = expected[name]!;
    t.deepEqual(actual[output]!.shape, wanted.dims as number[]);
    t.deepEqual(differences(actual[output]!.data, wanted.data as Float32Array, { rtol: 0, atol: 1e-5 }), []);
  }
});

test('inputShape fills in the open dimensions of several inputs, by their names', async (t) => {
  const model = towers();
  const input = [floatValue('user/id', 'n', 3), floatValue('item', 'n', 'width')];
  const file = await writeModel(t, { ...model, graph: { ...model.graph!, input } });
  await t.throwsAsync(
    NeuralNet.fromOnnx(file),
    badFile(/^Expected a shape of rows for input 'item', or the option inputShape/),
  );
  const net = await NeuralNet.fromOnnx(file, { inputShape: { item: [4] } });
  t.deepEqual(
    net.inputs.map(({ rowShape }) => rowShape),
    [[3], [4]],
  );
});

test('inputs that a chosen output does not need are left out', async (t) => {
  const file = await writeModel(t, {
    ...towers(),
    graph: {
      ...towers().graph!,
      output: [floatValue('a', 'n', 2), floatValue('out/score', 'n', 1)],
    },
  });
  const net = await NeuralNet.fromOnnx(file, { outputs: 'a' });
  t.deepEqual(
    net.inputs.map(({ rowShape }) => rowShape),
    [[3]],
  );
  t.deepEqual(net.inference(Tensor.zeros([2, 3])).shape, [2, 2]);
});

const mixing: ModelSpec = {
  inputShape: [1, 2, 3],
  tensors: [whole('fixed', [1, 6]), random('w', 6, 2)],
  nodes: [
    ['Transpose', ['x'], 'turned', { attributes: { perm: [2, 0, 1] } }],
    ['Reshape', ['turned', 'fixed'], 'flat'],
    ['MatMul', ['flat', 'w'], 'y'],
  ],
};

test('a model of one row may mix its first dimension with others: it is done with each row', async (t) => {
  const file = await writeModel(t, mixing);
  const net = await NeuralNet.fromOnnx(file);
  t.deepEqual(net.inputs[0]!.rowShape, [2, 3]);
  const x = randomTensor([4, 2, 3], 1).clone('float32');
  const actual = net.inference(x);
  t.deepEqual(actual.shape, [4, 2]);
  for (let row = 0; row < 4; row++) {
    const { y } = await computed(file, { x: x.slice(row, row + 1) });
    t.deepEqual(differences(actual.slice(row, row + 1).data, y!.data as Float32Array, { rtol: 0, atol: 1e-5 }), []);
  }
  const open = await writeModel(t, { ...mixing, inputShape: ['n', 2, 3] });
  await t.throwsAsync(
    NeuralNet.fromOnnx(open),
    badFile(
      /^Expected a shape that keeps the rows of \[3, rows, 2\] apart in node 2 \(Reshape\) .* received \[1, 6\]$/,
    ),
  );
});

test('batched: false takes the first dimension as one of the row', async (t) => {
  const file = await writeModel(t, {
    inputShape: [4, 3],
    nodes: [['Softmax', ['x'], 'y', { attributes: { axis: 0 } }]],
  });
  await t.throwsAsync(NeuralNet.fromOnnx(file), badFile(/in node 1 \(Softmax\)/));
  const net = await NeuralNet.fromOnnx(file, { batched: false });
  t.deepEqual(net.inputs[0]!.rowShape, [4, 3]);
  const x = randomTensor([2, 4, 3], 1).clone('float32');
  const { y } = await computed(file, { x: Tensor.from(x.slice(1, 2).data as Float32Array, [4, 3]) });
  const second = net.inference(x).slice(1, 2).data;
  t.deepEqual(differences(second, y!.data as Float32Array, { rtol: 0, atol: 1e-6 }), []);
});

test('weights of float16 are read', async (t) => {
  const halves = { name: 'h', dims: [3, 1], dataType: elementTypes.float16, int32Data: [0x3c00, 0xc000, 0x3800] };
  const file = await writeModel(t, {
    tensors: [halves],
    nodes: [
      ['Cast', ['h'], 'w', { attributes: { to: elementTypes.float32 } }],
      ['MatMul', ['x', 'w'], 'y'],
    ],
  });
  const net = await NeuralNet.fromOnnx(file);
  t.deepEqual(net.inference(Tensor.from([[1, 10, 100]])).toArray(), [[1 - 20 + 50]]);
});
