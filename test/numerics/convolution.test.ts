import test from 'ava';
import {
  ActivationLayer,
  AveragePoolLayer,
  ClassificationLayer,
  ConvLayer,
  DataReader,
  FlattenLayer,
  FullyConnectedLayer,
  GlobalAveragePoolLayer,
  getThreads,
  HyperParameters,
  MaxPoolLayer,
  NeuralNet,
  setThreads,
} from 'blasnet';
import { shapeMismatch } from '../support/errors.js';
import { netGradientCheck, oneHot, randomTensor } from '../support/numerics.js';

function makeNet(dtype: 'float32' | 'float64', maxEpoch = 1) {
  const params = new HyperParameters({
    netType: 'multipleClassifier',
    dtype,
    initMethod: 'msra',
    batchSize: 16,
    maxEpoch,
    seed: 4,
  });
  return new NeuralNet(params, 'images')
    .addLayer(new ConvLayer({ inputShape: [2, 12, 10], filters: 4, kernelSize: 3, padding: 'same' }), 'conv1')
    .addLayer(new ActivationLayer('tanh'), 'tanh')
    .addLayer(new MaxPoolLayer({ inputShape: [4, 12, 10], poolSize: 2 }), 'max')
    .addLayer(new ConvLayer({ inputShape: [4, 6, 5], filters: 6, kernelSize: 3, padding: 1, groups: 2 }), 'conv2')
    .addLayer(new AveragePoolLayer({ inputShape: [6, 6, 5], poolSize: 2, stride: 1 }), 'average')
    .addLayer(new FlattenLayer(), 'flat')
    .addLayer(new FullyConnectedLayer(120, 3), 'full')
    .addLayer(new ClassificationLayer('softmax'), 'softmax');
}

const labels = (rows: number) =>
  oneHot(
    Array.from({ length: rows }, (_, i) => i % 3),
    3,
  );

test('gradients of an image net agree with differences', (t) => {
  t.deepEqual(netGradientCheck(makeNet('float64'), randomTensor([3, 2, 12, 10], 2), labels(3)), []);
});

test('plans, layers one by one, and vectors for images give the same bits', async (t) => {
  const x = randomTensor([40, 2, 12, 10], 3).clone('float32');
  const y = labels(40).clone('float32');
  const weightsOf = (net: NeuralNet) => net.layers.flatMap((layer) => Object.values(layer.weights).map((w) => w.data));
  const [planned, flat, byHand] = [makeNet('float32'), makeNet('float32'), makeNet('float32')];
  await planned.train(DataReader.fromTensors({ xTrain: x, yTrain: y }), { shuffle: false });
  await flat.train(DataReader.fromTensors({ xTrain: x.reshape([40, 240]), yTrain: y }), { shuffle: false });
  for (let first = 0; first < 40; first += 16) {
    const end = Math.min(40, first + 16);
    byHand.forward(x.slice(first, end));
    byHand.backward(y.slice(first, end));
    byHand.updateWeights();
  }
  t.deepEqual(weightsOf(planned), weightsOf(byHand));
  t.deepEqual(weightsOf(planned), weightsOf(flat));
  t.deepEqual(planned.inference(x).data, byHand.forward(x, false).data);
});

test.serial('one thread and two give the same bits', async (t) => {
  const threads = getThreads();
  t.teardown(() => setThreads(threads));
  const x = randomTensor([64, 2, 12, 10], 3).clone('float32');
  const reader = () => DataReader.fromTensors({ xTrain: x, yTrain: labels(64).clone('float32') });
  const results = [];
  for (const count of [1, 2]) {
    setThreads(count);
    const net = makeNet('float32', 3);
    const { records } = await net.train(reader());
    results.push({ records, outputs: net.inference(x).data });
  }
  t.deepEqual(results[0], results[1]);
});

test('summary of an image net', (t) => {
  const net = makeNet('float32');
  const rule = '-'.repeat(58);
  t.is(
    net.summary(),
    [
      'images (rows of 2×12×10)',
      rule,
      'layer    kind              output  parameters  FLOPs a row',
      rule,
      'conv1    convolution      4×12×10          76       17,280',
      'tanh     tanh             4×12×10           0            0',
      'max      max pool           4×6×5           0            0',
      'conv2    convolution        6×6×5         114        6,480',
      'average  average pool       6×5×4           0            0',
      'flat     flatten              120           0            0',
      'full     fully connected        3         363          720',
      'softmax  softmax                3           0            0',
      rule,
      '553 parameters, 24,480 FLOPs a row',
    ].join('\n'),
  );
});

test('channels that do not chain are refused when the layer is added', (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'multipleClassifier' }), 'images');
  net.addLayer(new ConvLayer({ inputShape: [1, 8, 8], filters: 4, kernelSize: 3 }), 'conv1');
  const next = () => net.addLayer(new ConvLayer({ inputShape: [3, 6, 6], filters: 4, kernelSize: 3 }), 'conv2');
  t.throws(next, shapeMismatch(/images of \[3, 6, 6\] for input .* \[4, 6, 6\] at layer 'conv2', from layer 'conv1'/));
  t.throws(() => net.addLayer(new FullyConnectedLayer(144, 2)), shapeMismatch(/rows of 144 numbers/));
  net.addLayer(new GlobalAveragePoolLayer({ inputShape: [4, 6, 6] })).addLayer(new FullyConnectedLayer(4, 2));
  t.is(net.layers.length, 3);
});
