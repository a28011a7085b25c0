// Is a text message spam? A GRU reads its words in both directions, as vectors that it learns; beside it, nets that do not see
// the order of the words: the mean of such vectors, and a bag of words.
// npm run example -- spam [--epochs N] [--seed N]

import {
  BidirectionalLayer,
  ClassificationLayer,
  EmbeddingLayer,
  FullyConnectedLayer,
  GlobalAveragePool1dLayer,
  GruLayer,
  HyperParameters,
  type Layer,
  NeuralNet,
} from 'blasnet';
import { confusionChart, confusionMatrix, trellis } from 'blasnet/charts';
import { numberOptions } from './support/command-line.js';
import { readMessages } from './support/messages.js';
import { classesOf, classFigures } from './support/metrics.js';
import { pictures } from './support/pictures.js';
import { printTable } from './support/table.js';

const { epochs, seed } = numberOptions({ epochs: 10, seed: 1 });
const tokens = await readMessages('tokens');
const bag = await readMessages('bag');
const { numTrain, numTest, tokenCount, classNames } = tokens;
console.log(`${numTrain} messages to train on, ${numTest} to test on, ${tokenCount - 2} words`);

function newNet(name: string, layers: readonly Layer[], learningRate = 0.003): NeuralNet {
  const params = new HyperParameters({
    netType: 'binaryClassifier',
    optimizer: 'adam',
    learningRate,
    batchSize: 32,
    maxEpoch: epochs,
    seed,
  });
  const net = new NeuralNet(params, name);
  for (const layer of layers) net.addLayer(layer);
  return net.addLayer(new FullyConnectedLayer(1)).addLayer(new ClassificationLayer('sigmoid'));
}
const words = () => new EmbeddingLayer(tokenCount, 32, { maskZero: true });
const nets = [
  { reader: tokens, net: newNet('GRU', [words(), new BidirectionalLayer(new GruLayer(32, { dropout: 0.3 }))]) },
  { reader: tokens, net: newNet('mean of vectors', [words(), new GlobalAveragePool1dLayer()]) },
  { reader: bag, net: newNet('bag of words', [], 0.03) },
];

const figures: string[][] = [];
const charts: ReturnType<typeof confusionChart>[] = [];
for (const { reader, net } of nets) {
  const { seconds, best, test } = await net.train(reader, { restoreBest: true, needTest: true });
  console.log(
    `${net.name}: test accuracy ${test!.accuracy.toFixed(4)}, best after epoch ${best.epoch}, ${seconds.toFixed(2)} s`,
  );
  const counts = confusionMatrix(
    classesOf(reader.yTest),
    classesOf(net.inference(reader.namedTensors('test').inputs['']!)),
    2,
  );
  for (const [i, { precision, recall, f1 }] of classFigures(counts).entries()) {
    figures.push([net.name, classNames[i]!, ...[precision, recall, f1].map((figure) => figure.toFixed(4))]);
  }
  charts.push(confusionChart(counts, classNames, { title: net.name }));
}
printTable(['net', 'class', 'precision', 'recall', 'F1'], figures);
await pictures('spam')('confusion', trellis(charts, { title: 'Messages of the test set', columns: 3 }));

for (const text of ['URGENT! You have won a prize, call 09061701461 now', 'Are we still on for lunch?']) {
  const { classes } = await nets[0]!.net.predict(text);
  console.log(`'${text}' is ${classes![0]}`);
}
