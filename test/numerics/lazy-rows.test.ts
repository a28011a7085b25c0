// Tables of which only the rows of a batch are moved, against PyTorch's sparse gradients, and those that are moved as a whole.
import test from 'ava';
import {
  AddLayer,
  createOptimizer,
  DataReader,
  EmbeddingLayer,
  FullyConnectedLayer,
  GlobalAveragePool1dLayer,
  getThreads,
  type HyperParameterOptions,
  HyperParameters,
  input,
  NeuralNet,
  SparseFullyConnectedLayer,
  setThreads,
} from 'blasnet';
import { badArgument } from '../support/errors.js';
import {
  differences,
  type Numbers,
  randomTensor,
  readReference,
  type Tolerance,
  tensorOf,
} from '../support/numerics.js';

interface Run {
  readonly layer: 'embedding' | 'bag';
  readonly lazy: boolean;
  readonly learningRate: number;
  readonly optimizer: HyperParameterOptions['optimizer'];
  readonly first: { readonly output: Numbers; readonly gradient: Numbers };
  readonly losses: readonly number[];
  readonly end: Readonly<Record<'W' | 'B' | 'V' | 'C', Numbers>>;
}

interface Reference {
  readonly x: Numbers;
  readonly values: Numbers;
  readonly y: Numbers;
  readonly batchSize: number;
  readonly epochs: number;
  readonly start: Readonly<Record<'W' | 'B' | 'V' | 'C', Numbers>>;
  readonly runs: Readonly<Record<string, Run>>;
}

const reference = await readReference<Reference>('lazy_rows');
const { start, batchSize, epochs } = reference;
const [count, size] = start.W.shape as [number, number];
const steps = reference.x.shape[1]!;
const tolerance: Tolerance = { rtol: 1e-9, atol: 1e-11 };
const x = () => tensorOf(reference.x).clone('int32');
const y = () => tensorOf(reference.y);
const row = (values: Numbers) => tensorOf({ shape: [1, values.data.length], data: values.data });

function netOf({ layer, lazy, learningRate, optimizer }: Run, options: Partial<HyperParameterOptions> = {}): NeuralNet {
  const params = new HyperParameters({
    ...{ netType: 'fitting', dtype: 'float64', learningRate, optimizer, batchSize, maxEpoch: epochs },
    ...options,
  });
  const isBag = layer === 'bag';
  const words = input([steps], { name: 'words', dtype: 'int32' });
  const values = input([steps], { name: 'values' });
  const table = isBag
    ? new SparseFullyConnectedLayer(count, size, { activation: 'tanh', lazy })
    : new EmbeddingLayer(count, size, { lazy });
  const hidden = isBag
    ? table.apply([words, values], 'table')
    : new GlobalAveragePool1dLayer().apply(table.apply(words, 'table'));
  const last = new FullyConnectedLayer(size, 1);
  const inputs = isBag ? [words, values] : [words];
  const net = NeuralNet.fromGraph({ inputs, outputs: [last.apply(hidden, 'last')] }, params, 'net');
  table.setWeights({ W: tensorOf(start.W), ...(isBag && { B: row(start.B) }) });
  last.setWeights({ W: tensorOf(start.V), B: row(start.C) });
  return net;
}

/** The rows from `first` on, to `end`. */
function rowsOf({ layer }: Run, first = 0, end = reference.x.shape[0]!) {
  const words = x().slice(first, end);
  return layer === 'bag' ? { words, values: tensorOf(reference.values).slice(first, end) } : { words };
}

function weightDifferences(net: NeuralNet, { layer, end }: Run): string[] {
  const [table, last] = ['table', 'last'].map((name) => net.getLayer(name).weights);
  return [
    ...differences(table!.W!.data, end.W.data, tolerance, 'W'),
    ...(layer === 'bag' ? differences(table!.B!.data, end.B.data, tolerance, 'B') : []),
    ...differences(last!.W!.data, end.V.data, tolerance, 'V'),
    ...differences(last!.B!.data, end.C.data, tolerance, 'C'),
  ];
}

const tableOf = (net: NeuralNet) => net.getLayer('table').weights.W!.data.slice();

