import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'ava';
import {
  ActivationLayer,
  FullyConnectedLayer,
  HyperParameters,
  NeuralNet,
  PlainLayer,
  Tensor,
  versions,
} from 'blasnet';
import { modelCodec } from '#blasnet/onnx/schema';
import { badArgument, badFile, busy, shapeMismatch, untyped } from '../support/errors.js';
import { temporaryFolder, write } from '../support/files.js';
import { fittingReader } from '../support/nets.js';
import { differences, randomTensor } from '../support/numerics.js';
import { netCases, netOf, rowShapeOf } from './nets.js';
import { runtimeOf } from './runtime.js';

/** ONNX has attributes, such as the epsilon of batch norm, as float32 only. */
const tolerances = { float32: { rtol: 0, atol: 1e-5 }, float64: { rtol: 0, atol: 1e-10 } } as const;

for (const dtype of ['float32', 'float64'] as const) {
  for (const [name, given] of Object.entries(netCases)) {
    if (dtype === 'float64' && given.float32Only) continue;
    test(`onnxruntime predicts the same, ${dtype}: ${name}`, async (t) => {
      const net = netOf(given, dtype);
      const rowShape = rowShapeOf(given, net);
      const file = join(await temporaryFolder(t), 'net.onnx');
      await net.exportOnnx(file, { inputShape: rowShape });
      const run = await runtimeOf(file);
      for (const rows of [1, 3, 32]) {
        const x = randomTensor([rows, ...rowShape], rows, -2, 2).clone(dtype);
        const expected = net.inference(x).data;
        t.true(new Set(expected).size > 1 || expected.length === 1);
        t.deepEqual(differences(await run(x), expected, tolerances[dtype], `${rows} rows`), []);
      }
    });
  }
}

test('onnxruntime predicts the same with logSoftmax, of vectors and of images', async (t) => {
  for (const rowShape of [[7], [2, 3, 5]]) {
    const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net');
    net.addLayer(new ActivationLayer('logSoftmax'));
    const file = join(await temporaryFolder(t), 'net.onnx');
    await net.exportOnnx(file, { inputShape: rowShape });
    const x = randomTensor([4, ...rowShape], 1, -2, 2).clone('float32');
    const outputs = await (await runtimeOf(file))(x);
    t.deepEqual(differences(outputs, net.inference(x).data, tolerances.float32), []);
  }
});

const dense = { layers: () => [new FullyConnectedLayer(3, 2), new ActivationLayer('relu')] };

test('a model tells what made it, and names nodes and tensors after the layers', async (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), '');
  net.addLayer(new FullyConnectedLayer(3, 2), 'first').addLayer(new ActivationLayer('relu'), 'input');
  const file = join(await temporaryFolder(t), 'new folder', 'net.onnx');
  await net.exportOnnx(file);
  const model = (await modelCodec()).decode(await readFile(file), file);
  t.is(model.producerName, 'blasnet');
  t.is(model.producerVersion, versions.blasnet);
  const { graph } = model;
  t.is(graph!.name, 'net');
  t.deepEqual(
    graph!.node.map(({ name, opType, input, output }) => [name, opType, [...input], [...output]]),
    [
      ['first', 'Gemm', ['input', 'first/W', 'first/B'], ['first/output']],
      ['input', 'Relu', ['first/output'], ['output']],
    ],
  );
  t.deepEqual(
    graph!.output[0]!.type!.tensorType!.shape!.dim.map(({ dimParam, dimValue }) => dimParam || Number(dimValue)),
    ['batch', 2],
  );
});

test('the same net gives the same bytes', async (t) => {
  const folder = await temporaryFolder(t);
  const files = await Promise.all(
    ['a', 'b'].map(async (name) => {
      await netOf(dense).exportOnnx(join(folder, name));
      return readFile(join(folder, name));
    }),
  );
  t.deepEqual(files[0], files[1]);
});

