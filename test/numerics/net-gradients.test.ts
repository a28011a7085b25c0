// Every gradient that net.backward leaves, against central differences of the mean loss.
import test from 'ava';
import {
  type Activation,
  ActivationLayer,
  ClassificationLayer,
  DropoutLayer,
  FullyConnectedLayer,
  HyperParameters,
  type NetType,
  NeuralNet,
  Tensor,
} from 'blasnet';
import { netGradientCheck, oneHot, randomTensor } from '../support/numerics.js';

const classifiers: Partial<Record<NetType, 'softmax' | 'sigmoid'>> = {
  binaryClassifier: 'sigmoid',
  multipleClassifier: 'softmax',
};

/** A fully connected float64 net of those sizes with one kind of activation. */
function makeNet(netType: NetType, sizes: readonly number[], activation: Activation): NeuralNet {
  const net = new NeuralNet(new HyperParameters({ netType, dtype: 'float64', seed: 11, initMethod: 'xavier' }), 'net');
  for (let i = 1; i < sizes.length; i++) {
    const layer = new FullyConnectedLayer(sizes[i - 1]!, sizes[i]!);
    net.addLayer(layer);
    if (i < sizes.length - 1) net.addLayer(new ActivationLayer(activation));
  }
  const kind = classifiers[netType];
  if (kind) net.addLayer(new ClassificationLayer(kind));
  // Biases start at 0, where a wrong gradient might hide.
  net.layers.forEach((layer, i) => {
    if (layer.weights.B) layer.setWeights({ B: randomTensor(layer.weights.B.shape, 20 + i, -0.5, 0.5) });
  });
  return net;
}

function labels(netType: NetType, rows: number, columns: number): Tensor {
  const numbers = randomTensor([rows, columns], 3);
  if (netType === 'fitting') return numbers;
  if (netType === 'multipleClassifier') {
    return oneHot(
      Array.from({ length: rows }, (_, i) => (5 * i + 1) % columns),
      columns,
    );
  }
  return Tensor.from(
    numbers.data.map((value) => Number(value > 0)),
    numbers.shape,
  );
}

const activations: Activation[] = [
  'identity',
  'sigmoid',
  'tanh',
  'relu',
  'leakyRelu',
  'elu',
  'gelu',
  'silu',
  'softplus',
  'selu',
  'relu6',
  'hardSigmoid',
  'hardSwish',
  'mish',
  'softsign',
];
const shapes: { rows: number; sizes: number[] }[] = [
  { rows: 1, sizes: [3, 2] },
  { rows: 1, sizes: [1, 1, 1] },
  { rows: 5, sizes: [4, 7, 3] },
  { rows: 10, sizes: [1, 4, 1] },
  { rows: 13, sizes: [6, 9, 5, 2] },
];

for (const netType of ['fitting', 'binaryClassifier', 'multipleClassifier'] as const) {
  for (const activation of activations) {
    test(`${netType} with ${activation}`, (t) => {
      for (const { rows, sizes } of shapes) {
        const net = makeNet(netType, sizes, activation);
        const wrong = netGradientCheck(
          net,
          randomTensor([rows, sizes[0]!], 2, -2, 2),
          labels(netType, rows, sizes.at(-1)!),
        );
        t.deepEqual(wrong, [], `${rows} rows through ${sizes.join('-')}`);
      }
    });
  }
}

test('binaryClassifier with several outputs sums over them', (t) => {
  const net = makeNet('binaryClassifier', [3, 5, 4], 'tanh');
  t.deepEqual(netGradientCheck(net, randomTensor([6, 3], 2), labels('binaryClassifier', 6, 4)), []);
});

test('labels between 0 and 1 are taken as they are', (t) => {
  const binary = makeNet('binaryClassifier', [3, 4, 1], 'tanh');
  t.deepEqual(netGradientCheck(binary, randomTensor([6, 3], 2), randomTensor([6, 1], 3, 0, 1)), []);
  const multiple = makeNet('multipleClassifier', [3, 4, 2], 'tanh');
  const y = Tensor.from(
    [
      [0.25, 0.75],
      [0.5, 0.5],
      [0, 1],
      [0.875, 0.125],
    ],
    undefined,
    'float64',
  );
  t.deepEqual(netGradientCheck(multiple, randomTensor([4, 3], 2), y), []);
});

test('layers before the first parameters, and activations in a row, change nothing for the rest', (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', dtype: 'float64' }), 'net');
  net.addLayer(new ActivationLayer('tanh')).addLayer(new ActivationLayer('identity'));
  net
    .addLayer(new FullyConnectedLayer(4, 3))
    .addLayer(new ActivationLayer('sigmoid'))
    .addLayer(new ActivationLayer('elu'));
  net.addLayer(new FullyConnectedLayer(3, 2)).addLayer(new ActivationLayer('identity'));
  t.deepEqual(netGradientCheck(net, randomTensor([5, 4], 2), randomTensor([5, 2], 3)), []);
});

for (const method of ['l1', 'l2'] as const) {
  test(`gradients with ${method}`, (t) => {
    const params = { netType: 'fitting', dtype: 'float64', seed: 3, regularizer: { method, value: 0.7 } } as const;
    const net = new NeuralNet(new HyperParameters(params), 'net')
      .addLayer(new FullyConnectedLayer(4, 5))
      .addLayer(new ActivationLayer('tanh'))
      .addLayer(new FullyConnectedLayer(5, 2));
    t.deepEqual(netGradientCheck(net, randomTensor([6, 4], 1), randomTensor([6, 2], 2)), []);
  });
}

test('gradients through dropout, whose mask stays while no step is finished', (t) => {
  const params = new HyperParameters({ netType: 'fitting', dtype: 'float64', seed: 3 });
  const net = new NeuralNet(params, 'net')
    .addLayer(new FullyConnectedLayer(4, 9))
    .addLayer(new DropoutLayer(0.4))
    .addLayer(new ActivationLayer('tanh'))
    .addLayer(new FullyConnectedLayer(9, 2));
  const [x, y] = [randomTensor([6, 4], 1), randomTensor([6, 2], 2)];
  t.deepEqual(net.forward(x).data, net.forward(x).data);
  t.notDeepEqual(net.forward(x).data, net.forward(x, false).data);
  t.deepEqual(netGradientCheck(net, x, y), []);
});
