// Draws what attention looks at. A net with one layer of attention tells spam from other text messages; pictures show how much
// each word of a message looks at each other one.
// npm run example -- attention-maps [--epochs N] [--seed N]

import {
  AddLayer,
  ClassificationLayer,
  EmbeddingLayer,
  FullyConnectedLayer,
  GlobalAveragePool1dLayer,
  HyperParameters,
  input,
  MultiHeadAttentionLayer,
  NeuralNet,
  PositionalEncodingLayer,
  Tensor,
} from 'blasnet';
import { trellis } from 'blasnet/charts';
import { numberOptions } from './support/command-line.js';
import { heatMap } from './support/heat-map.js';
import { readMessages } from './support/messages.js';
import { pictures } from './support/pictures.js';

const { epochs, seed } = numberOptions({ epochs: 8, seed: 1 });
const [heads, steps] = [2, 40];
const reader = await readMessages('tokens', steps);

const message = input([steps], { name: 'message', dtype: 'int32' });
const embedding = new EmbeddingLayer(reader.tokenCount, 32, { maskZero: true });
const position = new PositionalEncodingLayer();
const attention = new MultiHeadAttentionLayer({ heads });
const words = position.apply(embedding.apply(message, 'words'), 'positions');
const seen = new AddLayer().apply([words, attention.apply(words, 'attention')]);
const pooled = new GlobalAveragePool1dLayer().apply(seen);
const outputs = [new ClassificationLayer('sigmoid').apply(new FullyConnectedLayer(1).apply(pooled))];
const params = new HyperParameters({
  netType: 'binaryClassifier',
  optimizer: 'adam',
  learningRate: 0.002,
  batchSize: 32,
  maxEpoch: epochs,
  seed,
});
const net = NeuralNet.fromGraph({ inputs: [message], outputs }, params, 'spam');
const { test, best } = await net.train(reader, { restoreBest: true, needTest: true });
console.log(`test accuracy ${test!.accuracy.toFixed(4)}, best after epoch ${best.epoch} of ${epochs}`);

// The first message of each class in the test set that has 8 to 14 words.
const { yTest, classNames } = reader;
const numbers = reader.namedTensors('test').inputs['']!;
const tokensOf = (row: number) => Array.from(numbers.data.subarray(row * steps, (row + 1) * steps));
const panels: ReturnType<typeof heatMap>[] = [];
for (const [label, name] of classNames.entries()) {
  const row = Array.from(yTest.data.keys()).find((each) => {
    const count = tokensOf(each).filter((token) => token > 0).length;
    return yTest.data[each] === label && count >= 8 && count <= 14;
  })!;
  const tokens = tokensOf(row);
  const count = tokens.filter((token) => token > 0).length;
  const texts = tokens.slice(0, count).map((token) => (token === 1 ? '?' : reader.vocabulary![token - 2]!));

  // The input of the attention, and which of its steps are words.
  const vectors = position.forward(embedding.forward(Tensor.from(tokens, [1, steps], 'int32'), false), false);
  const mask = Tensor.from(
    tokens.map((token) => Number(token > 0)),
    [1, steps],
    'float32',
  );
  const { data } = attention.attentionWeights(vectors, mask); // [1, heads, steps, steps]
  const maps = Array.from({ length: heads }, (_, head) =>
    Array.from({ length: count }, (_, from) =>
      Array.from(data.subarray((head * steps + from) * steps).subarray(0, count)),
    ),
  );
  const looks = texts.map((_, to) => maps.flat().reduce((sum, probabilities) => sum + probabilities[to]!, 0));
  const most = looks.indexOf(Math.max(...looks));
  const share = ((100 * looks[most]!) / (heads * count)).toFixed(0);
  console.log(`${name}: '${texts.join(' ')}' looks most at '${texts[most]}', with ${share} % of the probability`);
  for (const [head, map] of maps.entries()) {
    const title = `${name}, head ${head + 1}`;
    panels.push(heatMap(map, { rows: texts, columns: texts }, { title, x: 'looked at', y: 'word' }));
  }
}
const subtitle = '? is a word that the vocabulary does not have';
await pictures('attention-maps')(
  'maps',
  trellis(panels, { title: 'What each word looks at', subtitle, columns: heads, sharedLegend: true }),
);
