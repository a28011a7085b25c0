import { readdirSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { NeuralNet } from 'blasnet';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { elementTypes, type TensorMessage } from '#blasnet/onnx/messages';
import { badFile } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { randomTensor } from '../support/numerics.js';
import { type ModelSpec, type Node, tensor, writeModel } from './models.js';

const folder = 'test/fixtures/onnx/quantized';

/** Rows for a net, and what onnxruntime makes of them, node by node: its fusions round otherwise. */
async function runtimeOutputs(file: string, net: NeuralNet) {
  const session = await InferenceSession.create(file, { graphOptimizationLevel: 'disabled', logSeverityLevel: 4 });
  const x = randomTensor([40, ...net.inputs[0]!.rowShape!], 4, -2, 2).clone('float32');
  const results = await session.run({
    [session.inputNames[0]!]: new OnnxTensor('float32', x.data as Float32Array, x.shape),
  });
  return { x, y: Array.from(results[session.outputNames[0]!]!.data as Float32Array) };
}

/** The distance of neighbouring outputs. */
function stepOf(outputs: readonly number[]): number {
  const sorted = [...new Set(outputs)].sort((a, b) => a - b);
  return Math.min(...sorted.slice(1).map((value, i) => value - sorted[i]!));
}

const kindsOf = ({ layers }: NeuralNet) => layers.map(({ kind }) => kind);

for (const name of readdirSync(folder)) {
  test(`a model that onnxruntime quantized predicts the same here: ${name}`, async (t) => {
    const file = `${folder}/${name}`;
    const net = await NeuralNet.fromOnnx(file);
    const { x, y } = await runtimeOutputs(file, net);
    const differences = Array.from(net.inference(x).data, (value, i) => Math.abs(value - y[i]!));
    const step = stepOf(y);
    t.true(Math.max(...differences) <= 1.001 * step, `${Math.max(...differences) / step} steps`);
    const many = differences.filter((difference) => difference > 0.51 * step).length;
    t.true(many <= y.length / 10, `${many} of ${y.length}`);
    const isAround = name.includes('uint8'); // weights around a zero of their own have no int8 form
    t.is(
      kindsOf(net).some((kind) => kind.endsWith('int8')),
      !isAround,
    );
    t.is(net.params.netType, name.startsWith('mlp') ? 'multipleClassifier' : 'fitting');
  });
}

test('a quantized model becomes layers with int8 weights, between which nothing is rounded twice', async (t) => {
  const mlp = await NeuralNet.fromOnnx(`${folder}/mlp-qdq-channels.onnx`);
  const layer = 'fully connected int8';
  t.deepEqual(kindsOf(mlp), [layer, layer, layer, 'byte rounding', 'softmax']);
  const cnn = await NeuralNet.fromOnnx(`${folder}/cnn-qdq-channels.onnx`);
  t.deepEqual(kindsOf(cnn).slice(0, 2), ['convolution int8', 'max pool']);
});

test('a quantized model that was imported can be saved, loaded and exported again', async (t) => {
  const net = await NeuralNet.fromOnnx(`${folder}/groups-qdq-channels.onnx`);
  const path = await temporaryFolder(t);
  await net.save(`${path}/net.safetensors`);
  await net.exportOnnx(`${path}/net.onnx`);
  const loaded = await NeuralNet.load(`${path}/net.safetensors`);
  const { x, y } = await runtimeOutputs(`${path}/net.onnx`, net);
  const expected = net.inference(x).data;
  t.deepEqual(loaded.inference(x).data, expected);
  const step = stepOf(Array.from(expected));
  t.true(y.every((value, i) => Math.abs(value - expected[i]!) <= 1.001 * step));
  t.deepEqual((await NeuralNet.fromOnnx(`${path}/net.onnx`)).inference(x).data, expected);
});

const bytes = (name: string, type: 'int8' | 'uint8', values: readonly number[], dims: readonly number[] = []) =>
  ({ name, dims, dataType: elementTypes[type], int32Data: values }) satisfies TensorMessage;

const tensors = [
  tensor('s', [], [0.5]),
  bytes('z', 'uint8', [3]),
  tensor('many', [3], [0.5, 1, 2]),
  bytes('zeros', 'uint8', [0, 0, 0], [3]),
  tensor('other', [], [0.25]),
];

const importOf = async (t: ExecutionContext, spec: ModelSpec) => NeuralNet.fromOnnx(await writeModel(t, spec));

const rounded: readonly Node[] = [
  ['QuantizeLinear', ['x', 's', 'z'], 'q'],
  ['DequantizeLinear', ['q', 's', 'z'], 'y'],
];

test('QuantizeLinear and DequantizeLinear round rows to bytes', async (t) => {
  const net = await importOf(t, { tensors, nodes: rounded });
  t.deepEqual(kindsOf(net), ['byte rounding']);
  const [row] = net.inference(randomTensor([1, 3], 1).clone('float32')).toArray() as number[][];
  t.true(row!.every((value) => Number.isInteger(value / 0.5) && value >= -1.5 && value <= 126));
});

test('weights that the model rounds itself are those of a layer with int8 weights', async (t) => {
  const nodes: readonly Node[] = [
    ...rounded.with(1, ['DequantizeLinear', ['q', 's', 'z'], 'a']),
    ['QuantizeLinear', ['w', 'two', 'none'], 'v', { attributes: { axis: 1 } }],
    ['DequantizeLinear', ['v', 'two', 'none'], 'b', { attributes: { axis: 1 } }],
    ['MatMul', ['a', 'b'], 'y'],
  ];
  const own = [
    tensor('w', [3, 2], [1, -2, 0.26, 0.74, 300, 0]),
    tensor('two', [2], [0.5, 0.25]),
    bytes('none', 'int8', [0, 0], [2]),
  ];
  const net = await importOf(t, { tensors: [...tensors, ...own], nodes });
  t.deepEqual(kindsOf(net), ['fully connected int8']);
  const { W, scale } = net.layers[0]!.weights;
  t.deepEqual(Array.from(W!.data), [2, -8, 1, 3, 127, 0]);
  t.deepEqual(Array.from(scale!.data), [0.5, 0.25]);
});

const refused: Readonly<Record<string, readonly [nodes: readonly Node[], message: RegExp]>> = {
  'scales of their own for features': [
    [
      ['QuantizeLinear', ['x', 'many', 'zeros'], 'q', { name: 'quantize x' }],
      ['DequantizeLinear', ['q', 'many', 'zeros'], 'y'],
    ],
    /^Expected one scale and zero for all numbers that the net computes in node 'quantize x' .* but received 3$/,
  ],
  'another scale behind than in front': [
    [rounded[0]!, ['DequantizeLinear', ['q', 'other', 'z'], 'y', { name: 'back' }]],
    /^Expected the scale and the zero of the bytes, 0.5 and 3, in node 'back' .* but received 0.25 and 3$/,
  ],
  'arithmetic with bytes': [
    [rounded[0]!, ['Relu', ['q'], 'r', { name: 'relu' }], ['DequantizeLinear', ['r', 's', 'z'], 'y']],
    /^Expected floats as input 1 in node 'relu' .* but received whole numbers of 8 bits$/,
  ],
  'a scale that depends on all rows': [
    [
      ['DynamicQuantizeLinear', ['x'], ['q', 'scale', 'zero'], { name: 'dynamic' }],
      ['DequantizeLinear', ['q', 'scale', 'zero'], 'y'],
    ],
    /DynamicQuantizeLinear \(node 'dynamic'\)/,
  ],
};

for (const [what, [nodes, message]] of Object.entries(refused)) {
  test(`refused, with the node's name: ${what}`, async (t) => {
    await t.throwsAsync(importOf(t, { tensors, nodes }), badFile(message));
  });
}
