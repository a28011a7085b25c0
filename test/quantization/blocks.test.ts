import test from 'ava';
import {
  ConvLayer,
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  input,
  type Layer,
  LayerNormLayer,
  NeuralNet,
  ResidualLayer,
  SequentialLayer,
  Tensor,
} from 'blasnet';
import { temporaryFolder } from '../support/files.js';
import { numbers } from '../support/nets.js';
import { differences } from '../support/numerics.js';

const params = () => new HyperParameters({ netType: 'fitting', seed: 3 });
const conv = (filters = 4, kernelSize = 3) =>
  new ConvLayer({ filters, kernelSize, padding: 'same', activation: 'relu' });

const netOf = (layers: readonly Layer[]) => {
  const net = new NeuralNet(params(), 'net');
  for (const [i, layer] of layers.entries()) net.addLayer(layer, `l${i + 1}`);
  return net;
};

const images = Tensor.from(numbers(6 * 2 * 5 * 5, 2), [6, 2, 5, 5]);

/** Blocks within blocks, with and without a shortcut, and one whose only layers stay. */
const blocks = () => [
  new ResidualLayer([conv(), new SequentialLayer([conv(), conv()])], { shortcut: [conv(4, 1)] }),
  new ResidualLayer([conv()]),
  new SequentialLayer([new FlattenLayer(), new FullyConnectedLayer(6)]),
  new SequentialLayer([new LayerNormLayer()]),
];

test('quantize › layers within blocks get int8 weights, and the net stays the same', async (t) => {
  const net = netOf(blocks());
  const { net: small, report } = await net.quantize(images);
  t.deepEqual(
    report.layers.map(({ name, isQuantized }) => `${name}${isQuantized ? ' int8' : ''}`),
    [
      ...['l1.convolution-1 int8', 'l1.sequential-2.convolution-1 int8', 'l1.sequential-2.convolution-2 int8'],
      ...['l1.shortcut.convolution-1 int8', 'l1', 'l2.convolution-1 int8', 'l2'],
      ...['l3.flatten-1', 'l3.fully-connected-2 int8', 'l4'],
    ],
  );
  const expected = net.inference(images).data;
  t.deepEqual(differences(small.inference(images).data, expected, { rtol: 0, atol: 0.1 }), []);
  t.true(Object.values(report.outputs)[0]!.signalToNoise > 30);
  const file = `${await temporaryFolder(t)}/small.safetensors`;
  await small.save(file);
  t.deepEqual((await NeuralNet.load(file)).inference(images).data, small.inference(images).data);
});

test('quantize › exclude takes layers of blocks and whole blocks', async (t) => {
  const { report } = await netOf(blocks()).quantize(images, { exclude: ['l1', 'l3.fully-connected-2'] });
  const kept = report.layers.filter(({ reason }) => reason === 'excluded').map(({ name }) => name);
  t.deepEqual(kept, ['l1']);
  t.deepEqual(
    report.layers.map(({ name }) => name),
    ['l1', 'l2.convolution-1', 'l2', 'l3', 'l4'],
  );
});

test('quantize › a block that a graph applies twice keeps one set of weights', async (t) => {
  const x = input([3]);
  const block = new ResidualLayer([new FullyConnectedLayer(3)]);
  const y = block.apply(block.apply(x));
  const net = NeuralNet.fromGraph({ inputs: [x], outputs: [y] }, params(), 'net');
  const rows = Tensor.from(numbers(30, 3), [10, 3]);
  const { net: small, report } = await net.quantize(rows);
  t.is(report.layers.filter(({ isQuantized }) => isQuantized).length, 1);
  t.deepEqual(differences(small.inference(rows).data, net.inference(rows).data, { rtol: 0, atol: 0.1 }), []);
});
