import type { ExecutionContext } from 'ava';
import {
  ActivationLayer,
  ClassificationLayer,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  MnistImageDataReader,
  NeuralNet,
  TextReader,
} from 'blasnet';
import { mnistFiles } from '../../examples/support/mnist-files.js';
import { temporaryFolder, write } from './files.js';
import { cutMnist } from './mnist.js';

const adam = { optimizer: 'adam', learningRate: 0.01, seed: 1 } as const;

/** A net that has seen a thousand digits of MNIST: raw rows are 784 grey values from 0 to 255. */
export async function digitsNet(t: ExecutionContext): Promise<NeuralNet> {
  const reader = new MnistImageDataReader(await mnistFiles(await cutMnist(t, 1000, 1)));
  await reader.readData();
  reader.normalizeX();
  reader.normalizeY('multipleClassifier');
  const net = new NeuralNet(new HyperParameters({ netType: 'multipleClassifier', maxEpoch: 10, ...adam }), 'digits')
    .addLayer(new FullyConnectedLayer(784, 32))
    .addLayer(new ActivationLayer('relu'))
    .addLayer(new FullyConnectedLayer(32, 10))
    .addLayer(new ClassificationLayer('softmax'));
  await net.train(reader);
  return net;
}

/** A net that tells irises apart by their lengths and widths. */
export async function irisNet(): Promise<NeuralNet> {
  const reader = new DataReader({ train: 'data/iris/iris.csv', label: 'species' });
  await reader.readData();
  reader.normalizeX();
  reader.normalizeY('multipleClassifier');
  const net = new NeuralNet(new HyperParameters({ netType: 'multipleClassifier', maxEpoch: 20, ...adam }), 'iris')
    .addLayer(new FullyConnectedLayer(4, 3))
    .addLayer(new ClassificationLayer('softmax'));
  await net.train(reader);
  return net;
}

/** A net for prices of flats by their size, and by the town, a column of names; either may be missing. */
export async function pricesNet(t: ExecutionContext): Promise<NeuralNet> {
  const towns = ['Aachen', 'Bonn', 'Celle'];
  const rows = Array.from({ length: 60 }, (_, i) => `${30 + i},${towns[i % 3]},${100 * (30 + i) * (1 + (i % 3))}`);
  rows.push('?,Bonn,8000', '50,?,9000');
  const train = await write(await temporaryFolder(t), 'flats.csv', ['size,town,price', ...rows, ''].join('\n'));
  const reader = new DataReader({ train, label: 'price', categorical: { town: 'oneHot' }, missing: 'median' });
  await reader.readData();
  reader.normalizeX();
  reader.normalizeY('fitting');
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', maxEpoch: 20, ...adam }), 'prices').addLayer(
    new FullyConnectedLayer(5, 1),
  );
  await net.train(reader);
  return net;
}

/** A net that tells good films from bad ones by what is said about them. */
export async function filmsNet(t: ExecutionContext): Promise<NeuralNet> {
  const lines = ['A good film,good', 'Good and funny,good', 'What a bad film,bad', 'Bad and dull,bad'];
  const train = await write(await temporaryFolder(t), 'films.csv', ['text,label', ...lines, ''].join('\n'));
  const reader = new TextReader({ train, features: 'bag' });
  await reader.readData();
  const net = new NeuralNet(
    new HyperParameters({ netType: 'binaryClassifier', learningRate: 1, maxEpoch: 100 }),
    'films',
  )
    .addLayer(new FullyConnectedLayer(1))
    .addLayer(new ClassificationLayer('sigmoid'));
  await net.train(reader);
  return net;
}
