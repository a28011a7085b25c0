import test from 'ava';
import {
  ActivationLayer,
  ConvLayer,
  DataReader,
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  NeuralNet,
  type Tensor,
} from 'blasnet';
import { temporaryFolder } from '../support/files.js';
import { labelsFor, rowsOfNumbers, weightsOf } from '../support/nets.js';

const pixels = 16 * 6 * 7;

/** 3×3 convolutions of as many channels as Winograd's filtering takes, and filters in blocks of several sizes. */
function convolutions(seed: number): NeuralNet {
  const params = new HyperParameters({
    netType: 'fitting',
    optimizer: 'nag',
    learningRate: 0.01,
    batchSize: 5,
    maxEpoch: 2,
    seed,
  });
  return new NeuralNet(params, 'images')
    .addLayer(new ConvLayer({ inputShape: [16, 6, 7], filters: 31, kernelSize: 3, padding: 1 }), 'conv1')
    .addLayer(new ActivationLayer('relu'))
    .addLayer(new ConvLayer({ inputShape: [31, 6, 7], filters: 16, kernelSize: 3 }), 'conv2')
    .addLayer(new FlattenLayer());
}

const imageNet = (seed: number) => convolutions(seed).addLayer(new FullyConnectedLayer(16 * 4 * 5, 1), 'fc');

/** What a net that has never computed anything predicts by the same weights. */
function predictionAnew(net: NeuralNet, x: Tensor): Tensor['data'] {
  const fresh = imageNet(99);
  for (const [i, layer] of fresh.layers.entries()) layer.setWeights(net.layers[i]!.weights);
  return fresh.inference(x).data;
}

const x = rowsOfNumbers(11, pixels, 3);
const y = labelsFor(x);
const other = () => imageNet(2);

const changes: Readonly<Record<string, (net: NeuralNet, folder: string) => unknown>> = {
  'a number written into a tensor': ({ layers }) => {
    layers[0]!.weights.W!.data[17]! += 0.25;
  },
  'all numbers of a tensor': ({ layers }) => layers[2]!.weights.W!.data.fill(0.125),
  'layer.setWeights': ({ layers }) => layers[0]!.setWeights({ W: other().layers[0]!.weights.W! }),
  'layer.loadWeights': async ({ layers }, folder) => {
    await other().saveWeights(folder);
    await layers[2]!.loadWeights(folder, 'conv2');
  },
  loadWeights: async (net, folder) => {
    await other().saveWeights(folder);
    await net.loadWeights(folder);
  },
  loadInitialValues: async (net, folder) => {
    await other().saveInitialValues(folder);
    await net.loadInitialValues(folder);
  },
  trainOnBatch: (net) => net.trainOnBatch(x, y),
  train: (net) => net.train(DataReader.fromTensors({ xTrain: x, yTrain: y })),
  restoreBest: async (net) => {
    await net.train(DataReader.fromTensors({ xTrain: x, yTrain: y }));
    net.layers[0]!.weights.W!.data.fill(0);
    net.inference(x.slice(0, 1));
    net.restoreBest();
  },
  updateWeights: (net) => {
    net.preUpdateWeights();
    net.forward(x);
    net.backward(y);
    net.updateWeights();
  },
};

for (const [name, change] of Object.entries(changes)) {
  test(`the next prediction is by the weights as they are after ${name}`, async (t) => {
    const net = imageNet(1);
    const inputs = [1, 3, 11].map((rows) => x.slice(0, rows));
    for (const rows of inputs) net.inference(rows);
    const before = weightsOf(net);
    await change(net, await temporaryFolder(t));
    t.notDeepEqual(weightsOf(net), before);
    for (const rows of inputs) {
      const { data } = net.inference(rows);
      t.deepEqual(data, predictionAnew(net, rows));
      t.deepEqual((await net.inferenceAsync(rows)).data, data);
    }
  });
}

test('convolutions give an image the same bits alone, among others, layer by layer and beside the event loop', async (t) => {
  const net = convolutions(1);
  const all = net.inference(x);
  const [images, expected] = [x, all].map((rows) => Array.from({ length: 11 }, (_, i) => rows.slice(i, i + 1)));
  t.deepEqual(net.forward(x, false).data, all.data);
  const beside = await Promise.all(images!.map((image) => net.inferenceAsync(image)));
  for (const [i, image] of images!.entries()) {
    t.deepEqual(net.inference(image).toArray(), expected![i]!.toArray());
    t.deepEqual(beside[i]!.toArray(), expected![i]!.toArray());
  }
});

test('calls that wait for each other predict by the weights of their turn', async (t) => {
  const net = imageNet(1);
  const before = net.inference(x).data;
  const first = [1, 2, 3].map(() => net.inferenceAsync(x));
  for (const { data } of await Promise.all(first)) t.deepEqual(data, before);
  net.layers[0]!.setWeights({ W: other().layers[0]!.weights.W! });
  const second = [1, 2, 3].map(() => net.inferenceAsync(x));
  const after = predictionAnew(net, x);
  t.notDeepEqual(after, before);
  for (const { data } of await Promise.all(second)) t.deepEqual(data, after);
});
