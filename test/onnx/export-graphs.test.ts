import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  AddLayer,
  AverageLayer,
  BatchNormLayer,
  ConcatenateLayer,
  ConvLayer,
  ConvTransposeLayer,
  DepthwiseConvLayer,
  DropoutLayer,
  FullyConnectedLayer,
  GlobalMaxPoolLayer,
  HyperParameters,
  input,
  type Layer,
  MaximumLayer,
  MultiplyLayer,
  NeuralNet,
  type Node,
  type OnnxBuilder,
  OperationLayer,
  PermuteLayer,
  PReluLayer,
  ReshapeLayer,
  ResidualLayer,
  SequentialLayer,
  SubtractLayer,
  type Tensor,
  UpsampleLayer,
} from 'blasnet';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { modelCodec } from '#blasnet/onnx/schema';
import { temporaryFolder } from '../support/files.js';
import { differences, randomTensor } from '../support/numerics.js';
import { scatter } from './nets.js';

const params = () => new HyperParameters({ netType: 'fitting' });
const image = () => input([4, 5, 6]);
const vector = () => input([6]);

/** Graphs that between them hold every layer that is not in a chain of `nets.ts`: input and output. */
const graphs: Readonly<Record<string, () => readonly [Node, Node]>> = {
  'a residual connection by hand': () => {
    const x = vector();
    const hidden = new FullyConnectedLayer(6, { activation: 'relu' }).apply(x);
    return [x, new AddLayer().apply([x, hidden])];
  },
  'all kinds of merges': () => {
    const x = vector();
    const a = new FullyConnectedLayer(4).apply(x);
    const b = new FullyConnectedLayer(4, { activation: 'tanh' }).apply(x);
    const merges = [new AddLayer(), new MultiplyLayer(), new AverageLayer(), new MaximumLayer(), new SubtractLayer()];
    return [x, new ConcatenateLayer().apply(merges.map((layer: Layer) => layer.apply([a, b])))];
  },
  'images of other sizes': () => {
    const x = image();
    const small = new DepthwiseConvLayer({ kernelSize: 3, padding: 'same', depthMultiplier: 2, stride: 2 }).apply(x);
    const large = new ConvTransposeLayer({
      filters: 3,
      kernelSize: 3,
      stride: 2,
      padding: 1,
      outputPadding: [0, 1],
    }).apply(small);
    const same = new ConvTransposeLayer({ filters: 3, kernelSize: [3, 2], stride: 2, padding: 'same' }).apply(small);
    const parts = [large, new UpsampleLayer({ size: [5, 6] }).apply(same)];
    const joined = new ConcatenateLayer({ axis: 0 }).apply(parts);
    return [x, new UpsampleLayer({ factor: 2, mode: 'bilinear' }).apply(joined)];
  },
  'prelu, permute, reshape, global max pool': () => {
    const x = image();
    const bent = new PReluLayer().apply(x);
    const turned = new PermuteLayer([2, 0, 1]).apply(new PReluLayer({ shared: 'all' }).apply(bent));
    const pooled = new GlobalMaxPoolLayer().apply(turned);
    return [x, new ReshapeLayer([3, 2]).apply(pooled)];
  },
  'blocks in blocks, with dropout': () => {
    const x = image();
    const conv = () => new ConvLayer({ filters: 8, kernelSize: 3, padding: 'same', activation: 'relu' });
    const shortcut = [new ConvLayer({ filters: 8, kernelSize: 1 })];
    const block = new ResidualLayer([conv(), new BatchNormLayer(), new DropoutLayer(0.2), conv()], { shortcut });
    return [x, new SequentialLayer([block, new GlobalMaxPoolLayer(), new FullyConnectedLayer(3)]).apply(x)];
  },
  'rows of more dimensions': () => {
    const x = input([3, 4]);
    const dense = new FullyConnectedLayer(5, { activation: 'gelu' }).apply(x);
    const steps = [
      { operation: 'softmax', arguments: [{ input: 0 }, 1] },
      { operation: 'sum', arguments: [{ result: 0 }, [1, 2], { keepDims: true }] },
      { operation: 'subtract', arguments: [{ input: 0 }, { result: 1 }] },
    ] as const;
    return [x, new OperationLayer({ steps }).apply(dense)];
  },
  'a layer that is applied twice': () => {
    const x = vector();
    const twice = new FullyConnectedLayer(6, { activation: 'tanh' });
    return [x, twice.apply(twice.apply(x))];
  },
};

