// Nets of several inputs, and what they are trained on.
import { writeFile } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import {
  ClassificationLayer,
  ConcatenateLayer,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  input,
  NeuralNet,
  PlainLayer,
  Tensor,
} from 'blasnet';
import { temporaryFolder } from './files.js';

/** Looks numbers up by class numbers: an embedding of one number. */
class Lookup extends PlainLayer {
  override readonly kind = 'lookup';
  constructor(readonly table: readonly number[]) {
    super();
  }
  override outputShape(): readonly number[] {
    return [1];
  }
  forward(x: Tensor): Tensor {
    const { dtype, data } = x as unknown as Tensor<'int32'>;
    if (dtype !== 'int32') throw new Error(`class numbers are ${dtype}`);
    const found = Array.from(data, (place) => this.table[place] ?? Number.NaN);
    return Tensor.from(found, [x.rows, 1]);
  }
  backward(): Tensor {
    throw new Error('is not called: the layer comes first');
  }
}

/** A CSV file of shops: 30 rows, two numbers, a name, and a label of two classes. */
export async function shopsFile(t: ExecutionContext): Promise<string> {
  const file = `${await temporaryFolder(t)}/shops.csv`;
  const lines = Array.from({ length: 30 }, (_, i) => `${'bac'[i % 3]},${i},${i % 4},${i % 2 ? 'dear' : 'cheap'}`);
  await writeFile(file, `shop,week1,week2,kind\n${lines.join('\n')}\n`);
  return file;
}

/** The shops by the inputs `sales` and `shop`, scaled. */
export async function shopsReader(t: ExecutionContext, as: 'index' | 'numbers'): Promise<DataReader> {
  const inputs = { sales: ['week1', 'week2'], shop: { columns: 'shop', as } } as const;
  const categorical = as === 'index' ? {} : { categorical: 'oneHot' as const };
  const reader = new DataReader({ train: await shopsFile(t), inputs, label: 'kind', ...categorical });
  await reader.readData();
  reader.normalizeX();
  reader.normalizeY('binaryClassifier');
  return reader;
}

/** The sum of both scaled sales, and 100, 200 or 300 by the shop's class number, less 201, as a probability. */
export function lookupNet(): NeuralNet {
  const [shop, sales] = [input([], { name: 'shop', dtype: 'int32' }), input([2], { name: 'sales' })];
  const joined = new ConcatenateLayer().apply([new Lookup([100, 200, 300]).apply(shop), sales]);
  const sum = new FullyConnectedLayer(1);
  const outputs = [new ClassificationLayer('sigmoid').apply(sum.apply(joined))];
  sum.setWeights({ W: Tensor.from([[1], [1], [1]]), B: Tensor.from([[-201]]) });
  const params = new HyperParameters({ netType: 'binaryClassifier' });
  return NeuralNet.fromGraph({ inputs: [shop, sales], outputs }, params, 'shops');
}

/** A net for shops in one-hot columns, trained. */
export async function shopsNet(t: ExecutionContext): Promise<NeuralNet> {
  const [shop, sales] = [input([3], { name: 'shop' }), input([2], { name: 'sales' })];
  const hidden = [shop, sales].map((node) => new FullyConnectedLayer(4, { activation: 'tanh' }).apply(node));
  const logit = new FullyConnectedLayer(1).apply(new ConcatenateLayer().apply(hidden));
  const outputs = [new ClassificationLayer('sigmoid').apply(logit)];
  const params = new HyperParameters({ netType: 'binaryClassifier', maxEpoch: 5, optimizer: 'adam' });
  const net = NeuralNet.fromGraph({ inputs: [shop, sales], outputs }, params, 'shops');
  await net.train(await shopsReader(t, 'numbers'));
  return net;
}

/** A net with the outputs `sum`, 100 + the sum of its input's two numbers, and `kind`, `first` or `second`: the larger one. */
export function twoOutputs(): NeuralNet {
  const x = input([2], { name: 'x' });
  const [sum, kind] = [new FullyConnectedLayer(1), new FullyConnectedLayer(2)];
  const outputs = [sum.apply(x, 'sum'), new ClassificationLayer('softmax').apply(kind.apply(x), 'kind')];
  const net = NeuralNet.fromGraph({ inputs: [x], outputs }, new HyperParameters({ netType: 'fitting' }), 'two');
  sum.setWeights({ W: Tensor.from([[1], [1]]), B: Tensor.from([[0]]) });
  const eye = [
    [1, 0],
    [0, 1],
  ];
  kind.setWeights({ W: Tensor.from(eye), B: Tensor.from([[0, 0]]) });
  net.preparation = {
    inputs: { x: { inputShape: [2], x: { per: 'column', divisor: 10, offset: [0, 0], scale: [1, 1] } } },
    targets: { sum: { y: { offset: [100], scale: [10] } }, kind: { classes: ['first', 'second'] } },
  };
  return net;
}