test('a net of float64 is exported as float32 where that is wanted', async (t) => {
  const net = netOf(dense, 'float64');
  const file = join(await temporaryFolder(t), 'net.onnx');
  await net.exportOnnx(file, { dtype: 'float32' });
  const x = randomTensor([5, 3], 1);
  const outputs = await (await runtimeOf(file))(x.clone('float32'));
  t.true(outputs instanceof Float32Array);
  t.deepEqual(differences(outputs, net.inference(x).data, { rtol: 0, atol: 1e-5 }), []);
  t.is((await NeuralNet.fromOnnx(file)).params.dtype, 'float32');
});

class Doubling extends PlainLayer {
  override readonly kind = 'doubling';
  override outputShape(input: readonly number[]): readonly number[] {
    return input;
  }
  override forward(x: Tensor): Tensor {
    return Tensor.from(
      x.data.map((value) => 2 * value),
      x.shape,
    );
  }
  override backward(delta: Tensor): Tensor {
    return this.forward(delta);
  }
}

test('a layer in plain TypeScript has no ONNX form, and is named', async (t) => {
  const net = netOf({ layers: () => [new FullyConnectedLayer(3, 2)] }).addLayer(new Doubling(), 'mine');
  const file = join(await temporaryFolder(t), 'net.onnx');
  const message =
    /^Expected a layer of operations, which has an ONNX form, for layer 'mine' but received an instance of Doubling$/;
  await t.throwsAsync(net.exportOnnx(file), badArgument(message));
  await t.throwsAsync(readFile(file), { code: 'ENOENT' });
});

test('what cannot be exported is refused', async (t) => {
  const file = join(await temporaryFolder(t), 'net.onnx');
  const net = netOf(dense);
  const empty = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'empty');
  await t.throwsAsync(
    empty.exportOnnx(file),
    badArgument(/^Expected at least one layer for the net but received 'none'$/),
  );
  const open = netOf({ layers: () => [new ActivationLayer('relu')] });
  await t.throwsAsync(
    open.exportOnnx(file),
    badArgument(/^Expected the shape of one row for inputShape .* undefined$/),
  );
  await t.throwsAsync(
    open.exportOnnx(file, { inputShape: [2, 0] }),
    badArgument(/for inputShape but received an array of 2$/),
  );
  await t.throwsAsync(net.exportOnnx(file, { inputShape: [4] }), shapeMismatch(/rows of 3 numbers/));
  await t.throwsAsync(net.exportOnnx(file, { dtype: untyped('int8') }), badArgument(/for dtype but received 'int8'$/));
  await t.throwsAsync(net.exportOnnx(file, untyped(1)), badArgument(/^Expected an object for options but received 1$/));
  await t.throwsAsync(net.exportOnnx(untyped(1)), badArgument(/^Expected the name of a file for path but received 1$/));
  await write(dirname(file), 'plain', '');
  await t.throwsAsync(net.exportOnnx(join(dirname(file), 'plain', 'x')), badFile(/^Expected a writable file/));
  net.preparation = { inputShape: [3] };
  await t.throwsAsync(net.exportOnnx(file, { inputShape: [4] }), shapeMismatch(/rows of 3 numbers/));
});

test('a net is not exported while it trains', async (t) => {
  const net = netOf({ layers: () => [new FullyConnectedLayer(3, 1)] });
  const training = net.train(fittingReader(200, 3));
  await t.throwsAsync(net.exportOnnx('net.onnx'), busy(/exportOnnx/));
  await training;
});

test('weights are exported as they are while a step of nag is prepared', async (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', optimizer: 'nag' }), 'nag');
  net.addLayer(new FullyConnectedLayer(3, 1));
  const { xTrain, yTrain } = fittingReader(8, 3);
  net.trainOnBatch(xTrain, yTrain);
  const weights = net.layers[0]!.weights.W!.clone();
  net.preUpdateWeights();
  const file = join(await temporaryFolder(t), 'net.onnx');
  await net.exportOnnx(file);
  t.deepEqual((await NeuralNet.fromOnnx(file)).layers[0]!.weights.W!.data, weights.data);
});
