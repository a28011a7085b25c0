import test, { type ExecutionContext } from 'ava';
import {
  ConcatenateLayer,
  DataReader,
  EmbeddingLayer,
  embeddingSize,
  FullyConnectedLayer,
  HyperParameters,
  input,
  NeuralNet,
  type Preparation,
} from 'blasnet';
import { badArgument, badFile, untyped } from '../support/errors.js';
import { temporaryFolder, write } from '../support/files.js';
import { get, type InferAnswer, post, servingApp } from '../support/serving.js';

const train = 'city,size,street,price\nRome,10,a,1\nBern,20,b,2\nRome,30,,3\nOslo,40,a,4\n';

async function readerOf(t: ExecutionContext, options: object = {}, testFile?: string): Promise<DataReader> {
  const folder = await temporaryFolder(t);
  const files = {
    train: await write(folder, 'train.csv', train),
    ...(testFile && { test: await write(folder, 'test.csv', testFile) }),
  };
  const reader = new DataReader({
    ...files,
    label: 'price',
    embed: ['city', 'street'],
    missing: 'category',
    ...options,
  });
  await reader.readData();
  return reader;
}

const numbersOf = (reader: DataReader, name: string, set: 'train' | 'test' = 'train') => [
  ...reader.namedTensors(set).inputs[name]!.data,
];

test('embed › numbers from 1 on, the other features as an input, 0 for names of the test file alone', async (t) => {
  const reader = await readerOf(t, {}, 'price,street,size,city\n5,b,50,Oslo\n6,z,60,Paris\n7,,70,Rome\n');
  t.deepEqual(reader.categories, { city: ['Bern', 'Oslo', 'Rome'], street: ['', 'a', 'b'] });
  const { inputs } = reader.namedTensors();
  t.deepEqual(
    Object.entries(inputs).map(([name, { dtype, shape }]) => [name, dtype, shape]),
    [
      ['features', 'float32', [4, 1]],
      ['city', 'int32', [4]],
      ['street', 'int32', [4]],
    ],
  );
  t.deepEqual(
    [numbersOf(reader, 'city'), numbersOf(reader, 'street')],
    [
      [3, 1, 3, 2],
      [2, 3, 1, 2],
    ],
  );
  t.deepEqual(
    [numbersOf(reader, 'city', 'test'), numbersOf(reader, 'street', 'test')],
    [
      [2, 0, 3],
      [3, 0, 1],
    ],
  );
  t.deepEqual(reader.encodeNamedRows([{ city: 'Atlantis', size: 1, street: null }]).city!.toArray(), [0]);
  t.deepEqual(reader.preparation.inputs!.city, {
    inputShape: [],
    dtype: 'int32',
    featureNames: ['city'],
    columns: [
      {
        name: 'city',
        missingCells: reader.preparation.inputs!.city!.columns![0]!.missingCells,
        encoding: 'index',
        categories: ['Bern', 'Oslo', 'Rome'],
        missing: 'unknown',
      },
    ],
  });
});

test('embed › one column, all columns, other options', async (t) => {
  const one = await readerOf(t, { embed: 0, ignore: ['street'] });
  t.deepEqual(Object.keys(one.namedTensors().inputs), ['features', 'city']);
  const all = await readerOf(t, { columns: ['city', 'street'] });
  t.deepEqual(Object.keys(all.namedTensors().inputs), ['city', 'street']);
  await t.throwsAsync(readerOf(t, { embed: ['city', 'city'] }), badArgument(/each column once/));
  await t.throwsAsync(readerOf(t, { embed: 'town' }), badArgument(/a column of the file .* for embed/));
  await t.throwsAsync(readerOf(t, { embed: 'price' }), badArgument(/neither labels nor ignored/));
  await t.throwsAsync(readerOf(t, { ignore: ['city'] }), badArgument(/neither labels nor ignored/));
  await t.throwsAsync(readerOf(t, { inputs: { a: 'size' } }), badArgument(/no inputs beside it for embed/));
  await t.throwsAsync(readerOf(t, { categorical: { city: 'oneHot' } }), badArgument(/'number', or nothing/));
  await t.throwsAsync(readerOf(t, { dates: { city: 'year' } }), badArgument(/dates/));
  await t.throwsAsync(readerOf(t, { missing: 'error' }), badFile(/not missing/));
  await t.throwsAsync(readerOf(t, { embed: [] }), badArgument(/a list of columns for embed/));
  await t.throwsAsync(readerOf(t, { embed: untyped({}) }), badArgument(/for embed/));
});

