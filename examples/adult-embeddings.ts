// Predicts who earns above $50,000 a year, with embeddings: each name of a column gets a vector that is learnt, instead of a
// column of zeros and ones.
// npm run example -- adult-embeddings [--epochs N] [--seed N]

import {
  ClassificationLayer,
  ConcatenateLayer,
  DataReader,
  EmbeddingLayer,
  embeddingSize,
  FullyConnectedLayer,
  HyperParameters,
  input,
  NeuralNet,
  type Node,
} from 'blasnet';
import { lossChart } from 'blasnet/charts';
import { adultFiles, adultNames } from './support/adult.js';
import { numberOptions } from './support/command-line.js';
import { pictures } from './support/pictures.js';
import { printTable } from './support/table.js';

const { epochs, seed } = numberOptions({ epochs: 20, seed: 1 });
const save = pictures('adult-embeddings');

const params = new HyperParameters({
  netType: 'binaryClassifier',
  initMethod: 'msra',
  optimizer: { name: 'adamW', weightDecay: 0.1 },
  learningRate: 0.003,
  learningRateSchedule: { kind: 'cosine', length: epochs },
  batchSize: 128,
  maxEpoch: epochs,
  metrics: ['rocAuc'],
  seed,
});
/** One hidden layer, and the probability to earn more. */
const answer = (features: Node) =>
  new ClassificationLayer('sigmoid').apply(
    new FullyConnectedLayer(1).apply(new FullyConnectedLayer(64, { activation: 'relu' }).apply(features)),
  );

async function read(columns: Pick<typeof adultFiles, 'categorical' | 'embed'>): Promise<DataReader> {
  const reader = new DataReader({ ...adultFiles, ...columns });
  await reader.readData();
  reader.normalizeX();
  reader.normalizeY('binaryClassifier');
  reader.generateValidationSet(10);
  return reader;
}

const [oneHot, embedded] = [await read({ categorical: 'oneHot' }), await read({ embed: adultNames })];
const wide = input([oneHot.numFeature]);
const oneHotNet = NeuralNet.fromGraph({ inputs: [wide], outputs: [answer(wide)] }, params, 'one-hot');

const numbers = input([embedded.numFeature - adultNames.length], { name: 'features' });
const columns = adultNames.map((name) => input([], { name, dtype: 'int32' }));
const vectors = adultNames.map((name, i) => {
  const count = embedded.categories[name]!.length;
  return new EmbeddingLayer(count + 1, embeddingSize(count)).apply(columns[i]!, `${name}, vector`); // row 0 is for unknown names
});
const features = new ConcatenateLayer().apply([numbers, ...vectors]);
const embeddedNet = NeuralNet.fromGraph(
  { inputs: [numbers, ...columns], outputs: [answer(features)] },
  params,
  'embeddings',
);

const rows: (string | number)[][] = [];
for (const { net, reader } of [
  { net: oneHotNet, reader: oneHot },
  { net: embeddedNet, reader: embedded },
]) {
  const { records, test, best, seconds } = await net.train(reader, { needTest: true, restoreBest: true });
  const weights = net.layers.flatMap((layer) => Object.values(layer.weights)).reduce((sum, { size }) => sum + size, 0);
  console.log(`${net.name}: best of ${epochs} epochs was ${best.epoch}, ${seconds.toFixed(2)} s`);
  rows.push([net.name, weights, test!.accuracy.toFixed(4), (test!.metrics!.rocAuc as number).toFixed(4)]);
  await save(`loss-${net.name}`, lossChart(records, { title: `Income, ${net.name}` }));
}
console.log(`${embedded.numTest} people of the test file:`);
printTable(['net', 'weights', 'test accuracy', 'area under the ROC curve'], rows);