for (const [name, run] of Object.entries(reference.runs)) {
  test(`${name}: outputs and gradients are PyTorch's`, (t) => {
    const net = netOf(run);
    net.trainOnBatch(rowsOf(run, 0, batchSize), y().slice(0, batchSize));
    t.deepEqual(differences(net.getLayer('table').gradients.W!.data, run.first.gradient.data, tolerance), []);
    if (run.layer !== 'bag') return;
    const layer = netOf(run).getLayer('table') as SparseFullyConnectedLayer;
    const { words, values } = rowsOf(run, 0, batchSize);
    t.deepEqual(differences(layer.forward([words, values!]).data, run.first.output.data, tolerance), []);
  });

  test.serial(
    `${name}: 60 steps are PyTorch's, with one thread and with two, in one call, by batches and by calls`,
    async (t) => {
      const before = getThreads();
      t.teardown(() => setThreads(before));
      const ends: unknown[] = [];
      for (const threads of [1, 2]) {
        setThreads(threads);
        const [trained, onBatches, byCalls] = [netOf(run), netOf(run), netOf(run)] as const;
        await trained.train(DataReader.fromTensors({ xTrain: rowsOf(run), yTrain: y() }), { shuffle: false });
        t.deepEqual(weightDifferences(trained, run), []);
        const losses: number[] = [];
        for (let i = 0; i < run.losses.length; i++) {
          const first = (i * batchSize) % reference.x.shape[0]!;
          const [batch, labels] = [rowsOf(run, first, first + batchSize), y().slice(first, first + batchSize)];
          losses.push(onBatches.trainOnBatch(batch, labels).loss);
          byCalls.preUpdateWeights();
          byCalls.forward(batch);
          byCalls.backward(labels);
          byCalls.updateWeights();
        }
        t.deepEqual(differences(losses, run.losses, tolerance, 'loss'), []);
        for (const net of [onBatches, byCalls]) t.deepEqual(tableOf(net), tableOf(trained));
        ends.push(tableOf(trained));
      }
      t.deepEqual(ends[0], ends[1]);
    },
  );
}

const lazily = reference.runs['embedding, lazy, adam']!;

test('rows that do not occur, and their moments, stay; without lazy they move', (t) => {
  for (const lazy of [true, false]) {
    const net = netOf({ ...lazily, lazy });
    const [first, second] = [rowsOf(lazily, 0, 3), rowsOf(lazily, 3, 6)];
    net.trainOnBatch(first, y().slice(0, 3));
    const before = tableOf(net);
    net.trainOnBatch(second, y().slice(3, 6));
    const after = tableOf(net);
    const moved = Array.from({ length: count }, (_, i) =>
      before.subarray(i * size, (i + 1) * size).some((value, j) => value !== after[i * size + j]),
    );
    const occurs = (batch: typeof first, i: number) => batch.words.data.includes(i);
    t.true(moved.some((_, i) => occurs(first, i) && !occurs(second, i)));
    moved.forEach((one, i) => {
      t.is(one, occurs(second, i) || (!lazy && occurs(first, i)), `row ${i}`);
    });
  }
});

test('clipping, l2, parts of a batch, an average of weights and a factor of the rate go with lazy rows', async (t) => {
  const reader = () => DataReader.fromTensors({ xTrain: rowsOf(lazily), yTrain: y() });
  const ends: Float64Array[] = [];
  for (const options of [
    {},
    { gradientClip: { norm: 1e-3 } },
    { regularizer: { method: 'l2', value: 0.1 } },
    { gradientAccumulation: 2 },
    { weightAverage: { decay: 0.5 } },
  ] as const) {
    const net = netOf(lazily, options);
    await net.train(reader(), { shuffle: false });
    ends.push(tableOf(net) as Float64Array);
  }
  const slower = netOf(lazily);
  slower.getLayer('table').learningRateFactor = 0.5;
  await slower.train(reader(), { shuffle: false });
  ends.push(tableOf(slower) as Float64Array);
  const unused = Array.from({ length: count }, (_, i) => i).filter((i) => !reference.x.data.includes(i));
  t.true(unused.length > 0);
  ends.forEach((end, i) => {
    t.true(end.every(Number.isFinite));
    t.is(new Set(ends.map((other) => other.join())).size, ends.length);
    const begin = start.W.data;
    // l2 gives all rows a gradient.
    const stays = unused.every((word) => end[word * size] === begin[word * size]);
    t.is(stays, i !== 2);
  });
});