test('embed › a net learns, predicts unknown names, and is served', async (t) => {
  const reader = await readerOf(t);
  reader.normalizeX();
  reader.normalizeY('fitting');
  const features = input([1], { name: 'features' });
  const columns = ['city', 'street'].map((name) => input([], { name, dtype: 'int32' }));
  const embedded = columns.map((column) => new EmbeddingLayer(4, embeddingSize(3)).apply(column));
  const joined = new ConcatenateLayer().apply([features, ...embedded]);
  const params = new HyperParameters({ netType: 'fitting', optimizer: 'adam', learningRate: 0.05, maxEpoch: 300 });
  const graph = { inputs: [features, ...columns], outputs: [new FullyConnectedLayer(1).apply(joined)] };
  const net = NeuralNet.fromGraph(graph, params, 'prices');
  await net.train(reader);
  const rows = [
    { city: 'Rome', size: 10, street: 'a' },
    { city: 'Paris', size: 10, street: 'x' },
    { city: 'Oslo', size: '40', street: undefined },
  ];
  const { outputs } = await net.predict(rows);
  t.true(Math.abs(outputs.data[0]! - 1) < 0.1);
  t.true(outputs.data.every(Number.isFinite));
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const { inputs } = (await get(app, '/v2/models/m')).json as { inputs: { name: string; datatype: string }[] };
  t.deepEqual(
    inputs.map(({ name, datatype }) => `${name} ${datatype}`),
    ['size FP64', 'city BYTES', 'street BYTES'],
  );
  const answer = await post(app, '/v2/models/m/infer', {
    inputs: [
      { name: 'city', datatype: 'BYTES', shape: [3], data: ['Rome', 'Paris', 'Oslo'] },
      { name: 'street', datatype: 'BYTES', shape: [3], data: ['a', 'x', ''] },
      { name: 'size', datatype: 'FP64', shape: [3], data: [10, 10, 40] },
    ],
  });
  const numbers = (answer.json as InferAnswer).outputs[0]!.data as number[];
  t.true(numbers.every((number, i) => Math.abs(number - outputs.data[i]!) < 1e-5));

  const small = NeuralNet.fromGraph(
    { inputs: [columns[0]!], outputs: [new EmbeddingLayer(3, 1).apply(columns[0]!)] },
    params,
    'small',
  );
  const alone = await readerOf(t, { embed: 'city', columns: ['city'] });
  await t.throwsAsync(small.train(alone), badArgument(/at most 3 names, .* but received 4; an EmbeddingLayer\(4/));
});

test('a preparation of an index is checked', async (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net');
  const column = { name: 'a', encoding: 'index', categories: ['x'], missingCells: [], missing: 'error' };
  const set = (more: object) => () => {
    net.preparation = { inputShape: [1], dtype: 'int32', columns: [{ ...column, ...more }] } as unknown as Preparation;
  };
  t.notThrows(set({}));
  t.notThrows(set({ missing: 'unknown' }));
  t.throws(set({ unknown: 'zeros' }), badArgument(/unknown/));
  t.throws(set({ categories: undefined }), badArgument(/categories/));
  t.throws(set({ encoding: 'indices' }), badArgument(/'index' for preparation.columns\[0\].encoding/));
});

test('embeddingSize › as in fastai', (t) => {
  t.deepEqual([1, 2, 7, 100, 24_000, 40_000, 1e9].map(embeddingSize), [2, 2, 5, 21, 454, 600, 600]);
  for (const count of [0, -1, 1.5, Number.NaN, untyped<number>('3')]) {
    t.throws(() => embeddingSize(count), badArgument(/a whole number above 0 for count/));
  }
});
