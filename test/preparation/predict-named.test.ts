// Answers for raw rows by the names of inputs.
import test from 'ava';
import {
  ConcatenateLayer,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  input,
  NeuralNet,
  type Prediction,
  Tensor,
} from 'blasnet';
import { badArgument, shapeMismatch, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { lookupNet, shopsReader, twoOutputs } from '../support/named-nets.js';

/** Rows whose columns are scaled differently, and labels far from [0, 1]. */
function salesReader(rows = 40): DataReader {
  const sales = Tensor.from(Array.from({ length: rows }, (_, i) => [10 * (i % 7), 500 - i]));
  const price = Tensor.from(
    Array.from({ length: rows }, (_, i) => 1 + (i % 3)),
    [rows, 1],
  );
  const y = Tensor.from(Array.from({ length: rows }, (_, i) => [100 + 5 * (i % 7) - 10 * (i % 3)]));
  const reader = DataReader.fromTensors({ xTrain: { sales, price }, yTrain: y });
  reader.normalizeX();
  reader.normalizeY('fitting');
  return reader;
}

async function salesNet(dtype: 'float32' | 'float64' = 'float32'): Promise<NeuralNet> {
  const [price, sales] = [input([1], { name: 'price' }), input([2], { name: 'sales' })];
  const hidden = [price, sales].map((node) => new FullyConnectedLayer(3, { activation: 'tanh' }).apply(node));
  const outputs = [new FullyConnectedLayer(1).apply(new ConcatenateLayer().apply(hidden))];
  const params = new HyperParameters({
    netType: 'fitting',
    maxEpoch: 60,
    optimizer: 'adam',
    learningRate: 0.02,
    dtype,
  });
  // The net's inputs stand in another order than the reader's.
  return NeuralNet.fromGraph({ inputs: [price, sales], outputs }, params, 'sales');
}

const sales = [
  [20, 480],
  [60, 470],
  [0, 499.5],
];
const price = [2, 1, 3];

/** The outputs of `inference` for rows that the reader has scaled. */
function expectedFor(net: NeuralNet, reader: DataReader): number[] {
  const { dtype } = net.params;
  const raw = { sales: Tensor.from(sales, undefined, dtype), price: Tensor.from(price, [3, 1], dtype) };
  const scaled = reader.normalizePredictData(raw);
  return [...reader.deNormalizeY(net.inference(scaled)).data];
}

for (const dtype of ['float32', 'float64'] as const) {
  test(`rows in any form are scaled as in training, and answers are labels as in the file: ${dtype}`, async (t) => {
    const [net, reader] = [await salesNet(dtype), salesReader()];
    const readerRows = dtype === 'float32' ? reader : asDoubles(salesReader());
    await net.train(readerRows);
    const expected = expectedFor(net, readerRows);
    t.true(
      expected.every((value) => value > 60 && value < 150),
      `${expected}`,
    );
    const forms = {
      lists: { sales, price },
      'columns of numbers': { sales, price: price.map((value) => [value]) },
      tensors: { sales: Tensor.from(sales, undefined, dtype), price: Tensor.from(price, [3, 1], dtype) },
      'typed arrays': { price: Float64Array.from(price), sales: sales.map((row) => Float64Array.from(row)) },
      'rows by name': sales.map((row, i) => ({ sales: row, price: price[i]! })),
    };
    for (const [form, rows] of Object.entries(forms)) {
      t.deepEqual([...(await net.predict(rows)).outputs.data], expected, form);
      t.deepEqual([...net.predictSync(rows).outputs.data], expected, form);
    }
  });
}

/** The same reader over float64. */
function asDoubles(reader: DataReader): DataReader {
  const { inputs, targets } = reader.namedTensors('train', { raw: true });
  const doubles = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, x.clone('float64')]));
  const made = DataReader.fromTensors({ xTrain: doubles, yTrain: targets['']!.clone('float64') });
  made.normalizeX();
  made.normalizeY('fitting');
  return made;
}

