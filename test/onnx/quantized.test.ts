import test from 'ava';
import {
  Conv1dLayer,
  ConvLayer,
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  type Layer,
  NeuralNet,
  Tensor,
} from 'blasnet';
import { badArgument } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { numbers } from '../support/nets.js';
import { runtimeOf } from './runtime.js';

const sizeOf = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

const nets: Readonly<Record<string, readonly [shape: readonly number[], layers: () => readonly Layer[]]>> = {
  'fully connected': [
    [20, 13],
    () => [new FullyConnectedLayer(30, { activation: 'relu' }), new FullyConnectedLayer(4)],
  ],
  'fully connected on sequences': [
    [6, 5, 9],
    () => [new FullyConnectedLayer(7, { useBias: false, activation: 'tanh' })],
  ],
  convolutions: [
    [5, 3, 12, 11],
    () => [
      new ConvLayer({ filters: 8, kernelSize: 3, padding: 'same', stride: 2, activation: 'relu' }),
      new ConvLayer({ filters: 6, kernelSize: [2, 3], dilation: [1, 2] }),
      new FlattenLayer(),
      new FullyConnectedLayer(3),
    ],
  ],
  'convolutions of vectors': [
    [4, 64],
    () => [new ConvLayer({ inputShape: [1, 8, 8], filters: 4, kernelSize: 3, padding: 1, useBias: false })],
  ],
  'convolutions over steps': [
    [5, 12, 4],
    () => [
      new Conv1dLayer({ filters: 6, kernelSize: 3, padding: 'causal', dilation: 2, activation: 'gelu' }),
      new Conv1dLayer({ filters: 5, kernelSize: 4, padding: 'same', stride: 2, useBias: false }),
    ],
  ],
};

const netOf = (layers: readonly Layer[]) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', seed: 4 }), 'net');
  for (const layer of layers) net.addLayer(layer);
  return net;
};

/**
 * onnxruntime divides by the scale of the bytes where blasnet multiplies by its reciprocal, so that a number next to a half
 * may become the byte beside it: then the outputs differ by one step of the input times a weight. Few do.
 */
for (const [name, [shape, layers]] of Object.entries(nets)) {
  test(`int8 weights as QuantizeLinear and DequantizeLinear, there and back: ${name}`, async (t) => {
    const x = Tensor.from(numbers(sizeOf(shape), 3), shape as number[]);
    const { net, report } = await netOf(layers()).quantize(x);
    const file = `${await temporaryFolder(t)}/net.onnx`;
    await net.exportOnnx(file);
    const expected = await (await runtimeOf(file))(name === 'convolutions of vectors' ? x.reshape([4, 1, 8, 8]) : x);
    const received = net.inference(x).data;
    t.is(expected.length, received.length);
    const step = Math.max(...report.layers.map(({ input }) => input?.scale ?? 0));
    const differences = received.map((value, i) => Math.abs(value - expected[i]!));
    t.true(Math.max(...differences) <= 2 * step, `${Math.max(...differences)}`);
    const many = differences.filter((difference) => difference > 1e-5).length;
    t.true(many <= received.length / 50, `${many} of ${received.length}`);
    const again = await NeuralNet.fromOnnx(file);
    t.true(again.layers.some((layer) => layer.isQuantized));
    const images = name === 'convolutions of vectors' ? x.reshape([4, 1, 8, 8]) : x;
    t.deepEqual(again.inference(images).data, received);
  });
}

test('export › int8 weights in a float64 model are refused', async (t) => {
  const { net } = await netOf([new FullyConnectedLayer(3, 2)]).quantize(Tensor.from([[1, 2, 3]]));
  const file = `${await temporaryFolder(t)}/net.onnx`;
  await t.throwsAsync(net.exportOnnx(file, { dtype: 'float64' }), badArgument(/float32 for a net with int8 weights/));
});
