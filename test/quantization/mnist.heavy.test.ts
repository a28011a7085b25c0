import test from 'ava';
import {
  ClassificationLayer,
  ConvLayer,
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  type Layer,
  MaxPoolLayer,
  MnistImageDataReader,
  NeuralNet,
} from 'blasnet';
import { mnistFiles } from '../../examples/support/mnist-files.js';
import { cutMnist } from '../support/mnist.js';

/** Of the test set's digits that the int8 net may get wrong beside those of the float32 net. */
const most = 0.005;

const nets: Readonly<Record<string, () => readonly Layer[]>> = {
  'fully connected': () => [
    ...[128, 64, 32, 16].map((width) => new FullyConnectedLayer(width, { activation: 'relu' })),
    new FullyConnectedLayer(10),
  ],
  convolutions: () => [
    new ConvLayer({ inputShape: [1, 28, 28], filters: 8, kernelSize: 5, activation: 'relu' }),
    new MaxPoolLayer({ poolSize: 2 }),
    new ConvLayer({ filters: 16, kernelSize: 3, activation: 'relu' }),
    new MaxPoolLayer({ poolSize: 2 }),
    new FlattenLayer(),
    new FullyConnectedLayer(10),
  ],
};

for (const [name, layers] of Object.entries(nets)) {
  test.serial(`quantize › the accuracy on MNIST stays: ${name}`, async (t) => {
    const reader = new MnistImageDataReader(await mnistFiles(await cutMnist(t, 12_000, 10_000)));
    await reader.readData();
    reader.normalizeX();
    reader.normalizeY('multipleClassifier');
    const params = { netType: 'multipleClassifier', optimizer: 'adam', learningRate: 0.002, batchSize: 64 } as const;
    const net = new NeuralNet(new HyperParameters({ ...params, maxEpoch: 3, seed: 1 }), name);
    for (const layer of layers()) net.addLayer(layer);
    net.addLayer(new ClassificationLayer('softmax'));
    await net.train(reader);
    const { xTrain, xTest, yTest } = reader;
    const { net: small, report } = await net.quantize(xTrain!.slice(0, 500));
    const [expected, received] = [net, small].map((one) => one.test(xTest!, yTest!).accuracy);
    t.log(`float32 ${expected}, int8 ${received}, ${Object.values(report.outputs)[0]!.signalToNoise.toFixed(1)} dB`);
    t.true(expected! > 0.9, `${expected}`);
    t.true(Math.abs(expected! - received!) <= most, `${expected} and ${received}`);
  });
}