for (const [name, make] of Object.entries(graphs)) {
  test(`onnxruntime predicts the same, and so does what is read back: ${name}`, async (t) => {
    const [x, y] = make();
    const net = NeuralNet.fromGraph({ inputs: [x], outputs: [y] }, params(), 'graph');
    net.layers.forEach((layer, i) => {
      for (const { name, value } of layer.parameters) {
        const isScale = name.endsWith('gamma') || name.endsWith('var');
        layer.setWeights({
          [name]: randomTensor(value.shape, 10 * i + name.length, isScale ? 0.3 : -0.5, isScale ? 2 : 0.5),
        });
      }
    });
    const file = join(await temporaryFolder(t), 'net.onnx');
    await net.exportOnnx(file);
    const read = await NeuralNet.fromOnnx(file);
    const session = await InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
    for (const rows of [1, 3]) {
      const given = randomTensor([rows, ...x.rowShape], rows, -2, 2).clone('float32');
      const expected = net.inference(given);
      t.deepEqual(expected.shape, [rows, ...y.rowShape]);
      const { output } = await session.run({
        input: new OnnxTensor('float32', given.data as Float32Array, given.shape),
      });
      t.deepEqual(output!.dims as number[], expected.shape as number[]);
      t.deepEqual(differences(output!.data as Float32Array, expected.data, { rtol: 1e-5, atol: 1e-5 }), []);
      const again = read.inference(given);
      t.deepEqual(again.shape, expected.shape);
      t.deepEqual(differences(again.data, expected.data, { rtol: 1e-5, atol: 1e-5 }), []);
    }
  });
}

/** A layer with a form of its own. */
class Halving extends FullyConnectedLayer {
  override toOnnx(onnx: OnnxBuilder, [x]: readonly string[]): string {
    const product = onnx.node('MatMul', [x!, onnx.parameter('W')]);
    return onnx.node('Add', [product, onnx.parameter('B', [this.outputs])]);
  }
}

test('several inputs and outputs keep their names, and a layer its own form', async (t) => {
  const [a, b] = [input([3], { name: 'left' }), input([3], { name: 'right' })];
  const dense = new Halving(2);
  const [near, far] = [dense.apply(a), dense.apply(b)];
  const sum = new AddLayer().apply([near, far], 'sum');
  const outputs = [sum, near, new ConcatenateLayer().apply([sum, a], 'all')];
  const net = NeuralNet.fromGraph({ inputs: [a, b], outputs }, params(), 'towers');
  scatter(dense, 1);
  const names = net.outputs.map(({ name }) => name);
  const file = join(await temporaryFolder(t), 'net.onnx');
  await net.exportOnnx(file);
  const { graph } = (await modelCodec()).decode(await readFile(file), file);
  t.deepEqual(
    graph!.node.map(({ opType }) => opType),
    ['MatMul', 'Add', 'MatMul', 'Add', 'Add', 'Concat'],
  );
  t.is(graph!.initializer.length, 2); // shared by both applications
  const session = await InferenceSession.create(file);
  t.deepEqual(session.inputNames, ['left', 'right']);
  t.deepEqual(session.outputNames, names);
  const x = { left: randomTensor([4, 3], 1).clone('float32'), right: randomTensor([4, 3], 2).clone('float32') };
  const feeds = Object.entries(x).map(([name, { data, shape }]) => [
    name,
    new OnnxTensor('float32', data as Float32Array, shape),
  ]);
  const computed = await session.run(Object.fromEntries(feeds));
  const expected = net.inference<Record<string, Tensor>>(x);
  const read = (await NeuralNet.fromOnnx(file)).inference<Record<string, Tensor>>(x);
  for (const name of names) {
    t.deepEqual(differences(computed[name]!.data as Float32Array, expected[name]!.data, { rtol: 0, atol: 1e-6 }), []);
    t.deepEqual(differences(read[name]!.data, expected[name]!.data, { rtol: 0, atol: 1e-6 }), []);
  }
});