test('a file holds the preparation, and single rows are gathered', async (t) => {
  const [net, reader] = [await salesNet(), salesReader()];
  await net.train(reader);
  const expected = expectedFor(net, reader);
  const file = `${await temporaryFolder(t)}/sales.safetensors`;
  await net.save(file);
  const loaded = await NeuralNet.load(file);
  t.deepEqual(loaded.preparation, reader.preparation);
  t.deepEqual([...(await loaded.predict({ sales, price })).outputs.data], expected);

  const predictor = loaded.predictor({ maxBatch: 2 });
  const answers = await Promise.all(sales.map((row, i) => predictor.predict({ sales: row, price: price[i]! })));
  for (const [i, { outputs }] of answers.entries()) {
    t.deepEqual(outputs.shape, [1, 1]);
    t.true(Math.abs(outputs.data[0]! - expected[i]!) < 1e-4);
  }
  await t.throwsAsync(predictor.predict([1, 2, 3]), badArgument(/numbers by the names of the inputs for row 0/));
  await t.throwsAsync(
    predictor.predict({ sales: [1, 2] }),
    badArgument(/'sales', 'price' for row 0 but received 'sales'/),
  );
  await t.throwsAsync(
    predictor.predict({ sales: [1], price: 2 }),
    shapeMismatch(/2 numbers for input 'sales' of row 0/),
  );
});

test('cells by column become numbers and class numbers of the inputs', async (t) => {
  const [net, reader] = [lookupNet(), await shopsReader(t, 'index')];
  net.preparation = reader.preparation;
  const cells = [
    { shop: 'a', week1: 29, week2: 3 },
    { shop: 'c', week1: '0', week2: '0' },
    { shop: 'b', week1: 29, week2: 3, other: 'x' },
  ];
  const sigmoid = (x: number) => Math.fround(1 / (1 + Math.exp(-x)));
  const { outputs, classes } = await net.predict(cells);
  t.deepEqual(classes, ['cheap', 'dear', 'dear']);
  const expected = [-99, 99, 1].map(sigmoid);
  for (const [i, value] of outputs.data.entries()) t.true(Math.abs(value - expected[i]!) < 1e-6);
  const numbers = {
    shop: [0, 2, 1],
    sales: [
      [29, 3],
      [0, 0],
      [29, 3],
    ],
  };
  t.deepEqual([...(await net.predict(numbers)).outputs.data], [...outputs.data]);
  t.deepEqual(
    [
      ...net.inference({
        shop: Tensor.from(Int32Array.of(0, 2, 1), [3]),
        sales: Tensor.from([
          [1, 1],
          [0, 0],
          [1, 1],
        ]),
      }).data,
    ],
    [...outputs.data],
  );
  const predictor = net.predictor();
  t.deepEqual(
    (await Promise.all(cells.map((row) => predictor.predict(row)))).map(({ classes: [name] = [] }) => name),
    classes,
  );

  await t.throwsAsync(net.predict([{ ...cells[0]!, shop: 'z' }]), badArgument(/3 categories for row 0, column 'shop'/));
  await t.throwsAsync(net.predict({ ...numbers, shop: [0, 0.5, 1] }), badArgument(/whole number.*0\.5/));
  await t.throwsAsync(predictor.predict({ shop: 0.5, sales: [1, 2] }), badArgument(/whole number.*0\.5/));
  const floats = { shop: Tensor.from([0, 1, 2], [3]), sales: Tensor.from(numbers.sales) };
  const { shop } = floats;
  t.deepEqual(net.inference(floats).data, net.inference({ ...floats, shop: shop.clone('int32') }).data);
  const half = { ...floats, shop: Tensor.from([0, 0.5, 2], [3]) };
  t.throws(() => net.inference(half), badArgument(/^Expected whole numbers for input 'shop' but received 0.5$/));
});

