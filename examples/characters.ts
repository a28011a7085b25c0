// Learns to write as Shakespeare's sonnets do, one character after the other, and prints what it writes as it learns.
// npm run example -- characters [--epochs N] [--units N] [--temperature N] [--seed N]

import { readFileSync } from 'node:fs';
import {
  ClassificationLayer,
  DataReader,
  EmbeddingLayer,
  FullyConnectedLayer,
  GruLayer,
  HyperParameters,
  NeuralNet,
  Tensor,
} from 'blasnet';
import { lossChart } from 'blasnet/charts';
import { numberOptions } from './support/command-line.js';
import { dataFile } from './support/data-files.js';
import { pictures } from './support/pictures.js';
import { uniformNumbers } from './support/random.js';

const options = numberOptions({ epochs: 20, units: 128, temperature: 0.6, seed: 1 });
const rounds = 5;
const text = readFileSync(dataFile('sonnets/sonnets.txt'), 'utf8');
const characters = [...new Set(text)].sort();
const numbers = Array.from(text, (character) => characters.indexOf(character));

// Rows of 64 characters, and for each of them the next one.
const steps = 64;
function rowsOf(start: number, end: number) {
  const starts = Array.from({ length: Math.floor((end - start - 1) / steps) }, (_, row) => start + row * steps);
  const cut = (shift: number) => starts.flatMap((from) => numbers.slice(from + shift, from + shift + steps));
  const shape = [starts.length, steps];
  return { x: Tensor.from(cut(0), shape, 'int32'), y: Tensor.from(cut(1), shape) };
}
const split = Math.floor(text.length * 0.9);
const [train, validation] = [rowsOf(0, split), rowsOf(split, text.length)];
const reader = DataReader.fromTensors({
  xTrain: train.x,
  yTrain: train.y,
  xValidation: validation.x,
  yValidation: validation.y,
});

const params = new HyperParameters({
  loss: 'sparseCrossEntropy',
  optimizer: 'adam',
  learningRate: 0.004,
  gradientClip: { norm: 1 },
  batchSize: 32,
  maxEpoch: Math.ceil(options.epochs / rounds),
  seed: options.seed,
});
const net = new NeuralNet(params, 'sonnets')
  .addLayer(new EmbeddingLayer(characters.length, 32))
  .addLayer(new GruLayer(options.units, { returnSequences: true, dropout: 0.2 }))
  .addLayer(new FullyConnectedLayer(characters.length))
  .addLayer(new ClassificationLayer('softmax'));

/** Draws an index by weights; `at` is a number in [0, 1). */
function drawn(weights: readonly number[], at: number): number {
  let left = at * weights.reduce((sum, weight) => sum + weight, 0);
  return weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
}

/** Lets the net write: each character is drawn from the probabilities of the net, sharpened by a low temperature. */
function write(start: string, length: number, temperature: number): string {
  const stream = net.stream();
  const uniform = uniformNumbers(options.seed);
  let written = start;
  let probabilities = [...start].map((character) => stream.step(characters.indexOf(character))).at(-1)!;
  while (written.length < length) {
    const next = drawn(
      Array.from(probabilities.data, (probability) => probability ** (1 / temperature)),
      uniform(),
    );
    written += characters[next]!;
    probabilities = stream.step(next);
  }
  return written;
}

const records = [];
for (let round = 0; round < rounds; round++) {
  const history = await net.train(reader); // goes on where the last call ended
  records.push(...history.records);
  const { epoch, lossValidation } = history.records.at(-1)!;
  console.log(`epoch ${epoch}: validation loss ${lossValidation!.toFixed(3)}`);
  console.log(`${write('Shall I compare', 160, options.temperature)}\n`);
}
await pictures('characters')('loss', lossChart(records, { title: 'Sonnets, character by character' }));
