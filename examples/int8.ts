// Measures how much nets lose by int8 weights: five of the other examples' nets are trained, quantized by 500 training rows, and tested twice.
// npm run example -- int8 [--epochs N] [--seed N] [--data DIR]
// DIR holds CIFAR-10's binary version, or a part of it: https://www.cs.toronto.edu/~kriz/cifar.html

import {
  type AnyTensor,
  CifarImageReader,
  ClassificationLayer,
  ConvLayer,
  DataReader,
  FlattenLayer,
  FullyConnectedLayer,
  GruLayer,
  HyperParameters,
  type Layer,
  MaxPoolLayer,
  MnistImageDataReader,
  NeuralNet,
  type Tensor,
  timeSeriesWindows,
} from 'blasnet';
import { adultFiles } from './support/adult.js';
import { readBikes } from './support/bikes.js';
import { cifarExcerpt, cifarFiles } from './support/cifar-files.js';
import { convolutionalNet } from './support/cifar-nets.js';
import { commandLine, numberOption } from './support/command-line.js';
import { mnistFiles } from './support/mnist-files.js';
import { printTable } from './support/table.js';

const values = commandLine({
  epochs: { type: 'string', default: '10' },
  seed: { type: 'string', default: '1' },
  data: { type: 'string' },
});
const [epochs, seed] = [numberOption('epochs', values.epochs), numberOption('seed', values.seed)];

/** Rows that tell the limits of the bytes. */
const calibration = 500;

const paramsFor = (netType: 'multipleClassifier' | 'binaryClassifier' | 'fitting', learningRate: number) =>
  new HyperParameters({
    ...{ netType, initMethod: 'msra', optimizer: 'adam', learningRate, batchSize: 64, maxEpoch: epochs, seed },
    learningRateSchedule: { kind: 'cosine', length: epochs },
  });

const chain = (name: string, params: HyperParameters, layers: readonly Layer[]) =>
  layers.reduce((net, layer) => net.addLayer(layer), new NeuralNet(params, name));

const relu = (outputs: number) => new FullyConnectedLayer(outputs, { activation: 'relu' });

const digits = async (mode: 'vector' | 'image') => {
  const reader = new MnistImageDataReader({ ...(await mnistFiles()), mode });
  await reader.readData();
  reader.normalizeX();
  reader.normalizeY('multipleClassifier');
  return reader;
};

/** A net, the rows that it learns and those that test it. */
interface Case {
  readonly net: NeuralNet;
  readonly reader: Parameters<NeuralNet['train']>[0] & { xTrain?: unknown; xTest?: unknown; yTest?: unknown };
}

const cases: readonly (() => Promise<Case>)[] = [
  async () => ({
    net: chain('MNIST', paramsFor('multipleClassifier', 0.002), [
      ...[128, 64, 32, 16].map(relu),
      new FullyConnectedLayer(10),
      new ClassificationLayer('softmax'),
    ]),
    reader: await digits('vector'),
  }),
  async () => ({
    net: chain('MNIST, convolutions', paramsFor('multipleClassifier', 0.002), [
      new ConvLayer({ filters: 8, kernelSize: 5, activation: 'relu' }),
      new MaxPoolLayer({ poolSize: 2 }),
      new ConvLayer({ filters: 16, kernelSize: 3, activation: 'relu' }),
      new MaxPoolLayer({ poolSize: 2 }),
      new FlattenLayer(),
      new FullyConnectedLayer(10),
      new ClassificationLayer('softmax'),
    ]),
    reader: await digits('image'),
  }),
  async () => {
    const files = values.data === undefined ? cifarExcerpt() : await cifarFiles(values.data);
    const reader = new CifarImageReader(files);
    await reader.readData();
    reader.normalizeX({ perChannel: true });
    reader.normalizeY('multipleClassifier');
    return { net: convolutionalNet({ epochs, seed, numTrain: reader.numTrain }), reader };
  },
  async () => {
    const reader = new DataReader({ ...adultFiles, categorical: 'oneHot' });
    await reader.readData();
    reader.normalizeX();
    reader.normalizeY('binaryClassifier');
    const layers = [relu(64), new FullyConnectedLayer(1), new ClassificationLayer('sigmoid')];
    return { net: chain('Adult', paramsFor('binaryClassifier', 0.001), layers), reader };
  },
  async () => {
    const [length, horizon, stride] = [7 * 24, 24, 24];
    const reader = timeSeriesWindows(readBikes().columns, { length, horizon, stride, target: 'rentals', test: 0.15 });
    const layers = [new GruLayer(48), relu(64), new FullyConnectedLayer(horizon)];
    return { net: chain('forecast of bikes, R²', paramsFor('fitting', 0.003), layers), reader };
  },
];

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

const rows: (string | number)[][] = [];
for (const make of cases) {
  const { net, reader } = await make();
  await net.train(reader);
  const x = reader.xTrain as AnyTensor;
  const { net: small, report } = await net.quantize(x.slice(0, Math.min(calibration, x.rows)) as AnyTensor);
  const [float32, int8] = [net, small].map((one) => one.test(reader.xTest as Tensor, reader.yTest as Tensor).accuracy);
  const layers = report.layers.filter(({ isQuantized }) => isQuantized).length;
  const { signalToNoise } = Object.values(report.outputs)[0]!;
  const points = (100 * (int8! - float32!)).toFixed(2);
  rows.push([net.name, layers, percent(float32!), percent(int8!), points, `${signalToNoise.toFixed(1)} dB`]);
  console.log(`${net.name}: done`);
}
console.log(`Accuracy on the test rows after ${epochs} epochs, by ${calibration} rows to calibrate:`);
printTable(['net', 'int8 layers', 'float32', 'int8', 'points', 'signal to noise'], rows);