test('several outputs are answered by name, each as its target was prepared', async (t) => {
  type Both = Record<'sum' | 'kind', Prediction>;
  const net = twoOutputs();
  const rows = {
    x: [
      [10, 20],
      [30, 0],
    ],
  };
  for (const answers of [await net.predict<Both>(rows), net.predictSync<Both>(rows)]) {
    t.deepEqual([...answers.sum.outputs.data], [130, 130]);
    t.deepEqual(answers.kind.classes, ['second', 'first']);
  }
  const one = await net.predictor().predict<Both>({ x: [30, 0] });
  t.deepEqual([[...one.sum.outputs.data], one.kind.classes], [[130], ['first']]);
  net.preparation = undefined;
  const plain = await net.predict<Both>(Tensor.from([[1, 2]]));
  t.deepEqual(Object.keys(plain), ['sum', 'kind']);
  t.deepEqual([...plain.sum.outputs.data], [3]);
  t.is(plain.kind.classes, undefined);
});

test('without a preparation, rows of several inputs are taken as they are', async (t) => {
  const net = await salesNet();
  const raw = { sales: Tensor.from(sales), price: Tensor.from(price, [3, 1]) };
  t.deepEqual([...(await net.predict({ sales, price })).outputs.data], [...net.inference(raw).data]);
});

test('rows that do not fit', async (t) => {
  const net = await salesNet();
  await net.train(salesReader());
  const wrong: readonly (readonly [unknown, object])[] = [
    [{ sales }, badArgument(/^Expected the inputs 'sales', 'price' for rows but received 'sales'$/)],
    [
      { sales, price, other: [1] },
      badArgument(/the inputs 'sales', 'price' for rows but received 'other, price, sales'/),
    ],
    [{ sales, price: [1, 2] }, shapeMismatch(/3 rows for raw rows of 'price' but received 2/)],
    [{ sales: [[1], [2], [3]], price }, shapeMismatch(/2 numbers for raw rows of 'sales' but received 1/)],
    [{ sales, price: 'text' }, badArgument(/numbers for rows of 'price' but received 'text'/)],
    [{ sales, price: ['a', 'b', 'c'] }, badArgument(/number/)],
    [sales, badArgument(/for row 0 but received an array of 2/)],
    [[{ sales: [1, 2], price: null }], badArgument(/numbers for input 'price' of row 0 but received null/)],
    [[], badArgument(/at least one row/)],
    [null, badArgument(/by the names of the inputs \('sales', 'price'\)/)],
    [Tensor.from(sales), badArgument(/by the names of the inputs/)],
  ];
  for (const [rows, error] of wrong) {
    await t.throwsAsync(net.predict(untyped(rows)), error, JSON.stringify(rows));
    t.throws(() => net.predictSync(untyped(rows)), error);
  }
  net.preparation = { inputs: { a: { inputShape: [2] }, b: { inputShape: [1] } }, targets: { '': {} } };
  await t.throwsAsync(
    net.predict({ a: sales, b: price }),
    badArgument(/'price', 'sales' for the inputs of the preparation/),
  );
  net.preparation = { inputShape: [3] };
  await t.throwsAsync(net.predict({ sales, price }), badArgument(/preparation but received 'one without names'/));
});

test('a run that is resumed keeps the preparation and ends as one without a break', async (t) => {
  const checkpointFile = `${await temporaryFolder(t)}/run`;
  const [whole, part] = [await salesNet(), await salesNet()];
  await whole.train(salesReader());
  const abort = new AbortController();
  const onCheckpoint = ({ epoch }: { readonly epoch: number }) => {
    if (epoch === 20) abort.abort(new Error('enough'));
  };
  const options = { checkpointFile, checkpointEvery: 10 };
  await t.throwsAsync(part.train(salesReader(), { ...options, onCheckpoint, signal: abort.signal }), {
    message: 'enough',
  });
  const resumed = await NeuralNet.resume(checkpointFile);
  t.deepEqual(resumed.preparation, salesReader().preparation);
  await resumed.train(salesReader(), options);
  const [expected, actual] = [await whole.predict({ sales, price }), await resumed.predict({ sales, price })];
  t.deepEqual([...actual.outputs.data], [...expected.outputs.data]);
});