test('an embedding that is applied twice sums the gradients of a row first', async (t) => {
  const words = () => x().slice(0, 12);
  const make = () => {
    const [one, other] = ['a', 'b'].map((name) => input([steps], { name, dtype: 'int32' }));
    const table = new EmbeddingLayer(count, size, { lazy: true });
    const parts = [one!, other!].map((node, i) =>
      new GlobalAveragePool1dLayer().apply(table.apply(node, `table ${i}`)),
    );
    const last = new FullyConnectedLayer(1).apply(new AddLayer().apply(parts));
    const params = {
      netType: 'fitting',
      optimizer: 'adam',
      dtype: 'float64',
      seed: 2,
      batchSize: 3,
      maxEpoch: 4,
    } as const;
    return NeuralNet.fromGraph({ inputs: [one!, other!], outputs: [last] }, new HyperParameters(params), 'net');
  };
  const twice = () => ({ a: words(), b: words() });
  const [trained, onBatches] = [make(), make()];
  const before = trained.layers[0]!.weights.W!.data.slice();
  await trained.train(DataReader.fromTensors({ xTrain: twice(), yTrain: y() }), { shuffle: false });
  for (let i = 0; i < 16; i++) {
    const [first, end] = [(i * 3) % 12, ((i * 3) % 12) + 3];
    onBatches.trainOnBatch({ a: words().slice(first, end), b: words().slice(first, end) }, y().slice(first, end));
  }
  const after = trained.layers[0]!.weights.W!.data;
  t.deepEqual(onBatches.layers[0]!.weights.W!.data, after);
  for (let word = 0; word < count; word++) {
    t.is(after[word * size] !== before[word * size], reference.x.data.includes(word), `row ${word}`);
  }
});

test('optimizers that move parameters without a gradient refuse them', async (t) => {
  for (const optimizer of ['momentum', 'nag', 'adaDelta', 'rmsProp', 'amsGrad', 'lion'] as const) {
    const refusal = badArgument(
      new RegExp(`^Expected adam, adamW, sgd or adaGrad for the optimizer of lazy .* but received '?${optimizer}'?$`),
    );
    const net = netOf(lazily, { optimizer });
    const reader = DataReader.fromTensors({ xTrain: rowsOf(lazily), yTrain: y() });
    const before = tableOf(net);
    await t.throwsAsync(net.train(reader), refusal);
    t.throws(() => net.trainOnBatch(rowsOf(lazily), y()), refusal);
    t.deepEqual(tableOf(net), before);
    t.deepEqual(net.inference(rowsOf(lazily)).shape, [12, 1]);
    const theta = new Float64Array(6);
    t.throws(() => createOptimizer(optimizer).update(theta, theta.slice(), { rowSize: 3 }), refusal);
  }
});

test('sgd and adaGrad compute the same with lazy rows as without', async (t) => {
  for (const optimizer of ['sgd', 'adaGrad'] as const) {
    const [lazy, dense] = await Promise.all(
      [true, false].map(async (isLazy) => {
        const net = netOf({ ...lazily, lazy: isLazy }, { optimizer });
        await net.train(DataReader.fromTensors({ xTrain: rowsOf(lazily), yTrain: y() }), { shuffle: false });
        return tableOf(net);
      }),
    );
    t.deepEqual(lazy, dense);
  }
});

test('an optimizer alone leaves rows without a gradient', (t) => {
  for (const name of ['adam', 'adamW'] as const) {
    const [theta, twin] = [randomTensor([4, 3], 1).data, randomTensor([4, 3], 1).data];
    const before = theta.slice();
    const [lazy, dense] = [createOptimizer(name), createOptimizer(name)];
    const gradient = randomTensor([4, 3], 2).data;
    gradient.fill(0, 3, 6);
    for (let step = 0; step < 3; step++) {
      lazy.update(theta, gradient, { rowSize: 3 });
      dense.update(twin, gradient);
    }
    t.deepEqual(theta.slice(3, 6), before.slice(3, 6));
    // ε has another place.
    const others = (data: ArrayLike<number>) => [0, 1, 2, 6, 7, 8, 9, 10, 11].map((i) => data[i]!);
    t.deepEqual(differences(others(theta), others(twin), { rtol: 1e-4 }), []);
    for (const rowSize of [0, 5, 1.5, -3, Number.NaN, 24]) {
      t.throws(
        () => lazy.update(theta, gradient, { rowSize }),
        badArgument(/a whole number that divides 12 for rowSize/),
      );
    }
  }
});
